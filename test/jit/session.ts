// One program of the region torture on two engines: in one piece, in random pieces, in short ones; with interrupts
// from outside at the same instruction counts. After every piece the registers are compared, at the end memory too.
import type { Exit } from '../../src/engine/vcpu.ts';
import * as L from '../../src/x86/state/layout.ts';
import { stateDifferences } from '../isa/fuzz/garbage.ts';
import { Random } from '../isa/fuzz/random.ts';
import { type Pair, type Pieces, runUntil, type TortureMachine, WHOLE } from '../torture/pair.ts';
import { type Assembled, assembleRegionProgram } from './assemble.ts';
import type { RegionProgram } from './nodes.ts';
import { makeRegionProgram } from './program.ts';
import { BASE, BASE_VALUE, INDEX_VALUE, indexRegister } from './registers.ts';
import { surround } from './surroundings.ts';
import { CODE, exceptionsTaken, FIRST_INTERRUPT, LAST_INTERRUPT, loadWorld, STACK_TOP } from './world.ts';

export interface RegionOutcome {
  /** Empty when the engines agree. */
  readonly differences: readonly string[];
  readonly retired: number;
  readonly exceptions: number;
  /** Whether the program came to an end within the limit. */
  readonly ended: boolean;
}

export function loadRegionProgram(
  machine: TortureMachine,
  program: RegionProgram,
  { code }: Assembled,
): void {
  const random = new Random(program.seed, 1);
  loadWorld(
    machine,
    { code, entry: CODE, bits: program.bits, spoiled: program.spoiled, seed: program.seed },
    random,
  );
  const { state } = machine.vcpu;
  program.registers.forEach((value, r) => {
    state.setGpr(r, r < 8 || program.bits === 64 ? value : 0n);
  });
  state.setGpr(L.RSP, BigInt(STACK_TOP));
  state.setGpr(BASE, BigInt(BASE_VALUE));
  state.setGpr(indexRegister(program.bits), BigInt(INDEX_VALUE));
  state.rflags = program.flags;
  state.set32(L.FCW, 0x37f);
  state.set32(L.MXCSR, 0x1f80);
  for (let i = 0; i < 8; i++) {
    state.set64(L.FPR + L.FPR_SIZE * i, (1n << 63n) | random.u64());
    state.set64(L.FPR + L.FPR_SIZE * i + 8, BigInt(0x3fff - 8 + random.below(16)));
  }
  for (let i = 0; i < 32; i++) state.set64(L.XMM + 8 * i, random.u64());
  surround(machine, program.surroundings, random);
}

/** Runs both machines to the end or the limit, with the program's interrupts, in the same pieces. */
function runPieces(
  { oracle, subject }: Pair,
  { interrupts }: RegionProgram,
  limit: number,
  pieces: Pieces,
): { exit: Exit; differences: string[] } {
  let next = 0;
  while (true) {
    const from = oracle.retired;
    const target = Math.min(from + pieces(), interrupts[next] ?? limit, limit);
    const exit = runUntil(oracle, target, WHOLE);
    const other = runUntil(subject, target, WHOLE);
    const differences = stateDifferences(oracle.vcpu.state, subject.vcpu.state);
    if (oracle.retired !== subject.retired) differences.push(`retired ${oracle.retired} ${subject.retired}`);
    if (JSON.stringify(exit) !== JSON.stringify(other))
      differences.unshift(`exit ${JSON.stringify(exit)} ${JSON.stringify(other)}`);
    if (differences.length > 0) differences.unshift(`in the piece from ${from} to ${target}`);
    if (differences.length > 0 || exit.reason !== 'Interrupted' || oracle.retired >= limit)
      return { exit, differences };
    while (next < interrupts.length && interrupts[next]! <= oracle.retired) {
      const vector = FIRST_INTERRUPT + (next++ % (LAST_INTERRUPT + 1 - FIRST_INTERRUPT));
      for (const machine of [oracle, subject]) machine.vectors.push(vector);
    }
  }
}

/** How a case is cut: what runs in one go. */
export const CUTS = {
  whole: () => WHOLE,
  long:
    (random: Random): Pieces =>
    () =>
      100 + random.below(random.pick([400, 3000, 20_000])),
  random:
    (random: Random): Pieces =>
    () =>
      random.pick([1, 2, 3, 17, 63, 64, 65, 66, 100, 300, 1000]),
  short:
    (random: Random): Pieces =>
    () =>
      1 + random.below(40),
} as const;
export type Cut = keyof typeof CUTS;

export interface RunOptions {
  readonly limit: number;
  readonly cut: Cut;
  /** For the cut. */
  readonly seed: number;
}

/** Runs a program on both engines of a pair. */
export function runRegionProgram(pair: Pair, program: RegionProgram, options: RunOptions): RegionOutcome {
  const assembled = assembleRegionProgram(program);
  if (!assembled) return { differences: [], retired: 0, exceptions: 0, ended: false };
  const { limit } = options;
  pair.load((machine) => loadRegionProgram(machine, program, assembled));
  const { exit, differences } = runPieces(
    pair,
    program,
    limit,
    CUTS[options.cut](new Random(options.seed, 2)),
  );
  if (differences.length === 0) differences.push(...pair.differences());
  return {
    differences,
    retired: pair.oracle.retired,
    exceptions: exceptionsTaken(pair.oracle),
    ended: exit.reason === 'Hlt',
  };
}

/** The program and the ways to run it of a case's number. */
export function regionCase(
  seed: number,
  number: number,
): { program: RegionProgram; runs: readonly RunOptions[] } {
  const random = new Random(seed, number);
  const nodes = random.pick([6, 15, 40, 120]);
  const work = random.pick([200, 2000, 20_000, 20_000, 100_000]);
  const program = makeRegionProgram(random, random.chance(35) ? 32 : 64, { nodes, work });
  const limit = 3 * work + 200;
  const cuts: Cut[] = ['whole', random.pick(['long', 'random', 'short'])];
  return { program, runs: cuts.map((cut) => ({ limit, cut, seed: random.u32() })) };
}

/** Runs a case; stops at the first way to run it that differs. */
export function runRegionCase(
  pair: Pair,
  seed: number,
  number: number,
): RegionOutcome & { run: RunOptions | null } {
  const { program, runs } = regionCase(seed, number);
  let last: RegionOutcome = { differences: [], retired: 0, exceptions: 0, ended: false };
  for (const run of runs) {
    last = runRegionProgram(pair, program, run);
    if (last.differences.length > 0) return { ...last, run };
  }
  return { ...last, run: null };
}
