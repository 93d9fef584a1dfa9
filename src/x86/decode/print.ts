// A decoded instruction as text, for traces, error messages and the comparison with other decoders:
//
//   lock ADD qword SS:[RSP+RCX*8+0x10], RAX
//
// Mnemonics are the tables' (Jcc comes with its condition, strings with the accumulator that carries
// their width). Displacements and immediates are hexadecimal, unsigned in their width.
import * as S from '../state/layout.ts';
import type { Instruction, Operand } from './instruction.ts';

const LEGACY = ['AX', 'CX', 'DX', 'BX', 'SP', 'BP', 'SI', 'DI'];
const LOW_BYTES = ['AL', 'CL', 'DL', 'BL', 'SPL', 'BPL', 'SIL', 'DIL'];
const HIGH_BYTES = ['AH', 'CH', 'DH', 'BH'];
const SEGMENTS = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS'];
const SUFFIXES = { 8: 'L', 16: 'W', 32: 'D', 64: '' } as const;
/** The manual's suffixes of the sixteen conditions. */
export const CONDITIONS = [
  'O', 'NO', 'B', 'AE', 'E', 'NE', 'BE', 'A', 'S', 'NS', 'P', 'NP', 'L', 'GE', 'LE', 'G',
] as const; // biome-ignore format: a list
/** Those of FCMOVcc, by form.condition. */
export const FPU_CONDITIONS = ['B', 'E', 'BE', 'U', 'NB', 'NE', 'NBE', 'NU'] as const;
const SIZES: Readonly<Record<number, string>> = {
  0: 'area', 8: 'byte', 16: 'word', 32: 'dword', 64: 'qword', 80: 'tbyte', 128: 'oword',
}; // biome-ignore format: a list

/** Name of the general register at a byte offset of the state, in a width: 'AH', 'EAX', 'R8D'. */
export function generalRegisterName(offset: number, width: 8 | 16 | 32 | 64): string {
  const number = (offset - S.GPR) >> 3;
  if ((offset - S.GPR) & 1) return HIGH_BYTES[number]!;
  if (number >= 8) return `R${number}${SUFFIXES[width]}`;
  if (width === 8) return LOW_BYTES[number]!;
  return (width === 64 ? 'R' : width === 32 ? 'E' : '') + LEGACY[number]!;
}

/** Name of the segment register whose record is at a byte offset of the state. */
export const segmentName = (record: number) => SEGMENTS[(record - S.SEGMENT) / S.SEGMENT_SIZE] ?? '?';
const hexadecimal = (value: bigint, width: number) => `0x${BigInt.asUintN(width, value).toString(16)}`;

/** The address of a memory operand (the first, if there are several texts to choose from): 'DS:[RAX+0x8]'. */
export function addressText(instruction: Instruction, operand: Operand & { kind: 'mem' }): string {
  const size = instruction.form.addressSize;
  const parts: string[] = [];
  if (operand.ripRelative) parts.push(size === 64 ? 'RIP' : 'EIP');
  if (operand.shape === 'base' || operand.shape === 'baseIndex') {
    if (instruction.base !== S.ZERO) parts.push(generalRegisterName(instruction.base, size));
    if (instruction.index !== S.ZERO) {
      const scale = instruction.scale ? `*${1 << instruction.scale}` : '';
      parts.push(generalRegisterName(instruction.index, size) + scale);
    }
  }
  const displacement = operand.shape === 'absolute' ? instruction.imm : BigInt(instruction.disp);
  if (displacement !== 0n || parts.length === 0) parts.push(hexadecimal(displacement, size));
  return `${segmentName(instruction.seg)}:[${parts.join('+')}]`;
}

function operandText(instruction: Instruction, operand: Operand): string {
  switch (operand.kind) {
    case 'gpr':
      return generalRegisterName(instruction[operand.field], operand.width);
    case 'mm':
      return `MM${(instruction[operand.field] - S.FPR) / S.FPR_SIZE}`;
    case 'xmm':
      return `XMM${(instruction[operand.field] - S.XMM) / 16}`;
    case 'st':
      return `ST${instruction[operand.field]}`;
    case 'segment':
      return SEGMENTS[operand.number]!;
    case 'control':
      return `CR${operand.number}`;
    case 'debug':
      return `DR${operand.number}`;
    case 'mem':
      return `${SIZES[operand.width]} ${addressText(instruction, operand)}`;
    case 'imm':
      return hexadecimal(instruction.imm, operand.width);
    case 'imm2':
      return hexadecimal(BigInt(instruction.imm2), operand.width);
    case 'one':
      return '0x1';
    case 'rel': {
      const target = instruction.imm + BigInt(instruction.length);
      return target < 0n ? `$-0x${(-target).toString(16)}` : `$+0x${target.toString(16)}`;
    }
    case 'far':
      return `${hexadecimal(BigInt(instruction.imm2), 16)}:${hexadecimal(instruction.imm, operand.width)}`;
  }
}

/** The operands as texts, in order. */
export function printOperands(instruction: Instruction): string[] {
  return instruction.form.operands.map((operand) => operandText(instruction, operand));
}

/** The mnemonic with its condition. */
export function printMnemonic(instruction: Instruction): string {
  const { mnemonic, condition } = instruction.form;
  if (condition < 0) return mnemonic;
  return mnemonic.replace('cc', (mnemonic === 'FCMOVcc' ? FPU_CONDITIONS : CONDITIONS)[condition]!);
}

/** The whole instruction; branch targets are relative to its start ($). */
export function printInstruction(instruction: Instruction): string {
  const { form } = instruction;
  const prefix = (form.lock ? 'lock ' : '') + (form.repeat === 'none' ? '' : `${form.repeat} `);
  const text = `${prefix}${printMnemonic(instruction)} ${printOperands(instruction).join(', ')}`;
  return text.trimEnd();
}
