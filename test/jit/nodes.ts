// A program of the region torture as a tree (program.ts makes them, assemble.ts turns them into bytes, minimise.ts cuts
// them down).
import type { Bits } from './registers.ts';
import type { Surroundings } from './surroundings.ts';

export type Node =
  /** Bytes as they are; `guarded`: the NOP that tells the kernel their length comes before. */
  | { readonly kind: 'code'; readonly bytes: readonly number[]; readonly guarded: boolean }
  | {
      readonly kind: 'loop';
      readonly style: LoopStyle;
      readonly register: number;
      count: number;
      body: Node[];
    }
  /** `condition` 0..15, or 16: RCX is zero. */
  | { readonly kind: 'if'; readonly condition: number; then: Node[]; otherwise: Node[] }
  /** A loop that can be entered at two places. */
  | { readonly kind: 'tangle'; readonly condition: number; count: number; body: Node[]; otherwise: Node[] }
  | { readonly kind: 'switch'; readonly register: number; readonly how: JumpHow; cases: Node[][] }
  | {
      readonly kind: 'call';
      readonly callee: number;
      readonly how: 'direct' | JumpHow;
      readonly depth: number;
    }
  /** Goes on at the next node, through an absolute address, in the other mapping or not. */
  | { readonly kind: 'goto'; readonly how: JumpHow; readonly alias: boolean }
  /** PUSH of one register, the body, POP of another. */
  | { readonly kind: 'stack'; readonly push: number; readonly pop: number; body: Node[] }
  /** The next byte but these lies at a page's end. */
  | { readonly kind: 'edge'; readonly bytes: number }
  /** What stores change: an instruction with an immediate, or eight bytes that are jumped over. */
  | { readonly kind: 'soft'; readonly id: number; readonly bytes: readonly number[]; readonly at: number }
  | {
      readonly kind: 'patch';
      readonly id: number;
      readonly bytes: readonly number[];
      readonly alias: boolean;
    };

/** Counts down in a register, on the stack, in RCX with LOOP; counts up to a limit in a register. */
export type LoopStyle = 'register' | 'stack' | 'loop' | 'up';
export type JumpHow = 'register' | 'memory' | 'return';

export interface RegionProgram {
  readonly bits: Bits;
  /** The first is the program; each calls itself or later ones. */
  functions: Node[][];
  /** Start values of the registers that are free. */
  readonly registers: readonly bigint[];
  readonly flags: number;
  /** Data pages that are absent or read-only at the start, as in WorldStart. */
  spoiled: number;
  /** For what lies in the data. */
  readonly seed: number;
  /** Interrupts from outside: instruction counts, ascending. */
  interrupts: readonly number[];
  surroundings: Surroundings;
}
