// A decoded instruction: a *form* (all that determines its meaning, interned) plus a handful of
// numbers, its *fields*. The meaning of a form is built once, with holes where the fields go; the
// interpreter reads the fields from the descriptor of each instruction, the translator and the
// reference evaluator put in their values. So `add eax, ecx` and `add edx, ebx` are one form.
import type { Mode } from './mode.ts';

/** Width of an operand in bits. 80 is an x87 extended real; larger ones are areas (FXSAVE, FNSAVE...), or 0. */
export type Width = 8 | 16 | 32 | 64 | 80 | 128 | 0;

/** Names of the register fields: byte offsets into the vCPU state (memory 0). */
export type RegisterField = 'r0' | 'r1' | 'r2';

/**
 * How an address is made: base + index * scale + displacement, truncated to the address size.
 * `none`: displacement only (RIP-relative addresses have `ripRelative`, no base, no index).
 * `absolute`: the 64-bit address of a moffs operand, in field `imm`.
 */
export type AddressShape = 'none' | 'absolute' | 'base' | 'baseIndex';

/**
 * How the segment takes part. flat: not at all. base: add the base (FS, GS in 64-bit mode).
 * checked: limit, type and base (everything else outside 64-bit mode).
 */
export type SegmentUse = 'flat' | 'base' | 'checked';

export type Operand =
  /** A general register (or part of one): `field` holds the byte offset of its low byte. */
  | { readonly kind: 'gpr'; readonly width: 8 | 16 | 32 | 64; readonly field: RegisterField }
  /** Memory. Fields base, index (byte offsets of i64 registers in the state), scale (0..3), disp, seg. */
  | {
      readonly kind: 'mem';
      readonly width: Width;
      readonly shape: AddressShape;
      readonly ripRelative: boolean;
      readonly segment: SegmentUse;
      /** The segment is SS: faults are #SS instead of #GP. */
      readonly stack: boolean;
    }
  /** Immediate in field `imm`, sign-extended to the operand size as the manual says for this operand, or zero-extended. 16 bits have no more, wider ones are sign-extended to 64. */
  | { readonly kind: 'imm'; readonly width: 8 | 16 | 32 | 64 }
  /** Second immediate (ENTER, EXTRQ; selector of a far pointer) in field `imm2`, zero-extended. */
  | { readonly kind: 'imm2'; readonly width: 8 | 16 }
  /** Branch displacement from the next instruction, in field `imm`, sign-extended. */
  | { readonly kind: 'rel'; readonly width: 8 | 16 | 32 }
  /** ptr16:16, ptr16:32: offset in `imm` (zero-extended), selector in `imm2`. */
  | { readonly kind: 'far'; readonly width: 16 | 32 }
  /** Segment register: `field` holds the byte offset of its record in the state. `number` 0..5 is part of the form. */
  | { readonly kind: 'segment'; readonly number: number; readonly field: RegisterField }
  | { readonly kind: 'control'; readonly number: number }
  | { readonly kind: 'debug'; readonly number: number }
  /** ST(i), relative to TOP: `field` holds i itself (0..7), not an offset. */
  | { readonly kind: 'st'; readonly field: RegisterField }
  /** MMX register: `field` holds the byte offset of its 64 bits in the state. */
  | { readonly kind: 'mm'; readonly width: 32 | 64; readonly field: RegisterField }
  /** XMM register: `field` holds the byte offset of its 128 bits; `width` is what the instruction uses. */
  | { readonly kind: 'xmm'; readonly width: 8 | 16 | 32 | 64 | 128; readonly field: RegisterField }
  /** The constant 1 of the D0/D1 shift group. */
  | { readonly kind: 'one' };

/** REP (F3) and REPNE (F2), where they are repeat prefixes and not part of the opcode. */
export type Repeat = 'none' | 'rep' | 'repne';

export interface Form {
  /** Unique, in order of first use. */
  readonly id: number;
  /** The manual's mnemonic: 'ADD', 'Jcc', 'CMOVcc', 'MOVS', 'MOV_CR'... */
  readonly mnemonic: string;
  readonly operands: readonly Operand[];
  /** Effective operand size (16, 32 or 64), after prefixes, REX.W and forced sizes. */
  readonly operandSize: 16 | 32 | 64;
  /** Effective address size. */
  readonly addressSize: 16 | 32 | 64;
  /** Condition code 0..15 of Jcc, SETcc, CMOVcc; -1 otherwise. */
  readonly condition: number;
  readonly repeat: Repeat;
  readonly lock: boolean;
  /** For implicit memory operands (strings, XLAT, MASKMOV...): how DS (or the override) is used; field seg. */
  readonly segment: SegmentUse;
  /** Whether that implicit segment is SS. */
  readonly segmentIsStack: boolean;
  readonly mode: Mode;
}

/** The numbers of one decoded instruction. All are integers; bigint only for the 64-bit immediate. */
export interface Fields {
  r0: number;
  r1: number;
  r2: number;
  /** Byte offsets of i64 registers in the state; ZERO's offset where there is none. */
  base: number;
  index: number;
  scale: number;
  /** Byte offset of the segment record (DS's or the override's), for memory operands that use one. */
  seg: number;
  /** Displacement, sign-extended 32 bits (outside 64-bit mode any 32-bit value). */
  disp: number;
  /** Immediate, branch displacement, far offset, or 64-bit address (moffs), as a signed 64-bit value. */
  imm: bigint;
  imm2: number;
}

export interface Instruction extends Fields {
  readonly form: Form;
  /** Length in bytes, 1..15. */
  readonly length: number;
}

/** What the decoder makes. */
export interface DecodedInstruction extends Instruction {
  readonly imm: bigint;
  /** The halves of imm, signed 32 bits each. */
  readonly immLow: number;
  readonly immHigh: number;
}
