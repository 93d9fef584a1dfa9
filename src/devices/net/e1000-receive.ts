// How an 82540EM receives (the manual's section 3.2 and its descriptors; 13.4.22 for RCTL): which frames it takes, what it says
// of their checksums, and how they get into the buffers of the ring.
//
//   descriptor   address, 64 bits | length 16  packet checksum 16  status 8  errors 8  special 16
//
// Not modelled: the packet checksum from RXCSUM.PCSS on (0), splitting of headers, small packet detection.
import {
  ETHERNET_HEADER,
  FCS_SIZE,
  frameCheckSequence,
  isBroadcast,
  isMulticast,
  onesComplementSum,
} from '../../backend/net/ethernet.ts';
import type { DmaView } from '../lines.ts';
import * as B from './e1000-bits.ts';
import type { E1000State } from './e1000-state.ts';
import { descriptorAddress, ringSize } from './e1000-state.ts';
import { STORED_RXCSUM, STORED_VET } from './e1000-stored.ts';

const ADDRESSES = 16;
const ADDRESS_VALID = 0x8000_0000;
const TAG_SIZE = 4;
const LONGEST_NORMAL = 1514;
const LONGEST = 16_384 - FCS_SIZE;

/** Bytes of a receive buffer. */
function bufferSize(control: number): number {
  const size = 2048 >> ((control >>> 16) & 3);
  return (control & B.RCTL_BSEX) !== 0 && size < 2048 ? size * 16 : size;
}

const typeOf = (frame: Uint8Array): number => (frame[12]! << 8) | frame[13]!;
const isTagged = (s: E1000State, frame: Uint8Array): boolean =>
  frame.length >= ETHERNET_HEADER + TAG_SIZE && typeOf(frame) === s.stored[STORED_VET];

export function isOversize(s: E1000State, frame: Uint8Array): boolean {
  if ((s.receiveControl & B.RCTL_LPE) !== 0) return frame.length > LONGEST;
  return frame.length > LONGEST_NORMAL + (isTagged(s, frame) ? TAG_SIZE : 0);
}

/** How a frame passes the filters: by one of its exact addresses, by a table or a mode, or not at all. */
export function filter(s: E1000State, frame: Uint8Array): 'exact' | 'inexact' | null {
  if (!passesVlanFilter(s, frame)) return null;
  for (let i = 0; i < ADDRESSES; i++) {
    const low = s.receiveAddresses[2 * i]!;
    const high = s.receiveAddresses[2 * i + 1]!;
    if ((high & ADDRESS_VALID) === 0) continue;
    const word = (at: number) => frame[at]! | (frame[at + 1]! << 8);
    if ((word(0) | (word(2) << 16)) >>> 0 === low && word(4) === (high & 0xffff)) return 'exact';
  }
  const control = s.receiveControl;
  if (isBroadcast(frame)) {
    if ((control & B.RCTL_BAM) !== 0) return 'exact';
    return (control & B.RCTL_MPE) !== 0 ? 'inexact' : null;
  }
  if (!isMulticast(frame)) return (control & B.RCTL_UPE) !== 0 ? 'inexact' : null;
  if ((control & B.RCTL_MPE) !== 0) return 'inexact';
  const shift = [4, 3, 2, 0][(control >>> 12) & 3]!;
  const index = ((frame[4]! | (frame[5]! << 8)) >> shift) & 0xfff;
  return ((s.multicastTable[index >> 5]! >>> (index & 31)) & 1) !== 0 ? 'inexact' : null;
}

function passesVlanFilter(s: E1000State, frame: Uint8Array): boolean {
  if ((s.receiveControl & B.RCTL_VFE) === 0 || !isTagged(s, frame)) return true;
  const tag = (frame[14]! << 8) | frame[15]!;
  const cfi = (tag & 0x1000) !== 0;
  if ((s.receiveControl & B.RCTL_CFIEN) !== 0 && cfi !== ((s.receiveControl & B.RCTL_CFI) !== 0))
    return false;
  const identifier = tag & 0xfff;
  return ((s.vlanTable[identifier >> 5]! >>> (identifier & 31)) & 1) !== 0;
}

/** Status and error bits that tell of the checksums of a frame. */
function checksums(s: E1000State, frame: Uint8Array): { status: number; errors: number } {
  const control = s.stored[STORED_RXCSUM]!;
  const ip = isTagged(s, frame) ? ETHERNET_HEADER + TAG_SIZE : ETHERNET_HEADER;
  const headerLength = (frame[ip]! & 0x0f) * 4;
  const isIp =
    ((frame[ip - 2]! << 8) | frame[ip - 1]!) === 0x0800 && frame[ip]! >> 4 === 4 && headerLength >= 20;
  const end = ip + ((frame[ip + 2]! << 8) | frame[ip + 3]!);
  if (!isIp || ip + headerLength > end || end > frame.length) return { status: B.RXD_IXSM, errors: 0 };
  let status = 0;
  let errors = 0;
  if ((control & B.RXCSUM_IPOFL) !== 0) {
    status |= B.RXD_IPCS;
    if (onesComplementSum(frame, ip, ip + headerLength) !== 0xffff) errors |= B.RXE_IPE;
  }
  const protocol = frame[ip + 9]!;
  const fragment = (((frame[ip + 6]! << 8) | frame[ip + 7]!) & 0x3fff) !== 0;
  const start = ip + headerLength;
  const none = protocol === 17 && frame[start + 6] === 0 && frame[start + 7] === 0;
  if ((control & B.RXCSUM_TUOFL) !== 0 && !fragment && (protocol === 6 || protocol === 17) && !none) {
    status |= B.RXD_TCPCS;
    const pseudo = onesComplementSum(frame, ip + 12, ip + 20, protocol + end - start);
    if (onesComplementSum(frame, start, end, pseudo) !== 0xffff) errors |= B.RXE_TCPE;
  }
  return { status: status === 0 ? B.RXD_IXSM : status, errors };
}

/** Free descriptors of the receive ring. */
export function freeDescriptors(s: E1000State): number {
  const ring = s.receiveRing;
  const size = ringSize(ring);
  return ring.head < size && ring.tail < size ? (ring.tail - ring.head + size) % size : 0;
}

/** Puts a frame that has passed the filters into the ring. 'later' where descriptors are wanting, 'never' where no ring of this size has enough. */
export function store(
  s: E1000State,
  memory: DmaView,
  frame: Uint8Array,
  exact: boolean,
): 'stored' | 'later' | 'never' {
  const ring = s.receiveRing;
  const size = bufferSize(s.receiveControl);
  const stripped = (s.control & B.CTRL_VME) !== 0 && isTagged(s, frame);
  const { status, errors } = checksums(s, frame);
  const tag = stripped ? (frame[14]! << 8) | frame[15]! : 0;
  const data = stored(s, frame, stripped);
  const needed = Math.ceil(data.length / size);
  if (needed >= ringSize(ring)) return 'never';
  if (freeDescriptors(s) < needed) return 'later';
  const descriptor = new Uint8Array(16);
  const view = new DataView(descriptor.buffer);
  for (let done = 0; done < data.length; done += size) {
    const at = descriptorAddress(ring, ring.head);
    const part = data.subarray(done, done + size);
    const last = done + size >= data.length;
    memory.read(at, descriptor);
    memory.write(view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32, part);
    view.setUint16(8, part.length, true);
    view.setUint16(10, 0, true);
    const passed = (exact ? 0 : B.RXD_PIF) | (stripped ? B.RXD_VP : 0) | status;
    descriptor[12] = B.RXD_DD | (last ? B.RXD_EOP | passed : 0);
    descriptor[13] = last ? errors : 0;
    view.setUint16(14, tag, true);
    memory.write(at + 8, descriptor.subarray(8));
    ring.head = (ring.head + 1) % ringSize(ring);
  }
  return 'stored';
}

/** A frame as it lies in memory: without the tag that the descriptor tells, with the frame check sequence unless that is stripped. */
function stored(s: E1000State, frame: Uint8Array, stripped: boolean): Uint8Array {
  const keepsCheck = (s.receiveControl & B.RCTL_SECRC) === 0;
  if (!stripped && !keepsCheck) return frame;
  const tag = stripped ? TAG_SIZE : 0;
  const data = new Uint8Array(frame.length - tag + (keepsCheck ? FCS_SIZE : 0));
  data.set(frame.subarray(0, 12));
  data.set(frame.subarray(12 + tag), 12);
  // The sequence is that of the frame on the wire.
  if (keepsCheck) new DataView(data.buffer).setUint32(frame.length - tag, frameCheckSequence(frame), true);
  return data;
}
