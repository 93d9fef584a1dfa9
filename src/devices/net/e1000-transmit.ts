// How an 82540EM makes frames of what its descriptors gather (the manual's sections 3.3 to 3.5): legacy descriptors with one
// checksum, extended ones with the checksums of IP and TCP or UDP, and TCP segmentation.
//
//   legacy    address 64 | length 16  CSO 8  command 8  status 4, reserved 4  CSS 8  special 16
//   context   IPCSS 8  IPCSO 8  IPCSE 16  TUCSS 8  TUCSO 8  TUCSE 16 | PAYLEN 20  type 4  TUCMD 8  status 8  HDRLEN 8  MSS 16
//   data      address 64 | DTALEN 20  type 4  command 8  status 8  POPTS 8  special 16
//
// A packet that is longer than LONGEST_PACKET, or that a segmentation context does not fit, is not sent.
import { ETHERNET_HEADER, onesComplementSum, padded } from '../../backend/net/ethernet.ts';
import type { DmaView } from '../lines.ts';
import * as B from './e1000-bits.ts';
import { type Context, type E1000State, LONGEST_PACKET } from './e1000-state.ts';
import { count, SEGMENTATIONS } from './e1000-statistics.ts';
import { STORED_VET } from './e1000-stored.ts';

const TYPE_CONTEXT = 0;
const TCP_FIN_PSH = 0x09;

/** Takes in one descriptor, of 16 bytes. `emit` gets each frame that is to be sent, in an array of its own. */
export function takeDescriptor(
  s: E1000State,
  memory: DmaView,
  descriptor: DataView,
  emit: (frame: Uint8Array) => void,
): void {
  const command = descriptor.getUint8(11);
  const extended = (command & B.TXC_DEXT) !== 0;
  if (extended && descriptor.getUint8(10) >> 4 === TYPE_CONTEXT) {
    readContext((command & B.TXC_TSE) !== 0 ? s.segmentContext : s.checksumContext, descriptor);
    if ((command & B.TXC_TSE) !== 0) count(s.statistics, SEGMENTATIONS);
    return;
  }
  const length = extended ? descriptor.getUint32(8, true) & 0xf_ffff : descriptor.getUint16(8, true);
  if (!s.packetBegun) {
    s.packetBegun = true;
    s.packetLength = 0;
    s.packetCommand = extended ? command & (B.TXC_DEXT | B.TXC_TSE) : 0;
    s.packetOptions = extended ? descriptor.getUint8(13) : 0;
  }
  const kept = Math.min(length, LONGEST_PACKET - s.packetLength);
  const address = descriptor.getUint32(0, true) + descriptor.getUint32(4, true) * 2 ** 32;
  memory.read(address, s.packet.subarray(s.packetLength, s.packetLength + kept));
  s.packetLength += kept;
  if ((command & B.TXC_VLE) !== 0) {
    s.packetCommand |= B.TXC_VLE;
    s.packetTag = descriptor.getUint16(14, true);
  }
  if ((command & B.TXC_EOP) === 0) return;
  s.packetBegun = false;
  if (s.packetLength >= LONGEST_PACKET) return;
  const packet = s.packet.slice(0, s.packetLength);
  if (!extended && (command & B.TXC_IC) !== 0) {
    insertChecksum(packet, descriptor.getUint8(13), 0, descriptor.getUint8(10));
  }
  const finish = (frame: Uint8Array) => {
    const tagged =
      (s.packetCommand & B.TXC_VLE) !== 0 && (s.control & B.CTRL_VME) !== 0 ? withTag(s, frame) : frame;
    if (tagged.length >= ETHERNET_HEADER)
      emit((s.transmitControl & B.TCTL_PSP) !== 0 ? padded(tagged) : tagged);
  };
  if ((s.packetCommand & B.TXC_TSE) !== 0) segment(s, packet, finish);
  else {
    insertChecksums(s.checksumContext, s.packetOptions, packet, 0);
    finish(packet);
  }
}

function readContext(context: Context, descriptor: DataView): void {
  context.ipStart = descriptor.getUint8(0);
  context.ipOffset = descriptor.getUint8(1);
  context.ipEnd = descriptor.getUint16(2, true);
  context.tcpStart = descriptor.getUint8(4);
  context.tcpOffset = descriptor.getUint8(5);
  context.tcpEnd = descriptor.getUint16(6, true);
  context.payload = descriptor.getUint32(8, true) & 0xf_ffff;
  context.command = descriptor.getUint8(11);
  context.headerLength = descriptor.getUint8(13);
  context.segment = descriptor.getUint16(14, true);
}

/** Divides a packet; each segment gets the headers, with what differs in them. */
function segment(s: E1000State, packet: Uint8Array, finish: (frame: Uint8Array) => void): void {
  const c = s.segmentContext;
  const { headerLength: header, segment: most } = c;
  if (header < ETHERNET_HEADER || most === 0 || packet.length < header) return;
  let number = 0;
  for (let done = header; done < packet.length || number === 0; done += most, number++) {
    const payload = packet.subarray(done, done + most);
    const frame = new Uint8Array(header + payload.length);
    frame.set(packet.subarray(0, header));
    frame.set(payload, header);
    const view = new DataView(frame.buffer);
    if ((c.command & B.TUCMD_IP) !== 0) {
      if (c.ipStart + 6 > header) return;
      view.setUint16(c.ipStart + 2, frame.length - c.ipStart);
      view.setUint16(c.ipStart + 4, view.getUint16(c.ipStart + 4) + number);
    } else {
      if (c.ipStart + 6 > header) return;
      view.setUint16(c.ipStart + 4, frame.length - c.ipStart - 40);
    }
    const length = frame.length - c.tcpStart;
    if ((c.command & B.TUCMD_TCP) !== 0) {
      if (c.tcpStart + 14 > header) return;
      view.setUint32(c.tcpStart + 4, view.getUint32(c.tcpStart + 4) + done - header);
      if (done + most < packet.length) frame[c.tcpStart + 13]! &= ~TCP_FIN_PSH;
    } else {
      if (c.tcpStart + 6 > header) return;
      view.setUint16(c.tcpStart + 4, length);
    }
    // Software leaves the length out of the sum that it puts into the checksum's place.
    insertChecksums(c, s.packetOptions, frame, length);
    finish(frame);
  }
}

function insertChecksums(c: Context, options: number, frame: Uint8Array, length: number): void {
  if ((options & B.TXO_IXSM) !== 0) insertChecksum(frame, c.ipStart, c.ipEnd, c.ipOffset);
  if ((options & B.TXO_TXSM) !== 0) insertChecksum(frame, c.tcpStart, c.tcpEnd, c.tcpOffset, length);
}

/** Sums the bytes `start` to `last` (0: the end of the frame), and puts the complement at `offset`. */
function insertChecksum(frame: Uint8Array, start: number, last: number, offset: number, initial = 0): void {
  if (offset + 2 > frame.length) return;
  const end = last === 0 ? frame.length : Math.min(last + 1, frame.length);
  const sum = ~onesComplementSum(frame, start, end, initial);
  frame[offset] = sum >> 8;
  frame[offset + 1] = sum;
}

function withTag(s: E1000State, frame: Uint8Array): Uint8Array {
  if (frame.length < 12) return frame;
  const tagged = new Uint8Array(frame.length + 4);
  tagged.set(frame.subarray(0, 12));
  tagged.set(frame.subarray(12), 16);
  const view = new DataView(tagged.buffer);
  view.setUint16(12, s.stored[STORED_VET]!);
  view.setUint16(14, s.packetTag);
  return tagged;
}
