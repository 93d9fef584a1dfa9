// NE2000: a National DP8390D network interface controller with 16 KiB of packet memory behind a data port (DP8390D data
// sheet; National application note AN-874 for the registers and the ring; Novell's board for the PROM and the ports;
// Realtek RTL8029AS data sheet for the PCI form of it and its page 3).
//
//   ports    00-0F  registers, in four pages (CR bits 7:6)      memory   0000-001F  PROM: the address, every byte twice,
//            10-17  data port of the remote DMA                                     and 57h as bytes 1C to 1F
//            18-1F  a read resets                                        4000-7FFF  RAM: transmit pages and receive ring
//
//   a received frame in the ring (pages PSTART .. PSTOP, written at CURR, read up to BNRY):
//     status | page of the next frame | bytes with frame check sequence, 16 bits | frame | frame check sequence
//
// Sending and remote DMA take no time. A frame for which the ring has no room waits at the network (packet-backend.ts)
// instead of being lost with an overwrite warning. Loopback by TCR keeps frames from the cable; the FIFO is not shown. Not
// modelled: collisions and errors of the wire, so that their counters stay 0; the RTL8029AS's EEPROM port.

import type { MacAddress } from '../../backend/net/ethernet.ts';
import {
  frameCheckSequence,
  isBroadcast,
  isMulticast,
  multicastHash,
  padded,
} from '../../backend/net/ethernet.ts';
import type { PacketPort, PacketReceiver } from '../../backend/net/packet-backend.ts';
import type { AccessWidth } from '../../base/guest-bus.ts';
import type { StateRecord } from '../../base/state-record.ts';
import type { Chip, StateOf } from '../chip.ts';
import { bytes, flag, initialState, resetState, restoreState, saveState, uint } from '../chip.ts';
import type { IrqLine } from '../lines.ts';
import type { RegisterRegion } from '../registers.ts';
import { registerRegion } from '../registers.ts';
import * as R from './ne2000-registers.ts';

const NAME = 'ne2000';
const VERSION = 1;
const PORTS = 32;
const DATA_PORT = 0x10;
const RESET_PORT = 0x18;
const PROM_SIZE = 32;
const RAM = 0x4000;
const RAM_END = 0x8000;
const PAGE = 256;
const RING_HEADER = 4;
/** Longer frames are none (two bytes of length count the frame check sequence too). */
const LONGEST_FRAME = 0x2000;

const SHAPE = {
  command: uint(8, R.CR_STP | R.CR_NO_DMA),
  interruptStatus: uint(8, R.ISR_RST),
  interruptMask: uint(8),
  dataConfiguration: uint(8),
  receiveConfiguration: uint(8),
  transmitConfiguration: uint(8),
  receiveStatus: uint(8),
  transmitStatus: uint(8),
  pageStart: uint(8),
  pageStop: uint(8),
  boundary: uint(8),
  current: uint(8),
  transmitPage: uint(8),
  transmitCount: uint(16),
  remoteStart: uint(16),
  remoteCount: uint(16),
  /** CRDA: where the remote DMA is. */
  remoteAddress: uint(16),
  localAddress: uint(16),
  physical: bytes(6),
  multicast: bytes(8),
  /** CNTR2: frames missed. */
  missed: uint(8),
  ram: bytes(RAM_END - RAM),
  irq: flag(),
};

export interface Ne2000Options {
  readonly mac: MacAddress;
  readonly network: PacketPort;
  readonly irq: IrqLine;
  /** The RTL8029AS shows who it is in pages 0 and 3. */
  readonly realtek?: boolean;
}

export class Ne2000 implements Chip, PacketReceiver {
  /** 32 ports. */
  readonly regions: readonly RegisterRegion[];
  readonly #network: PacketPort;
  readonly #irq: IrqLine;
  readonly #prom = new Uint8Array(PROM_SIZE);
  /** Registers as the table of ne2000-registers.ts shows them. */
  readonly state: StateOf<typeof SHAPE> = initialState(SHAPE);
  readonly realtek: boolean;

  constructor(options: Ne2000Options) {
    this.#network = options.network;
    this.#irq = options.irq;
    this.realtek = options.realtek ?? false;
    for (let i = 0; i < PROM_SIZE; i++) this.#prom[i] = i < 12 ? options.mac[i >> 1]! : i >= 28 ? 0x57 : 0;
    const table = registerRegion('ne2000', PORTS, R.NE2000_REGISTERS, this);
    this.regions = [
      {
        ...table,
        read: (offset, width) => this.#read(table, offset, width),
        write: (offset, width, value) => this.#write(table, offset, width, value),
      },
    ];
  }

  /** The packet memory keeps what is in it. */
  reset(): void {
    resetState(SHAPE, this.state, ['ram', 'irq']);
    this.interruptChanged();
  }

  save(): StateRecord {
    return saveState(NAME, VERSION, SHAPE, this.state);
  }

  restore(record: StateRecord): void {
    restoreState(NAME, VERSION, SHAPE, this.state, record);
  }

  #read(table: RegisterRegion, offset: number, width: AccessWidth): number {
    if (offset >= RESET_PORT && offset < PORTS) {
      this.reset();
      return 0xffff_ffff >>> (32 - 8 * width);
    }
    if (offset >= DATA_PORT && offset < PORTS) return this.readData(width);
    return table.read(offset, width);
  }

  #write(table: RegisterRegion, offset: number, width: AccessWidth, value: number): void {
    if (offset >= DATA_PORT) {
      if (offset < RESET_PORT) this.writeData(width, value);
    } else table.write(offset, width, value);
  }

  // ---- what the register table calls ----

  writeCommand(value: number): void {
    const s = this.state;
    const before = s.command;
    s.command = value & ~R.CR_TXP;
    if ((value & R.CR_STP) !== 0) s.interruptStatus |= R.ISR_RST;
    else if ((value & R.CR_STA) !== 0) s.interruptStatus &= ~R.ISR_RST;
    const dma = value & R.CR_DMA;
    if (dma === R.CR_REMOTE_READ || dma === R.CR_REMOTE_WRITE) {
      s.remoteAddress = s.remoteStart;
      if (s.remoteCount === 0) this.#remoteDone();
    } else if (dma === R.CR_SEND_PACKET) this.#sendPacket();
    if ((value & R.CR_TXP) !== 0 && (value & R.CR_STP) === 0) this.#transmit();
    this.interruptChanged();
    if ((before & R.CR_STP) !== 0 && (value & R.CR_STP) === 0) this.#network.onRoom();
  }

  /** The ring may have room again. */
  boundaryMoved(): void {
    this.#network.onRoom();
  }

  acknowledge(value: number): void {
    this.state.interruptStatus &= ~(value & ~R.ISR_RST);
    this.interruptChanged();
  }

  interruptChanged(): void {
    const s = this.state;
    const level = (s.interruptStatus & s.interruptMask & R.ISR_SOURCES) !== 0;
    if (level === s.irq) return;
    s.irq = level;
    this.#irq.set(level);
  }

  // ---- remote DMA ----

  readData(width: AccessWidth): number {
    let value = 0;
    for (let done = 0; done < width; ) {
      // A byte access to a port of words moves a word all the same.
      const step = this.#words ? 2 : 1;
      const moved = this.#remoteRead(step);
      value |= moved << (8 * done);
      done += step;
    }
    return (value & (0xffff_ffff >>> (32 - 8 * width))) >>> 0;
  }

  writeData(width: AccessWidth, value: number): void {
    for (let done = 0; done < width; ) {
      const step = this.#words ? 2 : 1;
      this.#remoteWrite(step, value >>> (8 * done));
      done += step;
    }
  }

  get #words(): boolean {
    return (this.state.dataConfiguration & R.DCR_WTS) !== 0;
  }

  #remoteRead(step: number): number {
    const s = this.state;
    if ((s.command & R.CR_DMA) !== R.CR_REMOTE_READ || s.remoteCount === 0) return 0xffff >>> (16 - 8 * step);
    let value = 0;
    for (let i = 0; i < step; i++) value |= this.#peek(s.remoteAddress + i) << (8 * i);
    this.#remoteAdvance(step);
    return value;
  }

  #remoteWrite(step: number, value: number): void {
    const s = this.state;
    if ((s.command & R.CR_DMA) !== R.CR_REMOTE_WRITE || s.remoteCount === 0) return;
    for (let i = 0; i < step; i++) this.#poke(s.remoteAddress + i, value >>> (8 * i));
    this.#remoteAdvance(step);
  }

  #remoteAdvance(step: number): void {
    const s = this.state;
    s.remoteAddress = (s.remoteAddress + step) & 0xffff;
    if (s.remoteAddress === s.pageStop * PAGE) s.remoteAddress = s.pageStart * PAGE;
    s.remoteCount = Math.max(0, s.remoteCount - step);
    if (s.remoteCount === 0) this.#remoteDone();
  }

  #remoteDone(): void {
    const s = this.state;
    s.command = (s.command & ~R.CR_DMA) | R.CR_NO_DMA;
    s.interruptStatus |= R.ISR_RDC;
    this.interruptChanged();
  }

  /** The frame at BNRY is to be read next: its address and length from its header in the ring. */
  #sendPacket(): void {
    const s = this.state;
    const header = s.boundary * PAGE;
    s.remoteStart = header;
    s.remoteAddress = header;
    s.remoteCount = this.#peek(header + 2) | (this.#peek(header + 3) << 8);
    s.boundary = this.#peek(header + 1);
    s.command = (s.command & ~R.CR_DMA) | R.CR_REMOTE_READ;
    if (s.remoteCount === 0) this.#remoteDone();
  }

  #peek(address: number): number {
    if (address < PROM_SIZE) return this.#prom[address]!;
    return address >= RAM && address < RAM_END ? this.state.ram[address - RAM]! : 0xff;
  }
  #poke(address: number, value: number): void {
    if (address >= RAM && address < RAM_END) this.state.ram[address - RAM] = value;
  }

  // ---- frames ----

  #transmit(): void {
    const s = this.state;
    const start = s.transmitPage * PAGE;
    const frame = new Uint8Array(Math.min(s.transmitCount, LONGEST_FRAME));
    for (let i = 0; i < frame.length; i++) frame[i] = this.#peek((start + i) & 0xffff);
    s.transmitStatus = R.TSR_PTX;
    s.interruptStatus |= R.ISR_PTX;
    if ((s.transmitConfiguration & R.TCR_LOOPBACK) !== 0 || frame.length < 14) return;
    this.#network.send(frame);
  }

  linkChanged(_up: boolean): void {}

  receive(frame: Uint8Array): boolean {
    const s = this.state;
    const stopped = (s.command & R.CR_STP) !== 0 || (s.transmitConfiguration & R.TCR_LOOPBACK) !== 0;
    if (stopped || frame.length > LONGEST_FRAME || !this.#wanted(frame)) return true;
    if ((s.receiveConfiguration & R.RCR_MONITOR) !== 0) {
      s.missed = Math.min(s.missed + 1, 0xff);
      return true;
    }
    const data = padded(frame);
    const pages = Math.ceil((RING_HEADER + data.length + 4) / PAGE);
    const ring = s.pageStop - s.pageStart;
    // A ring that could never hold it loses it.
    if (ring <= pages) return true;
    const free = (s.boundary - s.current + ring) % ring || ring;
    if (free <= pages) return false;
    const next = this.#ringPage(s.current + pages);
    s.receiveStatus = R.RSR_PRX | (isMulticast(data) ? R.RSR_PHY : 0);
    const length = data.length + 4;
    const fcs = frameCheckSequence(data);
    const header = [s.receiveStatus, next, length & 0xff, length >> 8];
    const trailer = [0, 8, 16, 24].map((shift) => (fcs >>> shift) & 0xff);
    this.#store([header, data, trailer]);
    s.current = next;
    s.interruptStatus |= R.ISR_PRX;
    this.interruptChanged();
    return true;
  }

  #wanted(frame: Uint8Array): boolean {
    const { receiveConfiguration, physical, multicast } = this.state;
    if (isBroadcast(frame)) return (receiveConfiguration & R.RCR_BROADCAST) !== 0;
    if (isMulticast(frame)) {
      const hash = multicastHash(frame);
      return (
        (receiveConfiguration & R.RCR_MULTICAST) !== 0 && (multicast[hash >> 3]! & (1 << (hash & 7))) !== 0
      );
    }
    return (receiveConfiguration & R.RCR_PROMISCUOUS) !== 0 || physical.every((byte, i) => frame[i] === byte);
  }

  /** Writes parts one behind the other from CURR on, around the ring. */
  #store(parts: readonly (readonly number[] | Uint8Array)[]): void {
    const s = this.state;
    let at = s.current * PAGE;
    for (const part of parts) {
      for (let i = 0; i < part.length; i++) {
        this.#poke(at, part[i]!);
        at = at + 1 === s.pageStop * PAGE ? s.pageStart * PAGE : (at + 1) & 0xffff;
      }
    }
    s.localAddress = at;
  }
  #ringPage(page: number): number {
    const { pageStart, pageStop } = this.state;
    return (page >= pageStop ? pageStart + ((page - pageStop) % (pageStop - pageStart)) : page) & 0xff;
  }
}
