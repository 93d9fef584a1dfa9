// A whole boot on two machines in deterministic mode, one on each of two engines: registers are compared every step of
// so many instructions and all of RAM every few steps (decision D4). Where they differ, the boot is run again with
// shorter and shorter steps, so that the difference is found between two instructions, or as near to that as it still
// shows: an engine that is interrupted after every instruction may do other things than one that is let run.
import { setImmediate as turn } from 'node:timers/promises';
import type { Machine } from '../../../src/machine/vm/machine.ts';
import { cpuFeatures } from '../../../src/x86/cpuid/features.ts';
import { decode, MAXIMUM_LENGTH } from '../../../src/x86/decode/decode.ts';
import { modeFromKey } from '../../../src/x86/decode/mode.ts';
import { printInstruction } from '../../../src/x86/decode/print.ts';
import * as L from '../../../src/x86/state/layout.ts';
import { PROMPT } from '../../guest/session.ts';
import { compareMemories, compareStates } from './compare.ts';

export interface BootLockstepOptions {
  /** Makes the machines anew, the one that is right first; each gets a sink for its serial output. */
  readonly make: (serial: (byte: number) => void) => Promise<readonly [Machine, Machine]>;
  /** Instructions between two comparisons of registers. */
  readonly step: number;
  /** Steps between two comparisons of RAM. */
  readonly ramEvery: number;
  /** Instruction count at which to stop, unless the guest ends before. */
  readonly until: number;
  /** Typed when the shell is there. */
  readonly command: string;
  readonly say?: (line: string) => void;
  /** What the second machine's engine can tell about the code around the difference: linear addresses of instructions. */
  readonly explain?: (machine: Machine, addresses: readonly number[]) => readonly string[];
}

export interface BootLockstepResult {
  /** Instruction count at the end. */
  readonly retired: number;
  /** The guest came to its end. */
  readonly ended: boolean;
  /** Empty when they agree. */
  readonly report: readonly string[];
}

interface Difference {
  /** Both agreed here, and no longer at `to`. */
  readonly from: number;
  readonly to: number;
  readonly what: readonly string[];
}

/** Runs to an instruction count; false when the machine has ended before. */
export function advance(machine: Machine, target: number): boolean {
  while (machine.vcpu.retired < target) {
    const exit = machine.step(target - machine.vcpu.retired);
    if (exit.reason === 'Shutdown') return false;
    if (exit.reason === 'Hlt') {
      if ((machine.vcpu.state.rflags & (1 << 9)) === 0) return false;
      if (machine.idle() > 0) return false;
    }
    if (machine.ended) return false;
  }
  return true;
}

function differences(a: Machine, b: Machine, withRam: boolean): string[] {
  const list = compareStates(a.vcpu.state, b.vcpu.state);
  if (a.vcpu.retired !== b.vcpu.retired) list.push(`instructions: ${a.vcpu.retired}, ${b.vcpu.retired}`);
  if (withRam || list.length > 0) list.push(...compareMemories(a.memory.ram, b.memory.ram));
  return list;
}

/** A pair of machines that are run side by side. */
class Run {
  readonly a: Machine;
  readonly b: Machine;
  readonly #options: BootLockstepOptions;
  readonly #output: { text: string };
  /** Instruction count at which the command was typed; null when not yet. */
  typedAt: number | null;

  private constructor(a: Machine, b: Machine, options: BootLockstepOptions, output: { text: string }) {
    this.a = a;
    this.b = b;
    this.#options = options;
    this.#output = output;
    this.typedAt = null;
  }
  static async start(options: BootLockstepOptions): Promise<Run> {
    const output = { text: '' };
    const [a, b] = await options.make((byte) => {
      output.text += String.fromCharCode(byte);
    });
    return new Run(a, b, options, output);
  }

  /** Runs both to a count; `typeAt` makes the command be typed exactly there, as in an earlier run. */
  async to(target: number, typeAt: number | null): Promise<boolean> {
    if (typeAt !== null && this.typedAt === null && typeAt < target && typeAt >= this.a.vcpu.retired) {
      if (!(await this.to(typeAt, null))) return false;
      this.#type();
    }
    const alive = advance(this.a, target);
    advance(this.b, target);
    // What compiles in the background gets its turn.
    await turn();
    return alive;
  }
  /** Types the command once the shell waits for it. */
  typeWhenReady(): void {
    if (this.typedAt === null && PROMPT.test(this.#output.text)) this.#type();
  }
  #type(): void {
    this.typedAt = this.a.vcpu.retired;
    for (const machine of [this.a, this.b])
      machine.serialInput(new TextEncoder().encode(`${this.#options.command}\r`));
  }
  get lastLine(): string {
    return this.#output.text.trimEnd().split('\n').at(-1) ?? '';
  }
}

/** Boots both machines and compares them to the end. */
export async function bootLockstep(options: BootLockstepOptions): Promise<BootLockstepResult> {
  const run = await Run.start(options);
  let checkedRam = 0;
  for (let steps = 1; ; steps++) {
    const from = (steps - 1) * options.step;
    const target = Math.min(steps * options.step, options.until);
    const alive = await run.to(target, null);
    const withRam = steps % options.ramEvery === 0 || !alive || target === options.until;
    const found = differences(run.a, run.b, withRam);
    if (found.length > 0) {
      const onlyRam = found.every((line) => line.startsWith('memory'));
      const start = onlyRam ? checkedRam : from;
      const difference: Difference = { from: start, to: target, what: found };
      return { retired: target, ended: false, report: await narrow(options, difference, run.typedAt) };
    }
    if (withRam) checkedRam = target;
    if (steps % 100 === 0) options.say?.(`${target / 1e6} million instructions agree: ${run.lastLine}`);
    if (!alive || target === options.until) return { retired: run.a.vcpu.retired, ended: !alive, report: [] };
    run.typeWhenReady();
  }
}

/** Shorter and shorter steps, each on fresh machines. */
async function narrow(
  options: BootLockstepOptions,
  first: Difference,
  typeAt: number | null,
): Promise<readonly string[]> {
  let best = first;
  options.say?.(`they differ between ${first.from} and ${first.to}:\n  ${first.what.join('\n  ')}`);
  const onlyRam = first.what.every((line) => line.startsWith('memory'));
  for (let step = Math.ceil((best.to - best.from) / 30); ; step = Math.ceil(step / 30)) {
    options.say?.(`once more to ${best.from}, then in steps of ${step}`);
    const found = await search(options, best, step, typeAt, onlyRam);
    if (!found) {
      options.say?.('it does not show with such steps');
      break;
    }
    best = found;
    if (step === 1) break;
  }
  return describe(options, best, typeAt);
}

async function search(
  options: BootLockstepOptions,
  { from, to }: Difference,
  step: number,
  typeAt: number | null,
  withRam: boolean,
): Promise<Difference | null> {
  const run = await Run.start(options);
  await goTo(run, from, options.step, typeAt);
  for (let at = from; at < to; at += step) {
    const target = Math.min(at + step, to);
    const alive = await run.to(target, typeAt);
    const what = differences(run.a, run.b, withRam || !alive || target === to);
    if (what.length > 0) return { from: at, to: target, what };
    if (!alive) return null;
  }
  return null;
}

/** In the steps of the first run, so that the engines are interrupted where they were then. */
async function goTo(run: Run, target: number, step: number, typeAt: number | null): Promise<void> {
  while (run.a.vcpu.retired < target) {
    if (!(await run.to(Math.min(run.a.vcpu.retired + step, target), typeAt))) return;
  }
}

/** Most instructions that a report lists, and most of them that the engine is asked about. */
const LISTED = 150;
const EXPLAINED = 5;

async function describe(
  options: BootLockstepOptions,
  { from, to, what }: Difference,
  typeAt: number | null,
): Promise<readonly string[]> {
  const run = await Run.start(options);
  await goTo(run, from, options.step, typeAt);
  const lines = [
    `they agree after ${from} instructions and differ after ${to}:`,
    ...what.map((line) => `  ${line}`),
  ];
  // The first machine an instruction at a time; the second in one go.
  advance(run.b, to);
  const trace: string[] = [];
  const addresses = new Set<number>();
  while (run.a.vcpu.retired < to) {
    addresses.add(run.a.vcpu.state.rip);
    trace.push(instructionText(run.a));
    if (!advance(run.a, run.a.vcpu.retired + 1)) break;
    if (trace.length > LISTED) trace.shift();
  }
  lines.push(`the last ${trace.length} instructions:`, ...trace.map((line) => `  ${line}`));
  lines.push(...(options.explain?.(run.b, [...addresses].slice(-EXPLAINED)) ?? []));
  return lines;
}

/** The instruction at RIP and the general registers, as far as the code can be fetched without a fault. */
function instructionText({ vcpu }: Machine): string {
  const { state } = vcpu;
  const mode = modeFromKey(state.get32(L.MODE));
  const bytes = new Uint8Array(MAXIMUM_LENGTH);
  const linear = mode.bits === 64 ? state.rip : state.rip + state.segments[L.CS]!.base;
  const registers = Array.from({ length: mode.bits === 64 ? 16 : 8 }, (_, r) =>
    state.gpr(r).toString(16),
  ).join(' ');
  const { cpu } = vcpu as unknown as { cpu?: { memory: { fetch(linear: number, to: Uint8Array): number } } };
  let text = '(not fetched)';
  try {
    const available = cpu?.memory.fetch(linear, bytes) ?? 0;
    const decoded = decode(bytes, available, mode, cpuFeatures().decode);
    if (decoded) text = printInstruction(decoded);
  } catch {
    // A page fault: the text stays as it is.
  }
  return `${BigInt.asUintN(64, BigInt(state.rip)).toString(16)}: ${text}   [${registers}]`;
}
