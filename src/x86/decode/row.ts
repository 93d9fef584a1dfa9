// A row of the opcode maps made ready for decoding: operands as small numbers to switch on, flags as
// booleans, and the forms that were made from it so far.
import type { OperandSpec, Row } from '../opcodes/notation.ts';
import type { Form } from './instruction.ts';

/** What the decoder does for an operand: which numbers it takes from the bytes and where they go. */
export const ACTION = {
  rmGpr: 0,
  rmMm: 1,
  rmXmm: 2,
  rmSt: 3,
  rmMemory: 4,
  regGpr: 5,
  regMm: 6,
  regXmm: 7,
  regSegment: 8,
  regControl: 9,
  regDebug: 10,
  opcodeGpr: 11,
  fixedGpr: 12,
  fixedSegment: 13,
  fixedSt: 14,
  immediate: 15,
  immediate2: 16,
  relative: 17,
  far: 18,
  offset: 19,
  one: 20,
} as const;
export type Action = (typeof ACTION)[keyof typeof ACTION];

export interface DecodeOperand {
  readonly action: Action;
  /** Width of the register form or of the immediate as encoded, by operand size 16, 32, 64. */
  readonly bits: readonly [number, number, number];
  /** Width of the memory form, likewise. */
  readonly memoryBits: readonly [number, number, number];
  /** The width follows the mode (type r), not the operand size. */
  readonly byMode: boolean;
  /** Immediates: encoded as a sign-extended value of the operand size. */
  readonly extended: boolean;
  /** Fixed registers: which. */
  readonly number: number;
}

export const SIZE_NORMAL = 0;
/** Operand size 64 by default in 64-bit mode; 16 with the prefix. */
export const SIZE_DEFAULT_64 = 1;
/** Operand size always 64 in 64-bit mode. */
export const SIZE_FORCED_64 = 2;

export interface DecodeRow {
  readonly row: Row;
  readonly mnemonic: string;
  readonly operands: readonly DecodeOperand[];
  readonly size: number;
  /** 66 is part of the opcode and does not change the operand size. */
  readonly consumes66: boolean;
  readonly lockable: boolean;
  readonly protectedOnly: boolean;
  readonly repeatable: boolean;
  /** Bits 7:6 of the ModRM byte are ignored. */
  readonly anyMod: boolean;
  /** Has an implicit memory operand through DS or an override. */
  readonly implicitMemory: boolean;
  /** Condition code of the first opcode, or -1; `conditional` rows add the low four bits of the opcode. */
  readonly condition: number;
  readonly conditional: boolean;
  /** Forms of this row by the decoder's key. */
  readonly forms: Map<number, Form>;
}

const RM: Readonly<Record<string, Action>> = {
  gpr: ACTION.rmGpr,
  mm: ACTION.rmMm,
  xmm: ACTION.rmXmm,
  st: ACTION.rmSt,
  none: ACTION.rmMemory,
};
const REG: Readonly<Record<string, Action>> = {
  gpr: ACTION.regGpr,
  mm: ACTION.regMm,
  xmm: ACTION.regXmm,
  segment: ACTION.regSegment,
  control: ACTION.regControl,
  debug: ACTION.regDebug,
};
const FIXED: Readonly<Record<string, Action>> = {
  gpr: ACTION.fixedGpr,
  segment: ACTION.fixedSegment,
  st: ACTION.fixedSt,
};

function actionOf(spec: OperandSpec, immediates: number): Action {
  switch (spec.source) {
    case 'rm':
      return RM[spec.registers]!;
    case 'reg':
      return REG[spec.registers]!;
    case 'opcode':
      return ACTION.opcodeGpr;
    case 'fixed':
      return FIXED[spec.registers]!;
    case 'string': // stands for the accumulator, which carries the width
      return ACTION.fixedGpr;
    case 'immediate':
      return immediates === 0 ? ACTION.immediate : ACTION.immediate2;
    case 'relative':
      return ACTION.relative;
    case 'far':
      return ACTION.far;
    case 'offset':
      return ACTION.offset;
    case 'one':
      return ACTION.one;
  }
}

export function prepareRow(row: Row): DecodeRow {
  const { flags } = row;
  const strings = row.operands.filter((operand) => operand.source === 'string');
  const listed = strings.length > 0 ? strings.slice(0, 1) : row.operands;
  let immediates = 0;
  const operands = listed.map((spec): DecodeOperand => {
    const action = actionOf(spec, immediates);
    if (spec.source === 'immediate') immediates++;
    const { type } = spec.width;
    return {
      action,
      bits: spec.signed ? [8, 8, 8] : spec.width.bits,
      memoryBits: spec.memoryWidth.bits,
      byMode: type === 'r',
      extended: spec.signed || type === 'z' || type === 'v',
      number: spec.number,
    };
  });
  return {
    row,
    mnemonic: row.mnemonic,
    operands,
    size: flags.has('f64') ? SIZE_FORCED_64 : flags.has('d64') ? SIZE_DEFAULT_64 : SIZE_NORMAL,
    consumes66: row.prefixes.length === 1 && row.prefixes[0] === 1,
    lockable: flags.has('lock'),
    protectedOnly: flags.has('pm'),
    repeatable: flags.has('rep'),
    anyMod: flags.has('anymod'),
    implicitMemory: flags.has('ds') || strings.length > 0,
    condition: row.condition,
    conditional: row.opcodes === 16,
    forms: new Map(),
  };
}
