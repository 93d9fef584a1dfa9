// The micro-operations: the language in which the meaning of an instruction is written (decision D1).
//
// A meaning is a list of typed operations over values that are assigned once, with structured
// control flow and a few mutable variables. Engines lower it: the reference evaluator runs it with
// bigint, the interpreter turns each *form* into a wasm handler that reads fields from a
// descriptor, the translator into a piece of a region with the fields as constants.
//
// Rules (checked by verify.ts):
//  - a value is used only where it was defined before, in the same block or an enclosing one;
//  - no architectural write (set, store, flags) before an operation that can fault (load, store,
//    linear, fault, a helper that can fault), except a store after its own write-intent load
//    (decision D6: a fault leaves the state as if the instruction had not begun);
//  - `repeat`, `jump`, `branch`, `endBlock` come last on their path.
import type { RegisterField } from '../decode/instruction.ts';
import type { Helper } from '../helpers/helper.ts';
import type { Routine } from './routine.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** The result of an operation. */
export interface Value<T extends ValueType = ValueType> {
  readonly id: number;
  readonly type: T;
}
export type I32 = Value<'i32'>;
export type I64 = Value<'i64'>;
export type F32 = Value<'f32'>;
export type F64 = Value<'f64'>;
export type V128 = Value<'v128'>;
/** A value of either integer type. */
export type Int = I32 | I64;

/** A place in the vCPU state: fixed, or found by a register field of the instruction plus a displacement. */
export type Location =
  | { readonly kind: 'state'; readonly offset: number }
  | {
      readonly kind: 'field';
      readonly field: RegisterField | 'base' | 'index' | 'seg';
      readonly displacement: number;
    };

/** Integer and float operators of two operands of one type; comparisons give i32 0 or 1. Shift counts are taken modulo the width of the type, as in wasm. */
export type BinaryOperator =
  | 'add'
  | 'sub'
  | 'mul'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shr_u'
  | 'shr_s'
  | 'rotl'
  | 'rotr'
  | 'eq'
  | 'ne'
  | 'lt_u'
  | 'lt_s'
  | 'le_u'
  | 'le_s'
  | 'gt_u'
  | 'gt_s'
  | 'ge_u'
  | 'ge_s'
  /** The divisor must not be zero (nor the signed quotient overflow): guard with faultIf first. */
  | 'div_u'
  | 'div_s'
  | 'rem_u'
  | 'rem_s'
  /** i64 only: high 64 bits of the 128-bit product. */
  | 'mulhi_u'
  | 'mulhi_s'
  /** Floats: IEEE 754, round to nearest even; NaN payloads are not defined (wasm leaves them open). */
  | 'fadd'
  | 'fsub'
  | 'fmul'
  | 'fdiv'
  | 'feq'
  | 'fne'
  | 'flt'
  | 'fle'
  | 'fgt'
  | 'fge';

/** Operators of one operand. The suffix 8/16/32 names the low bits that are extended to the full type. */
export type UnaryOperator =
  | 'eqz'
  | 'clz'
  | 'ctz'
  | 'popcnt'
  | 'extend8_s'
  | 'extend16_s'
  | 'extend32_s'
  /** i64 -> i32 low half; i32 -> i64. */
  | 'wrap'
  | 'extend_u'
  | 'extend_s'
  /** f32 <-> i32, f64 <-> i64, same bits. */
  | 'bits_to_f32'
  | 'bits_to_f64'
  | 'f32_to_bits'
  | 'f64_to_bits'
  | 'fsqrt'
  | 'fnearest'
  | 'ffloor'
  | 'fceil'
  | 'ftrunc'
  | 'promote'
  | 'demote'
  | 'f64_from_i32_s'
  | 'f64_from_i64_s'
  | 'f32_from_i32_s'
  | 'f32_from_i64_s'
  /** Saturating conversions to integer, NaN -> 0. */
  | 'i32_from_f32_s'
  | 'i32_from_f64_s'
  | 'i64_from_f32_s'
  | 'i64_from_f64_s';

/** Status flags and how an operation defines them. Masks use RFLAGS bit positions. */
export const FLAG_CF = 0x001;
export const FLAG_PF = 0x004;
export const FLAG_AF = 0x010;
export const FLAG_ZF = 0x040;
export const FLAG_SF = 0x080;
export const FLAG_OF = 0x800;
export { FLAGS_STATUS } from '../state/cpu-state.ts';

/**
 * What a shift or a product sets its flags from, besides its result: an engine that works flags out when somebody asks
 * keeps these and not the operands of flagsArith, which are computed from them and say the same.
 */
export interface FlagOrigin {
  /** SHL, SHR and SAR of `a` by `b` (i32, at least 1, below the width); IMUL and MUL of `a` and `b`, truncated. */
  readonly operation: 'shl' | 'shr' | 'sar' | 'imul' | 'mul';
  readonly a: Int;
  readonly b: Int;
}
/** Likewise of a rotation of 32 bits: CF and OF are those of its result. */
export interface RotationOrigin {
  readonly direction: 'left' | 'right';
  readonly result: I32;
}

/** Widths of memory accesses and of state reads, in bits. */
export type AccessBits = 8 | 16 | 32 | 64 | 128;

export type Uop =
  | { op: 'const'; result: Value; value: number | bigint | Uint8Array }
  /** A numeric field of the instruction: imm (i64), disp (i64, sign-extended), imm2, scale, or a register field's byte offset (i32). */
  | { op: 'field'; result: Value; field: RegisterField | 'base' | 'imm' | 'imm2' | 'disp' | 'scale' | 'seg' }
  /** Reads `bits` of the state, zero-extended into the result type (i32 for up to 32 bits, or i64; v128 for 128). */
  | { op: 'get'; result: Value; bits: AccessBits; location: Location }
  /** Writes the low `bits` of the value. */
  | { op: 'set'; bits: AccessBits; location: Location; value: Value }
  /** Segment check and base: a segment offset (i64) becomes a linear address (i64). Faults #GP(0)/#SS(0). */
  | {
      op: 'linear';
      result: I64;
      offset: I64;
      segment: Location;
      bytes: number;
      access: 'read' | 'write' | 'execute';
      stack: boolean;
    }
  /** Reads guest memory, zero-extended. `write` intent: faults as a write would, so that a store to the same place cannot. */
  | { op: 'load'; result: Value; bits: AccessBits; address: I64; intent: 'read' | 'write'; stack: boolean }
  | { op: 'store'; bits: AccessBits; address: I64; value: Value; stack: boolean }
  | { op: 'binary'; operator: BinaryOperator; result: Value; a: Value; b: Value }
  | { op: 'unary'; operator: UnaryOperator; result: Value; a: Value }
  /** A wasm SIMD instruction by its wasm name; `lane` for extract/replace, `lanes` for i8x16.shuffle. */
  | {
      op: 'simd';
      name: string;
      result: Value;
      args: readonly Value[];
      lane?: number;
      lanes?: readonly number[];
    }
  | { op: 'select'; result: Value; condition: I32; a: Value; b: Value }
  | { op: 'variable'; variable: number; type: ValueType; value: Value }
  | { op: 'setVariable'; variable: number; value: Value }
  | { op: 'getVariable'; result: Value; variable: number }
  | { op: 'if'; condition: I32; then: Uop[]; else: Uop[] }
  /** Runs body, then again for as long as the condition (a value of the body) is not zero. */
  | { op: 'loop'; body: Uop[]; condition: I32 }
  /**
   * Status flags of an addition, subtraction or logical operation of `bits` (8..64) on values a, b and
   * result (not necessarily truncated). add: result = a + b (+ carry), sub: a - b (- borrow), logic: CF = OF = AF = 0.
   * keepCarry: CF stays (INC, DEC). carryIn: a carry or borrow went into the result (ADC, SBB).
   */
  | {
      op: 'flagsArith';
      kind: 'add' | 'sub' | 'logic';
      bits: 8 | 16 | 32 | 64;
      result: Int;
      a: Int | null;
      b: Int | null;
      keepCarry: boolean;
      carryIn: boolean;
      origin?: FlagOrigin;
    }
  /** Sets the status flags in `mask` from the RFLAGS-format value (i32); the others stay. */
  | { op: 'flagsSet'; mask: number; value: I32; origin?: RotationOrigin }
  /** The status flags in `mask` in RFLAGS format (i32), other bits zero. */
  | { op: 'flagsGet'; mask: number; result: I32 }
  /** A condition code as in Jcc (0 O, 1 NO, 2 B, ... 15 NLE): i32 0 or 1. */
  | { op: 'condition'; code: number; result: I32 }
  /** Raises an exception with the address of this instruction when the condition holds. The vector may be computed. */
  | { op: 'faultIf'; condition: I32; vector: I32; errorCode: I32 | null }
  /** Calls a helper (TypeScript over the state). RIP in the state is the next instruction's during the call. */
  | { op: 'call'; helper: Helper; args: readonly Value[]; result: Value | null }
  /**
   * Calls a routine (routine.ts): micro-operations that engines compile once, as a wasm function of values. It never
   * faults, and touches neither general, XMM nor segment registers, RIP, flags, nor guest memory. One that writes the
   * x87 state (`writes`) either does all that it is for and gives a non-zero result, or changes nothing and gives 0;
   * the next micro-operation is an `if` on that result, whose `else` does the same the slow way (may fault, call
   * helpers; in a region that `else` is a bail).
   */
  | { op: 'routine'; routine: Routine; args: readonly Value[]; result: Value }
  /** In bodies of routines only: state at `offset` plus a computed number of bytes (the x87 registers). */
  | { op: 'getIndexed'; result: Value; bits: 16 | 32 | 64; offset: number; index: I32 }
  | { op: 'setIndexed'; bits: 32 | 64; offset: number; index: I32; value: Value }
  /** RIP of this or the next instruction (i64, sign-extended; within CS outside 64-bit mode). */
  | { op: 'rip'; which: 'current' | 'next'; result: I64 }
  /** Near relative branch to next RIP + field imm, truncated to the operand size `bits`; taken when the condition is null or non-zero. */
  | { op: 'branch'; condition: I32 | null; bits: 16 | 32 | 64 }
  /** Near jump to a computed RIP (already truncated and checked). */
  | { op: 'jump'; target: I64 }
  /** Executes this same instruction again (REP iterations); interrupts may come in between. */
  | { op: 'repeat' }
  /**
   * Continue at RIP in the state, which a helper has set or left at the next instruction; the mode may have changed.
   * `stays`: it is the next instruction, in the same mode, with the same rights; only an event may be due before it.
   */
  | { op: 'endBlock'; stays: boolean }
  /**
   * EFLAGS.AC of supervisor code has been set (`open`) or cleared: data accesses reach pages of user code, or no longer do
   * where CR4.SMAP is set. CPL is 0.
   */
  | { op: 'userPages'; open: boolean };
