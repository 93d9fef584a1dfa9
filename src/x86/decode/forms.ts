// Forms are interned: the same content is the same object, whichever encoding it came from. A row
// keeps its forms by a key made of small numbers, so that only the first instruction of a form pays
// for making it:
//
//   bit 9:0    mode key                  bit 11:10  operand size (0, 1, 2 for 16, 32, 64)
//   bit 13:12  address size, likewise    bit 16:14  r/m: register, or how the address is made
//   bit 18:17  segment use               bit 19     the segment is SS
//   bit 21:20  repeat                    bit 22     lock
//   bit 26:23  number of the segment, control or debug register, or condition code
//
// There are millions of forms (most differ in mode and prefixes only) and a guest that makes them for
// their own sake must not fill the host's memory: at MAXIMUM_FORMS all are forgotten. A form that
// comes back is another object with another id then; whoever holds the old one may go on using it.
import type { AddressShape, Form, Operand, RegisterField, Repeat, SegmentUse, Width } from './instruction.ts';
import { modeFromKey } from './mode.ts';
import { ACTION, type DecodeOperand, type DecodeRow } from './row.ts';

/** How r/m or a moffs operand reaches its data. */
export const RM_REGISTER = 0;
export const RM_NONE = 1;
export const RM_ABSOLUTE = 2;
export const RM_BASE = 3;
export const RM_BASE_INDEX = 4;
export const RM_RIP = 5;

export const SEGMENT_FLAT = 0;
export const SEGMENT_WITH_BASE = 1;
export const SEGMENT_CHECKED = 2;

const SIZES = [16, 32, 64] as const;
const SHAPES: readonly AddressShape[] = ['none', 'none', 'absolute', 'base', 'baseIndex', 'none'];
const USES: readonly SegmentUse[] = ['flat', 'base', 'checked'];
const REPEATS: readonly Repeat[] = ['none', 'rep', 'repne'];
const REGISTER_FIELDS: readonly RegisterField[] = ['r0', 'r1', 'r2'];

/** About 1 KB each. A boot of Linux makes some three thousand. */
const MAXIMUM_FORMS = 65_536;

const byContent = new Map<string, Form>();
/** Rows that keep forms. */
const rows = new Set<DecodeRow>();
let nextId = 0;

function forgetForms(): void {
  byContent.clear();
  for (const row of rows) row.forms.clear();
  rows.clear();
}

function makeOperand(operand: DecodeOperand, index: number, key: number, is64: boolean): Operand {
  const size = (key >> 10) & 3;
  const rm = (key >> 14) & 7;
  const number = (key >> 23) & 15;
  const field = REGISTER_FIELDS[Math.min(index, 2)]!;
  const bits = (operand.byMode && is64 ? 64 : operand.bits[size]) as 8 | 16 | 32 | 64;
  const memory = (): Operand => ({
    kind: 'mem',
    width: (operand.byMode && is64 ? 64 : operand.memoryBits[size]) as Width,
    shape: SHAPES[rm]!,
    ripRelative: rm === RM_RIP,
    segment: USES[(key >> 17) & 3]!,
    stack: ((key >> 19) & 1) !== 0,
  });
  switch (operand.action) {
    case ACTION.rmGpr:
      return rm === RM_REGISTER ? { kind: 'gpr', width: bits, field } : memory();
    case ACTION.rmMm:
      return rm === RM_REGISTER ? { kind: 'mm', width: bits as 32 | 64, field } : memory();
    case ACTION.rmXmm:
      return rm === RM_REGISTER ? { kind: 'xmm', width: bits as 128, field } : memory();
    case ACTION.rmMemory:
    case ACTION.offset:
      return memory();
    case ACTION.rmSt:
    case ACTION.fixedSt:
      return { kind: 'st', field };
    case ACTION.regGpr:
    case ACTION.opcodeGpr:
    case ACTION.fixedGpr:
      return { kind: 'gpr', width: bits, field };
    case ACTION.regMm:
      return { kind: 'mm', width: bits as 32 | 64, field };
    case ACTION.regXmm:
      return { kind: 'xmm', width: bits as 128, field };
    case ACTION.regSegment:
      return { kind: 'segment', number, field };
    case ACTION.fixedSegment:
      return { kind: 'segment', number: operand.number, field };
    case ACTION.regControl:
      return { kind: 'control', number };
    case ACTION.regDebug:
      return { kind: 'debug', number };
    case ACTION.immediate:
      return { kind: 'imm', width: operand.extended ? SIZES[size]! : bits };
    case ACTION.immediate2:
      return { kind: 'imm2', width: bits as 8 | 16 };
    case ACTION.relative:
      return { kind: 'rel', width: bits as 8 | 16 | 32 };
    case ACTION.far:
      return { kind: 'far', width: bits as 16 | 32 };
    case ACTION.one:
      return { kind: 'one' };
  }
}

/** Makes (or finds) the form of a row and key that the row does not know yet, and enters it there. */
export function makeForm(row: DecodeRow, key: number): Form {
  const mode = modeFromKey(key & 0x3ff);
  const is64 = mode.bits === 64;
  const number = (key >> 23) & 15;
  const content = {
    mnemonic: row.mnemonic,
    operands: row.operands.map((operand, index) => makeOperand(operand, index, key, is64)),
    operandSize: SIZES[(key >> 10) & 3]!,
    addressSize: SIZES[(key >> 12) & 3]!,
    condition: row.conditional ? number : row.condition,
    repeat: REPEATS[(key >> 20) & 3]!,
    lock: ((key >> 22) & 1) !== 0,
    segment: row.implicitMemory ? USES[(key >> 17) & 3]! : 'flat',
    segmentIsStack: row.implicitMemory && ((key >> 19) & 1) !== 0,
  };
  const text = `${mode.key} ${JSON.stringify(content)}`;
  let form = byContent.get(text);
  if (!form) {
    if (byContent.size >= MAXIMUM_FORMS) forgetForms();
    form = { id: nextId++, ...content, mode };
    byContent.set(text, form);
  }
  row.forms.set(key, form);
  rows.add(row);
  return form;
}
