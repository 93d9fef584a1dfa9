// For the tests of meanings: one instruction, given as bytes, run by the reference evaluator on a
// processor with a little flat memory and ports that remember what was written.
import type { GuestBus } from '../../base/guest-bus.ts';
import { ALL_FEATURES } from '../cpuid/feature-names.ts';
import { decode } from '../decode/decode.ts';
import { MODE_KEY_32, MODE_KEY_64, MODE_KEY_REAL, modeFromKey } from '../decode/mode.ts';
import { GuestFault, PF } from '../exceptions/fault.ts';
import type { Cpu } from '../helpers/cpu.ts';
import type { LinearMemory } from '../paging/linear-memory.ts';
import { CpuState } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';
import { type Ending, Evaluator } from '../uops/evaluate.ts';
import { buildMeaning } from './index.ts';

/** Bytes of memory; everything above faults with #PF. */
export const MEMORY_SIZE = 0x20000;

class FlatMemory implements LinearMemory {
  readonly bytes = new Uint8Array(MEMORY_SIZE);
  readonly view = new DataView(this.bytes.buffer);
  readonly #base: number;
  constructor(base: number) {
    this.#base = base;
  }
  #at(linear: number, length: number): number {
    const address = linear - this.#base;
    if (address < 0 || address + length > MEMORY_SIZE) throw new GuestFault(PF, 0);
    return address;
  }
  read8(linear: number): number {
    return this.view.getUint8(this.#at(linear, 1));
  }
  read16(linear: number): number {
    return this.view.getUint16(this.#at(linear, 2), true);
  }
  read32(linear: number): number {
    return this.view.getUint32(this.#at(linear, 4), true);
  }
  read64(linear: number): bigint {
    return this.view.getBigUint64(this.#at(linear, 8), true);
  }
  pairHigh = 0;
  readPair(linear: number): number {
    this.pairHigh = this.read32(linear + 4);
    return this.read32(linear);
  }
  writePair(linear: number, low: number, high: number): void {
    this.write32(linear, low);
    this.write32(linear + 4, high);
  }
  write8(linear: number, value: number): void {
    this.view.setUint8(this.#at(linear, 1), value);
  }
  write16(linear: number, value: number): void {
    this.view.setUint16(this.#at(linear, 2), value, true);
  }
  write32(linear: number, value: number): void {
    this.view.setUint32(this.#at(linear, 4), value, true);
  }
  write64(linear: number, value: bigint): void {
    this.view.setBigUint64(this.#at(linear, 8), value, true);
  }
  readBytes(linear: number, target: Uint8Array): void {
    const at = this.#at(linear, target.length);
    target.set(this.bytes.subarray(at, at + target.length));
  }
  writeBytes(linear: number, source: Uint8Array): void {
    this.bytes.set(source, this.#at(linear, source.length));
  }
  probeWrite(linear: number, length: number): void {
    this.#at(linear, length);
  }
  probeRead(linear: number, length: number): void {
    this.#at(linear, length);
  }
  fetch(): number {
    return 0;
  }
  probeFetch(): void {}
}

export const KEY_OF = { 64: MODE_KEY_64, 32: MODE_KEY_32, 16: MODE_KEY_REAL } as const;

export class TestProcessor {
  readonly state = new CpuState(new ArrayBuffer(65536));
  readonly memory: FlatMemory;
  /** Port writes as [port, width, value]; reads give the port number plus their count. */
  readonly portWrites: [number, number, number][] = [];
  portReads = 0;
  readonly cpu: Cpu;
  readonly #evaluator: Evaluator;
  readonly #bits: 16 | 32 | 64;

  /** Code size, and the linear address of the memory's first byte. */
  constructor(bits: 16 | 32 | 64, memoryBase = 0) {
    this.#bits = bits;
    this.memory = new FlatMemory(memoryBase);
    const bus: GuestBus = {
      mmioRead: () => 0xffffffff,
      mmioWrite: () => {},
      portRead: (port) => port + this.portReads++,
      portWrite: (port, width, value) => void this.portWrites.push([port, width, value]),
    };
    this.cpu = { state: this.state, memory: this.memory, bus } as unknown as Cpu;
    this.#evaluator = new Evaluator(this.cpu);
    this.state.rflags = 2;
    this.state.rip = 0x1000;
    this.state.setGpr(L.RSP, 0x8000n);
    for (const segment of this.state.segments) {
      segment.limit = bits === 16 ? 0xffff : 0xffffffff;
      segment.attributes = 0x93;
    }
  }

  /** Runs one instruction at RIP; a repeated one until it is done. Throws GuestFault. */
  run(...bytes: number[]): Ending {
    const instruction = decode(
      Uint8Array.from(bytes),
      bytes.length,
      modeFromKey(KEY_OF[this.#bits]),
      ALL_FEATURES,
    );
    if (!instruction || instruction.length !== bytes.length) throw new Error(`no instruction: ${bytes}`);
    const { uops } = buildMeaning(instruction.form);
    const start = this.state.rip;
    for (;;) {
      let ending: Ending;
      try {
        ending = this.#evaluator.run(uops, instruction);
      } catch (fault) {
        this.state.rip = start;
        throw fault;
      }
      if (ending !== 'repeat') return ending;
    }
  }
  /** The vector that the instruction raises, or -1. */
  faultOf(...bytes: number[]): number {
    try {
      this.run(...bytes);
      return -1;
    } catch (fault) {
      if (fault instanceof GuestFault) return fault.vector;
      throw fault;
    }
  }
}
