// Operands of x87 meanings, and the ways in which a meaning is made of a routine or a helper.
//
// Common instructions try a routine (x87-routines) and leave to a helper what that does not do; both work on the
// register stack, and helpers here never fault. FIP and FDP are kept last: nothing may be written before a
// helper is called, so that a translator can leave the instruction to the interpreter there.
import type { Helper } from '../helpers/helper.ts';
import type { Builder } from '../uops/builder.ts';
import type { I32, I64, Int, Value } from '../uops/ir.ts';
import type { Routine } from '../uops/routine.ts';
import type { Meaning } from './meaning.ts';
import { keepInstructionPointer, keepOperandPointer, waiting } from './x87-common.ts';

/** The i of an ST(i) operand. */
export function stackIndex(b: Builder, operand: number): I32 {
  const { kind } = b.operand(operand);
  const field = b.operand(operand);
  if (field.kind !== 'st') throw new Error(`${b.form.mnemonic}: operand ${operand} is ${kind}`);
  return b.registerField(field.field);
}

/** Width in bits of the memory operand. */
export function memoryWidth(b: Builder): number {
  const operand = b.operand(0);
  return operand.kind === 'mem' ? operand.width : 0;
}

/** Checks, loads the memory operand (16 and 32 bits as i32, 64 as i64), does the work and keeps the pointers. */
export function withMemory(b: Builder, signed: boolean, work: (value: Int) => void): void {
  waiting(b);
  const reference = b.reference(0);
  const width = memoryWidth(b) as 16 | 32 | 64;
  const value = b.loadFrom(reference, width) as Int;
  work(signed && width === 16 ? b.signExtend(16, value) : value);
  keepInstructionPointer(b);
  keepOperandPointer(b, reference);
}

/** An integer operand as 64 bits. */
export function wide(b: Builder, value: Int): I64 {
  return value.type === 'i64' ? (value as I64) : b.extendS(value as I32);
}

/** An i32 as it is, an i64 as its halves, low first: an i64 would reach the helper as a bigint. */
export function parts(b: Builder, value: Int): I32[] {
  if (value.type === 'i32') return [value as I32];
  return [b.wrap(value as I64), b.wrap(b.shrU(value, 32) as I64)];
}

/** Tries a routine that writes the state, or does it slowly. The instruction's checks have been made. */
export function attemptChecked(
  b: Builder,
  routine: Routine,
  args: readonly Value[],
  slowly: () => void,
): void {
  const done = b.routine(routine, ...args) as I32;
  b.if(done, () => {}, slowly);
}

/** Likewise where nothing precedes the checks: routines make them too, so they are made only where one gives up. */
export function attempt(b: Builder, routine: Routine, args: readonly Value[], slowly: () => void): void {
  attemptChecked(b, routine, args, () => {
    waiting(b);
    slowly();
  });
}

/** An instruction without operands that a helper does, with fixed arguments. */
export function plain(mnemonic: string, helper: Helper, ...parameters: number[]): Meaning {
  return {
    mnemonic,
    build: (b) => {
      waiting(b);
      keepInstructionPointer(b);
      b.call(helper, ...parameters.map((parameter) => b.i32(parameter)));
    },
  };
}

/** An instruction without operands, by a routine or else a helper. */
export function attempted(mnemonic: string, routine: Routine, helper: Helper): Meaning {
  return {
    mnemonic,
    build: (b) => {
      attempt(b, routine, [], () => b.call(helper));
      keepInstructionPointer(b);
    },
  };
}
