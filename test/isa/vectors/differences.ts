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

export const DIFFERENCES: readonly Difference[] = [];

export function differencesFor(opcode: string, vector: Vector): Difference[] {
  return DIFFERENCES.filter((difference) => difference.opcodes.test(opcode) && difference.applies(vector));
}
