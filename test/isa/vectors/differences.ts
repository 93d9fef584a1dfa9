// Where a processor of today differs from the 80286 that the vectors were recorded on, each with its
// reason. Everything not listed here must agree.
import type { Vector } from './moo.ts';

export interface Difference {
  readonly reason: string;
  /** Name of the vector file without its extension: opcode, and group number after a dot. */
  readonly opcodes: RegExp;
  readonly applies: (vector: Vector) => boolean;
  /** The test says nothing about us. */
  readonly skip?: true;
  /** Bits of FLAGS not compared. */
  readonly flags?: number;
  /** Mends the expected memory before it is compared. */
  readonly memory?: (vector: Vector, expected: Buffer, found: Buffer) => void;
}

const PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0xf0, 0xf2, 0xf3]);

function prefixes(vector: Vector): number[] {
  const end = vector.bytes.findIndex((byte) => !PREFIXES.has(byte));
  return [...vector.bytes.subarray(0, end)];
}

/** Instructions that take LOCK since the 80386, when the destination is memory. */
const LOCKABLE = /\b(add|adc|and|dec|inc|neg|not|or|sbb|sub|xor) (byte |word )?\[|\bxchg .*\[/;

export const DIFFERENCES: readonly Difference[] = [
  {
    reason: 'LOCK raises #UD since the 80386 on everything but a read-modify-write of memory',
    opcodes: /./,
    applies: (vector) => prefixes(vector).includes(0xf0) && !LOCKABLE.test(vector.name),
    skip: true,
  },
];

export function differencesFor(opcode: string, vector: Vector): Difference[] {
  return DIFFERENCES.filter((difference) => difference.opcodes.test(opcode) && difference.applies(vector));
}
