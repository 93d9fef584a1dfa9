// Bytes to a decoded instruction: prefixes, opcode, ModRM, operands, in the order of the encoding
// (Intel SDM volume 2A, chapter 2; AMD64 APM volume 3, chapter 1).
//
// What the tables leave undefined decodes to the mnemonic INVALID (raises #UD), an instruction of more
// than 15 bytes to TOO_LONG (#GP(0)). VEX, EVEX and XOP encodings are not offered and are INVALID.
// As on Intel processors, near branches in 64-bit mode ignore the operand-size prefix.
import type { DecodeFeatures } from '../cpuid/feature-names.ts';
import { parseTable } from '../opcodes/notation.ts';
import * as S from '../state/layout.ts';
import { type Address, address16, address32 } from './address.ts';
import { byte, type Cursor, dword, signedByte, word } from './cursor.ts';
import { type Cell, type Dispatch, dispatchFor } from './dispatch.ts';
import {
  makeForm,
  RM_ABSOLUTE,
  RM_NONE,
  RM_REGISTER,
  SEGMENT_CHECKED,
  SEGMENT_FLAT,
  SEGMENT_WITH_BASE,
} from './forms.ts';
import type { DecodedInstruction, Form } from './instruction.ts';
import type { Mode } from './mode.ts';
import { ACTION, type DecodeRow, prepareRow, SIZE_FORCED_64, SIZE_NORMAL } from './row.ts';

export type { DecodeFeatures };

export const MAXIMUM_LENGTH = 15;

const special = (mnemonic: string) => prepareRow(parseTable('one-byte', `00 ${mnemonic}`)[0]!);
const INVALID = special('INVALID');
const TOO_LONG = special('TOO_LONG');

// What a byte is as a prefix: 0 none, 1 segment override, 2 operand size, 3 address size, 4 LOCK,
// 5 REPNE, 6 REP. REX is found by its range.
const PREFIX = new Uint8Array(256);
for (const opcode of [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]) PREFIX[opcode] = 1;
PREFIX[0x66] = 2;
PREFIX[0x67] = 3;
PREFIX[0xf0] = 4;
PREFIX[0xf2] = 5;
PREFIX[0xf3] = 6;

const NO_OVERRIDE = -1;
const segmentRecord = (number: number) => S.SEGMENT + number * S.SEGMENT_SIZE;

class Decoding implements DecodedInstruction {
  form: Form;
  length: number;
  r0 = 0;
  r1 = 0;
  r2 = 0;
  base: number = S.ZERO;
  index: number = S.ZERO;
  scale = 0;
  seg: number = segmentRecord(S.DS);
  disp = 0;
  immLow = 0;
  immHigh = 0;
  imm2 = 0;

  constructor(form: Form, length: number) {
    this.form = form;
    this.length = length;
  }
  /** A bigint is made when somebody asks for it: most instructions are decoded for the interpreter, which wants the halves. */
  get imm(): bigint {
    if (this.immHigh === this.immLow >> 31) return BigInt(this.immLow);
    return (BigInt(this.immHigh) << 32n) | BigInt(this.immLow >>> 0);
  }
}

/** The immediate of 32 bits, sign-extended. */
function setImmediate(instruction: Decoding, value: number): void {
  instruction.immLow = value;
  instruction.immHigh = value >> 31;
}

function setRegister(instruction: Decoding, operand: number, value: number): void {
  if (operand === 0) instruction.r0 = value;
  else if (operand === 1) instruction.r1 = value;
  else instruction.r2 = value;
}

/** Byte offset of a general register; without REX, byte registers 4 to 7 are AH CH DH BH. */
function generalRegister(number: number, bits: number, rex: number): number {
  return bits === 8 && rex === 0 && number >= 4 ? S.GPR + 8 * (number - 4) + 1 : S.GPR + 8 * number;
}

/** How a segment takes part: SEGMENT_FLAT, SEGMENT_WITH_BASE or SEGMENT_CHECKED. */
function segmentUse(number: number, mode: Mode): number {
  if (mode.bits === 64) return number >= S.FS ? SEGMENT_WITH_BASE : SEGMENT_FLAT;
  // A flat CS can be read but not written: its uses as an override are rare, so all of them are checked.
  if (number >= S.FS || number === S.CS) return SEGMENT_CHECKED;
  const flat = number === S.SS ? mode.flatSs : number === S.DS ? mode.flatDs : mode.flatEs;
  return flat ? SEGMENT_FLAT : SEGMENT_CHECKED;
}

const cursor: Cursor = { bytes: new Uint8Array(0), position: 0, limit: 0, starved: false };
const address: Address = { shape: 0, base: 0, index: 0, scale: 0, disp: 0, stackBase: false };
/** Index of the instruction's first byte. */
let begin = 0;
let latestFeatures: DecodeFeatures | null = null;
let latestDispatch: Dispatch;

function finish(row: DecodeRow, mode: Mode): DecodedInstruction {
  const size = mode.bits === 16 ? 0 : mode.bits === 32 ? 1 : 2;
  const key = mode.key | (size << 10) | (size << 12);
  return new Decoding(row.forms.get(key) ?? makeForm(row, key), cursor.position - begin);
}

/** The end for bytes that make no instruction: more are needed, there are too many, or they are undefined. */
function reject(mode: Mode): DecodedInstruction | null {
  if (!cursor.starved) return finish(INVALID, mode);
  if (cursor.limit - begin < MAXIMUM_LENGTH) return null;
  cursor.position = begin + MAXIMUM_LENGTH;
  return finish(TOO_LONG, mode);
}

/**
 * Decodes the instruction at index `start` of `bytes`, of which from there `available` may be looked at. null:
 * more bytes are needed to tell (at most 15 are ever looked at). `mode` is what the code is decoded for;
 * `features` gates the rows of the opcode maps and must not change once used.
 */
export function decode(
  bytes: Uint8Array,
  available: number,
  mode: Mode,
  features: DecodeFeatures,
  start = 0,
): DecodedInstruction | null {
  if (features !== latestFeatures) {
    latestDispatch = dispatchFor(features);
    latestFeatures = features;
  }
  const is64 = mode.bits === 64;
  const maps = is64 ? latestDispatch.long : latestDispatch.legacy;
  cursor.bytes = bytes;
  begin = start;
  cursor.position = start;
  cursor.limit = start + Math.min(available, MAXIMUM_LENGTH);
  cursor.starved = false;

  let override = NO_OVERRIDE;
  let operandSizePrefix = false;
  let addressSizePrefix = false;
  let lock = false;
  let repeat = 0; // 0 none, 1 REP, 2 REPNE
  let rex = 0;
  let opcode = byte(cursor);
  for (;;) {
    const prefix = PREFIX[opcode]!;
    if (prefix === 0) {
      if (!is64 || (opcode & 0xf0) !== 0x40) break;
      rex = opcode;
    } else {
      rex = 0; // REX counts only immediately before the opcode
      if (prefix === 1) {
        if (opcode >= 0x64) override = opcode - 0x64 + S.FS;
        else if (!is64) override = (opcode >> 3) & 3;
      } else if (prefix === 2) operandSizePrefix = true;
      else if (prefix === 3) addressSizePrefix = true;
      else if (prefix === 4) lock = true;
      else repeat = prefix === 6 ? 1 : 2;
    }
    opcode = byte(cursor);
  }

  let map = maps.oneByte;
  if (opcode === 0x0f) {
    opcode = byte(cursor);
    map = maps.twoByte;
    if (opcode === 0x38 || opcode === 0x3a) {
      map = opcode === 0x38 ? maps.map38 : maps.map3A;
      opcode = byte(cursor);
    }
  }
  const cell: Cell | null = map[opcode]!;
  if (cell === null) return reject(mode);

  const variant = ((rex & 1) << 3) | ((rex & 8) >> 1) | (repeat ? repeat + 1 : operandSizePrefix ? 1 : 0);
  const list = cell.variants[variant]!;
  let row: DecodeRow | null = list[0]!;
  let modRm = 0;
  if (cell.hasModRm) {
    if (list.length === 1 && row === null) return reject(mode);
    modRm = byte(cursor);
    if (list.length > 1) row = list[modRm]!;
  }
  if (row === null || cursor.starved || (row.protectedOnly && mode.protection !== 'protected')) {
    return reject(mode);
  }

  // Sizes, as indices 0, 1, 2 for 16, 32, 64.
  let size: number;
  let addressSize: number;
  const shrinks = operandSizePrefix && !row.consumes66;
  if (is64) {
    if (rex & 8 || row.size === SIZE_FORCED_64) size = 2;
    else if (shrinks) size = 0;
    else size = row.size === SIZE_NORMAL ? 1 : 2;
    addressSize = addressSizePrefix ? 1 : 2;
  } else {
    size = (mode.bits === 32) !== shrinks ? 1 : 0;
    addressSize = (mode.bits === 32) !== addressSizePrefix ? 1 : 0;
  }

  const instruction = new Decoding(null as unknown as Form, 0);
  let rm = RM_REGISTER;
  let segment = override === NO_OVERRIDE ? S.DS : override;
  let hasMemory = row.implicitMemory;
  if (cell.hasModRm && modRm < 0xc0 && !row.anyMod) {
    if (addressSize === 0) address16(cursor, modRm, address);
    else address32(cursor, modRm, rex, is64, address);
    rm = address.shape;
    instruction.base = address.base;
    instruction.index = address.index;
    instruction.scale = address.scale;
    instruction.disp = address.disp;
    if (address.stackBase && override === NO_OVERRIDE) segment = S.SS;
    hasMemory = true;
  }
  if (lock && !(row.lockable && rm !== RM_REGISTER)) return reject(mode);

  const reg = ((modRm >> 3) & 7) | ((rex & 4) << 1);
  const rmRegister = (modRm & 7) | ((rex & 1) << 3);
  let number = row.conditional ? opcode & 15 : 0;
  const { operands } = row;
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i]!;
    switch (operand.action) {
      case ACTION.rmGpr:
        if (rm === RM_REGISTER) {
          setRegister(instruction, i, generalRegister(rmRegister, operand.bits[size]!, rex));
        }
        break;
      case ACTION.rmMm:
        if (rm === RM_REGISTER) setRegister(instruction, i, S.FPR + S.FPR_SIZE * (modRm & 7));
        break;
      case ACTION.rmXmm:
        if (rm === RM_REGISTER) setRegister(instruction, i, S.XMM + 16 * rmRegister);
        break;
      case ACTION.rmSt:
        setRegister(instruction, i, modRm & 7);
        break;
      case ACTION.regGpr:
        setRegister(instruction, i, generalRegister(reg, operand.bits[size]!, rex));
        break;
      case ACTION.regMm:
        setRegister(instruction, i, S.FPR + S.FPR_SIZE * (reg & 7));
        break;
      case ACTION.regXmm:
        setRegister(instruction, i, S.XMM + 16 * reg);
        break;
      case ACTION.regSegment:
        number = reg & 7;
        // FS and GS are the last; CS cannot be loaded.
        if (number > S.GS || (i === 0 && number === S.CS)) return reject(mode);
        setRegister(instruction, i, segmentRecord(number));
        break;
      case ACTION.regControl:
        number = reg;
        if (number !== 0 && number !== 8 && (number < 2 || number > 4)) return reject(mode);
        break;
      case ACTION.regDebug:
        number = reg;
        if (number > 7) return reject(mode);
        break;
      case ACTION.opcodeGpr:
        setRegister(
          instruction,
          i,
          generalRegister((opcode & 7) | ((rex & 1) << 3), operand.bits[size]!, rex),
        );
        break;
      case ACTION.fixedGpr:
        setRegister(instruction, i, S.GPR + 8 * operand.number);
        break;
      case ACTION.fixedSegment:
        setRegister(instruction, i, segmentRecord(operand.number));
        break;
      case ACTION.fixedSt:
        setRegister(instruction, i, operand.number);
        break;
      case ACTION.immediate: {
        const bits = operand.bits[size]!;
        // Extended to the operand size, which may be 16 bits.
        const kept = operand.extended && size === 0 ? 0xffff : -1;
        if (bits === 8)
          setImmediate(instruction, operand.extended ? signedByte(cursor) & kept : byte(cursor));
        else if (bits === 16)
          setImmediate(instruction, operand.extended ? ((word(cursor) << 16) >> 16) & kept : word(cursor));
        else {
          setImmediate(instruction, dword(cursor));
          if (bits === 64) instruction.immHigh = dword(cursor);
        }
        break;
      }
      case ACTION.immediate2:
        instruction.imm2 = byte(cursor);
        break;
      case ACTION.relative: {
        const bits = operand.bits[size]!;
        setImmediate(
          instruction,
          bits === 8 ? signedByte(cursor) : bits === 16 ? (word(cursor) << 16) >> 16 : dword(cursor),
        );
        break;
      }
      case ACTION.far:
        instruction.immLow = size === 0 ? word(cursor) : dword(cursor);
        instruction.imm2 = word(cursor);
        break;
      case ACTION.offset:
        hasMemory = true;
        if (addressSize === 2) {
          rm = RM_ABSOLUTE;
          instruction.immLow = dword(cursor);
          instruction.immHigh = dword(cursor);
        } else {
          rm = RM_NONE;
          instruction.disp = addressSize === 1 ? dword(cursor) : word(cursor);
        }
        break;
      default: // rmMemory, one: nothing of their own
        break;
    }
  }
  if (cursor.starved) return reject(mode);

  let key = mode.key | (size << 10) | (addressSize << 12) | (rm << 14) | (number << 23);
  if (hasMemory) {
    instruction.seg = segmentRecord(segment);
    key |= segmentUse(segment, mode) << 17;
    if (segment === S.SS) key |= 1 << 19;
  }
  if (repeat && row.repeatable) key |= repeat << 20;
  if (lock) key |= 1 << 22;
  instruction.form = row.forms.get(key) ?? makeForm(row, key);
  instruction.length = cursor.position - begin;
  return instruction;
}
