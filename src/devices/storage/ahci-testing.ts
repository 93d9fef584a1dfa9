// A driver for AHCI ports as operating systems have them, in a few lines: for tests.
import assert from 'node:assert/strict';
import { type FakeClock, LineProbe } from '../testing.ts';
import { Ahci } from './ahci.ts';
import type { AtaInterface, TaskFileRegisters } from './ata-interface.ts';
import { commandFis } from './sata-fis.ts';
import { TestMemory } from './testing.ts';

const LIST = 0x1000;
const AREA = 0x1800;
/** Command tables, 1 KiB a slot. */
const TABLES = 0x4000;
const TABLE_SIZE = 0x400;
/** Where data goes unless a test says so. */
export const DATA = 0x2_0000;

export const PORT = {
  CLB: 0,
  FB: 8,
  IS: 0x10,
  IE: 0x14,
  CMD: 0x18,
  TFD: 0x20,
  SIG: 0x24,
  SSTS: 0x28,
} as const;
export const SCTL = 0x2c;
export const SERR = 0x30;
export const SACT = 0x34;
export const CI = 0x38;
export const ST = 1;
export const FRE = 0x10;

/** Memory for a command: addresses and lengths. */
export type Pieces = readonly (readonly [address: number, bytes: number])[];

export interface Command {
  readonly command: number;
  readonly registers?: Partial<TaskFileRegisters>;
  readonly pieces?: Pieces;
  readonly write?: boolean;
  /** ATAPI command. */
  readonly packet?: readonly number[];
}

export const lba48 = (lba: number, count: number): Partial<TaskFileRegisters> => ({
  count,
  low: (lba & 0xff) | (((lba / 2 ** 24) & 0xff) << 8),
  mid: ((lba >>> 8) & 0xff) | (((lba / 2 ** 32) & 0xff) << 8),
  high: ((lba >>> 16) & 0xff) | (((lba / 2 ** 40) & 0xff) << 8),
  device: 0x40,
});
/** Of a queued command. */
export const queued = (lba: number, count: number, tag: number): Partial<TaskFileRegisters> => ({
  ...lba48(lba, tag << 3),
  features: count,
});

export class AhciDriver {
  readonly clock: FakeClock;
  readonly irq = new LineProbe();
  readonly memory = new TestMemory(1 << 20);
  readonly hba: Ahci;
  /** The port that is spoken to. */
  port = 0;
  /** Calls of `again`. */
  repeated = 0;

  constructor(clock: FakeClock, devices: readonly (AtaInterface | undefined)[], staggered = false) {
    this.clock = clock;
    const { memory, irq } = this;
    this.hba = new Ahci({ devices, memory, clock, irq, staggered, again: () => this.repeated++ });
  }

  generic(offset: number): number {
    return this.hba.regions[0]!.read(offset, 4);
  }
  setGeneric(offset: number, value: number): void {
    this.hba.regions[0]!.write(offset, 4, value >>> 0);
  }
  read(offset: number): number {
    return this.generic(0x100 + 0x80 * this.port + offset);
  }
  write(offset: number, value: number): void {
    this.setGeneric(0x100 + 0x80 * this.port + offset, value);
  }
  bytes(address: number, length: number): Uint8Array {
    return this.memory.bytes.slice(address, address + length);
  }
  get view(): DataView {
    return new DataView(this.memory.bytes.buffer);
  }

  /** Gives the port its memory, clears what is old, and starts it. */
  start(): void {
    this.write(PORT.CLB, LIST);
    this.write(PORT.FB, AREA);
    this.write(PORT.CMD, this.read(PORT.CMD) | FRE);
    this.write(SERR, 0xffff_ffff);
    this.write(PORT.IS, 0xffff_ffff);
    this.write(PORT.CMD, this.read(PORT.CMD) | ST);
    assert.equal(this.read(PORT.CMD) & 0xc011, 0xc011);
  }
  stop(): void {
    this.write(PORT.CMD, this.read(PORT.CMD) & ~ST);
  }

  /** Writes a command into a slot's header and table. */
  prepare(
    slot: number,
    fis: Uint8Array,
    { pieces = [], write = false, packet }: Partial<Command>,
    flags = 0,
  ): void {
    const { view } = this;
    const table = TABLES + TABLE_SIZE * slot;
    const bits = 5 | (packet ? 0x20 : 0) | (write ? 0x40 : 0) | flags;
    view.setUint32(LIST + 32 * slot, (bits | (pieces.length << 16)) >>> 0, true);
    view.setUint32(LIST + 32 * slot + 4, 0, true);
    view.setUint32(LIST + 32 * slot + 8, table, true);
    view.setUint32(LIST + 32 * slot + 12, 0, true);
    this.memory.bytes.set(fis, table);
    this.memory.bytes.set(packet ?? [], table + 0x40);
    pieces.forEach(([address, bytes], i) => {
      view.setUint32(table + 0x80 + 16 * i, address, true);
      view.setUint32(table + 0x84 + 16 * i, 0, true);
      view.setUint32(table + 0x8c + 16 * i, bytes - 1, true);
    });
  }
  /** Prepares a command and issues it; `tagged` sets PxSACT too. */
  issue(slot: number, command: Command, tagged = false): void {
    this.prepare(slot, commandFis(command.command, command.registers), command);
    if (tagged) this.write(SACT, 2 ** slot);
    this.write(CI, 2 ** slot);
  }
  /** Bytes that a slot's command has moved. */
  moved(slot: number): number {
    return this.view.getUint32(LIST + 32 * slot + 4, true);
  }
  /** A received FIS, by its offset in the area. */
  fis(offset: number): number[] {
    return [...this.bytes(AREA + offset, 20)];
  }

  /** Waits until no slot of `mask` is issued or active, or an error has come. PxTFD. */
  wait(mask = 0xffff_ffff): number {
    for (let i = 0; i < 1000; i++) {
      const open = (this.read(CI) | this.read(SACT)) & mask;
      if (open === 0 || (this.read(PORT.IS) & 0x4800_0000) !== 0) return this.read(PORT.TFD);
      this.clock.advance(1_000);
    }
    return assert.fail('the command does not end');
  }
  /** A whole command in slot 0; its status. */
  run(command: Command): number {
    this.issue(0, command);
    return this.wait() & 0xff;
  }
  /** A command that sends `length` bytes. */
  fetch(command: number, registers: Partial<TaskFileRegisters>, length: number): Uint8Array {
    this.memory.bytes.fill(0xee, DATA, DATA + length);
    assert.equal(this.run({ command, registers, pieces: [[DATA, length]] }) & 0x89, 0);
    return this.bytes(DATA, length);
  }
  /** COMRESET. */
  comreset(): void {
    this.write(SCTL, 1);
    assert.equal(this.read(PORT.SSTS), 0);
    this.write(SCTL, 0);
  }
}
