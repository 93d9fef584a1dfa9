// Two machines with the same program on two engines, one the oracle and one the subject of the test, run in pieces of
// chosen lengths and compared: exits, all architectural state, counts of retired instructions, what devices heard, memory.
import type { GuestBus } from '../../src/base/guest-bus.ts';
import { bareWires, emptyBus } from '../../src/engine/testing.ts';
import type { Exit, Vcpu } from '../../src/engine/vcpu.ts';
import { GuestMemory } from '../../src/memory/guest-memory.ts';
import type { PlainMemory } from '../../src/memory/plain-memory.ts';
import { type EngineName, makeEngine } from '../engines.ts';
import { stateDifferences } from '../isa/fuzz/garbage.ts';

/** Bytes of plain memory that a test may map. */
const PLAIN_BYTES = 0x1_0000;

/** A processor, RAM, plain memory that is mapped nowhere at first, an interrupt line whose vector is on the bus, and a log of port accesses. */
export class TortureMachine {
  readonly memory: GuestMemory;
  readonly plain: PlainMemory;
  readonly vcpu: Vcpu;
  /** Vectors that wait for an open interrupt window. */
  readonly vectors: number[] = [];
  /** What the guest wrote to ports, with the count of retired instructions: [port, value, retired]. */
  readonly writes: [number, number, number][] = [];
  /** Called for each port write, after it was logged; what a device of the test does. */
  onPortWrite: (port: number, value: number, machine: TortureMachine) => void = () => {};
  #start = 0;

  constructor(engine: EngineName, ramBytes: number) {
    this.memory = new GuestMemory(ramBytes, PLAIN_BYTES);
    this.plain = this.memory.allocate('plain', PLAIN_BYTES);
    const bus: GuestBus = {
      ...emptyBus,
      mmioRead: (address, width) => this.memory.mmioRead(address, width),
      mmioWrite: (address, width, value) => this.memory.mmioWrite(address, width, value),
      portWrite: (port, _width, value) => {
        this.writes.push([port, value, this.retired]);
        this.onPortWrite(port, value, this);
      },
    };
    const wires = {
      ...bareWires(this.memory, bus),
      interrupts: { pending: () => this.vectors.length > 0, acknowledge: () => this.vectors.shift() ?? -1 },
      timeStamp: () => this.vcpu.retired - this.#start,
    };
    this.vcpu = makeEngine(engine, wires);
  }
  /** Instructions since the machine was reset. */
  get retired(): number {
    return this.vcpu.retired - this.#start;
  }
  /** An empty machine; the caller fills RAM and state and then calls changed(). */
  reset(): void {
    this.memory.clear();
    this.vcpu.reset();
    this.vectors.length = 0;
    this.writes.length = 0;
    this.onPortWrite = () => {};
    this.#start = this.vcpu.retired;
  }
  changed(): void {
    this.vcpu.stateChanged();
    this.vcpu.memoryChanged();
  }
}

/** How `runUntil` cuts a run: lengths of the pieces, in instructions. */
export type Pieces = () => number;
export const WHOLE: Pieces = () => 1_000_000;

/** Runs until another exit than Interrupted, or until `limit` instructions have retired. */
export function runUntil(machine: TortureMachine, limit: number, pieces: Pieces): Exit {
  while (true) {
    const left = limit - machine.retired;
    if (left <= 0) return { reason: 'Interrupted' };
    const before = machine.retired;
    const piece = Math.min(left, pieces());
    const exit = machine.vcpu.run(piece);
    const done = machine.retired - before;
    if (done > piece)
      return { reason: 'InternalError', message: `${done} instructions for a budget of ${piece}` };
    if (exit.reason !== 'Interrupted') return exit;
  }
}

export class Pair {
  readonly oracle: TortureMachine;
  readonly subject: TortureMachine;
  readonly #ramBytes: number;
  constructor(ramBytes: number, subject: EngineName = 'interp', oracle: EngineName = 'reference') {
    this.#ramBytes = ramBytes;
    this.oracle = new TortureMachine(oracle, ramBytes);
    this.subject = new TortureMachine(subject, ramBytes);
  }
  get machines(): readonly TortureMachine[] {
    return [this.oracle, this.subject];
  }
  /** Brings both to the same start. */
  load(prepare: (machine: TortureMachine) => void): void {
    for (const machine of this.machines) {
      machine.reset();
      prepare(machine);
      machine.changed();
    }
  }
  /** Runs both to the end and tells what differs; the oracle runs in one piece. */
  run(limit: number, pieces: Pieces = WHOLE): { exit: Exit; differences: string[] } {
    const exit = runUntil(this.oracle, limit, WHOLE);
    const other = runUntil(this.subject, limit, pieces);
    return { exit, differences: [...exitDifferences(exit, other), ...this.differences()] };
  }
  differences(): string[] {
    const { oracle: a, subject: b } = this;
    const list = stateDifferences(a.vcpu.state, b.vcpu.state);
    if (a.retired !== b.retired) list.push(`retired ${a.retired} ${b.retired}`);
    if (JSON.stringify(a.writes) !== JSON.stringify(b.writes)) list.push(portDifference(a.writes, b.writes));
    const ram = firstDifference(a.memory.ram, b.memory.ram, 0, this.#ramBytes);
    if (ram) list.push(`memory ${ram}`);
    const plain = firstDifference(a.plain.bytes, b.plain.bytes, 0, PLAIN_BYTES);
    if (plain) list.push(`plain memory ${plain}`);
    return list;
  }
}

function exitDifferences(a: Exit, b: Exit): string[] {
  const text = (exit: Exit) => ('message' in exit ? `${exit.reason} ${exit.message}` : exit.reason);
  const list = text(a) === text(b) ? [] : [`exit ${text(a)}, ${text(b)}`];
  if (a.reason === 'InternalError') list.push(text(a));
  return list;
}
function portDifference(a: readonly unknown[], b: readonly unknown[]): string {
  const at = a.findIndex((one, i) => JSON.stringify(one) !== JSON.stringify(b[i]));
  const i = at < 0 ? a.length : at;
  return `port write ${i}: ${JSON.stringify(a[i])} ${JSON.stringify(b[i])}`;
}

/** Where two memories differ first, with both bytes; '' when they are the same. */
export function firstDifference(a: Uint8Array, b: Uint8Array, from: number, to: number): string {
  const one = Buffer.from(a.buffer, a.byteOffset + from, to - from);
  const other = Buffer.from(b.buffer, b.byteOffset + from, to - from);
  if (one.equals(other)) return '';
  let at = 0;
  while (one[at] === other[at]) at++;
  return `at ${(from + at).toString(16)}: ${one[at]!.toString(16)} ${other[at]!.toString(16)}`;
}
