// Names of the places in memory 0 that the code of regions accesses, for people: registers by the manual's
// names, the engine's variables by those of engine-state.ts.
import { generalRegisterName, segmentName } from '../../x86/decode/print.ts';
import * as S from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';

const names = new Map<number, string>();

for (const { name, offset, count, stride, type } of S.STATE_FIELDS) {
  for (let i = 0; i < count; i++) names.set(offset + i * stride, count > 1 ? `${name}[${i}]` : name);
  if (type === 'b128') for (let i = 0; i < count; i++) names.set(offset + i * stride + 8, `${name}[${i}]+8`);
}
for (let i = 0; i < 16; i++) {
  names.set(S.GPR + 8 * i, generalRegisterName(S.GPR + 8 * i, 64));
  names.set(S.XMM + 16 * i, `XMM${i}`);
  names.set(S.XMM + 16 * i + 8, `XMM${i}+8`);
}
for (const record of [S.ES, S.CS, S.SS, S.DS, S.FS, S.GS]) {
  const at = S.SEGMENT + record * S.SEGMENT_SIZE;
  names.set(at + S.SEGMENT_BASE, `${segmentName(at)}.base`);
  names.set(at + S.SEGMENT_LIMIT, `${segmentName(at)}.limit`);
  names.set(at + S.SEGMENT_FAST, `${segmentName(at)}.fast`);
}
for (const [offset, name] of [
  [E.BUDGET, 'BUDGET'],
  [E.EXIT, 'EXIT'],
  [E.RIP_BASE, 'RIP_BASE'],
  [E.TLB_TABLE, 'TLB_TABLE'],
  [E.EXECUTE_TABLE, 'EXECUTE_TABLE'],
  [E.WHERE, 'WHERE'],
  [E.SPREAD, 'SPREAD'],
  [E.SAMPLED_REGION, 'SAMPLED_REGION'],
  [E.COUNT_REGION_INSTRUCTIONS, 'COUNT_REGION_INSTRUCTIONS'],
] as const) {
  names.set(offset, name);
}
for (let i = 0; i < 8; i++) names.set(E.COUNT_REGION_LEAVES + 8 * i, `COUNT_REGION_LEAVES[${i}]`);

/** Name of the place at a byte offset of memory 0: "RAX", "BUDGET", "FS.base"; undefined where it has none. */
export function stateName(offset: number): string | undefined {
  return names.get(offset);
}

/** Name of a page cell's word at an offset from the TLB table: "read cell of RSI: tag". */
export function pageCellName(offset: number): string | undefined {
  const at = offset - E.PAGE_CELLS;
  if (at < 0 || at >= 2 * E.PAGE_CELL_WRITES) return undefined;
  const write = at >= E.PAGE_CELL_WRITES;
  const number = (at >> E.TLB_ENTRY_SHIFT) & (E.PAGE_CELL_COUNT - 1);
  const cell = number < 16 ? generalRegisterName(S.GPR + 8 * number, 64) : `${number}`;
  const word = (at & ((1 << E.TLB_ENTRY_SHIFT) - 1)) === E.TLB_TAG ? 'tag' : 'addend';
  return `${write ? 'WRITE' : 'READ'}_CELL[${cell}].${word}`;
}
