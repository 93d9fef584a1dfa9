// One paging program on both engines and against the model.
import type { Random } from '../isa/fuzz/random.ts';
import { randomPieces } from './code-session.ts';
import { enterPaging, FRAMES, LOG, PAGING_RAM, RECORD, TABLES } from './paging-layout.ts';
import type { Format } from './paging-model.ts';
import { makePagingCase, type PagingCase } from './paging-program.ts';
import { firstDifference, type Pair, type TortureMachine } from './pair.ts';

export const FORMATS: readonly Format[] = ['32-bit', 'PAE', '4-level'];

/** Where the log of a machine is not what the model says. */
function logDifferences(machine: TortureMachine, { expected, format }: PagingCase): string[] {
  const { view } = machine.memory;
  const width = format === '4-level' ? 64 : 32;
  for (const [i, one] of expected.entries()) {
    const at = LOG + RECORD * i;
    const field = (offset: number) => view.getBigUint64(at + offset, true);
    const same = (found: bigint, wanted: bigint | number) => found === BigInt.asUintN(width, BigInt(wanted));
    const wrong: string[] = [];
    const check = (name: string, offset: number, wanted: bigint | number) => {
      if (!same(field(offset), wanted))
        wrong.push(`${name} ${field(offset).toString(16)}, expected ${wanted.toString(16)}`);
    };
    check('vector', 0, one.vector);
    if (one.vector < 32) check('error', 8, one.error);
    if (one.cr2 !== null) check('CR2', 0x28, one.cr2);
    if (one.rip !== null) check('RIP', 0x10, one.rip);
    check('CX', 0x30, one.registers.cx);
    check('DI', 0x38, one.registers.di);
    check('SI', 0x40, one.registers.si);
    check('AX', 0x48, one.registers.ax);
    if (wrong.length > 0) return [`${one.what}: ${wrong.join(', ')}`];
  }
  return [];
}

export interface PagingOutcome {
  readonly differences: readonly string[];
  /** How often each vector was expected. */
  readonly vectors: ReadonlyMap<number, number>;
}

export function runPagingCase(pair: Pair, random: Random, number: number, operations: number): PagingOutcome {
  const format = FORMATS[number % FORMATS.length]!;
  const item = makePagingCase(random, format, operations);
  if (item.model.spoiled) return { differences: [], vectors: new Map() };
  pair.load((machine) => {
    machine.memory.u8.set(item.ram);
    enterPaging(machine, format, item.cr4);
  });
  const { exit, differences } = pair.run(1_000_000, randomPieces(random, Math.floor(number / 3)));
  if (exit.reason !== 'Hlt') differences.push(`the program ended with ${exit.reason}`);
  for (const [name, machine] of [
    ['oracle', pair.oracle],
    ['subject', pair.subject],
  ] as const) {
    for (const found of logDifferences(machine, item)) differences.push(`${name}: ${found}`);
    for (const [from, to] of [
      [TABLES, TABLES + 0x4_0000],
      [FRAMES, PAGING_RAM],
    ] as const) {
      const found = firstDifference(machine.memory.ram, item.model.ram, from, to);
      if (found) differences.push(`${name} and model: memory ${found}`);
    }
  }
  const vectors = new Map<number, number>();
  for (const { vector } of item.expected) vectors.set(vector, (vectors.get(vector) ?? 0) + 1);
  return { differences, vectors };
}
