// Dispatch tables: for each opcode map, code class (16/32-bit or 64-bit) and opcode, which row a
// combination of mandatory prefix, REX.W, REX.B and ModRM byte selects. Built once for a set of CPUID
// features from the rows of the opcode maps; rows whose feature is absent are not entered, so that the
// bytes mean what they mean to an older processor (F3 0F BC is BSF).
import type { DecodeFeatures } from '../cpuid/feature-names.ts';
import { OPCODE_ROWS } from '../opcodes/index.ts';
import type { Flag, MapName, Row } from '../opcodes/notation.ts';
import { type DecodeRow, prepareRow } from './row.ts';

/** Index of a variant: REX.B << 3 | REX.W << 2 | prefix (0 none, 1 66, 2 F3, 3 F2). */
const VARIANTS = 16;

export interface Cell {
  readonly hasModRm: boolean;
  /** Per variant: one row, or one for each ModRM byte. */
  readonly variants: readonly (readonly (DecodeRow | null)[])[];
}

/** The maps of one code class; 256 cells each, null where the opcode is undefined. */
export interface Maps {
  readonly oneByte: readonly (Cell | null)[];
  readonly twoByte: readonly (Cell | null)[];
  readonly map38: readonly (Cell | null)[];
  readonly map3A: readonly (Cell | null)[];
}

export interface Dispatch {
  readonly legacy: Maps;
  readonly long: Maps;
}

function matchesVariant(row: Row, variant: number): boolean {
  if (row.prefixes.length > 0 && !row.prefixes.includes(variant & 3)) return false;
  if (row.flags.has('W0') && variant & 4) return false;
  if (row.flags.has('W1') && !(variant & 4)) return false;
  return !(row.flags.has('B0') && variant & 8);
}

function matchesModRm(row: Row, modRm: number): boolean {
  if (row.extension >= 0 && row.extension !== ((modRm >> 3) & 7)) return false;
  if (row.flags.has('anymod')) return true;
  const isRegister = modRm >= 0xc0;
  if (row.mod === 'memory' && isRegister) return false;
  if (row.mod === 'register' && !isRegister) return false;
  return row.rm < 0 || row.rm === (modRm & 7);
}

/** Whether the ModRM byte (if any) does not matter for the choice of this row. */
function matchesEveryModRm(row: Row): boolean {
  return row.extension < 0 && (row.mod === 'any' || row.flags.has('anymod'));
}

/** More exactly described rows win: those of one opcode over ranges, those with a prefix over those without. */
const rank = (row: Row) => (row.opcodes === 1 ? 2 : 0) + (row.prefixes.length > 0 ? 1 : 0);

/** The row that wins among candidates which all match; null if there are none. */
function winner(matching: readonly Row[], opcode: number): Row | null {
  let best: Row | null = null;
  let rival: Row | null = null;
  for (const row of matching) {
    if (best === null || rank(row) > rank(best)) {
      best = row;
      rival = null;
    } else if (rank(row) === rank(best)) rival = row;
  }
  if (rival) throw new Error(`opcode ${opcode.toString(16)}: "${best!.text}" and "${rival.text}" overlap`);
  return best;
}

function buildCell(rows: readonly Row[], opcode: number, prepare: (row: Row) => DecodeRow): Cell {
  const hasModRm = rows.some((row) => row.hasModRm);
  // Variants with the same candidates share their list.
  const lists = new Map<string, (DecodeRow | null)[]>();
  const variants: (DecodeRow | null)[][] = [];
  for (let variant = 0; variant < VARIANTS; variant++) {
    const candidates = rows.filter((row) => matchesVariant(row, variant));
    const key = candidates.map((row) => rows.indexOf(row)).join();
    let list = lists.get(key);
    if (!list) {
      list = [];
      if (candidates.every(matchesEveryModRm)) {
        const row = winner(candidates, opcode);
        list.push(row && prepare(row));
      } else {
        for (let modRm = 0; modRm < 256; modRm++) {
          // All memory operands with the same extension choose alike.
          const alike = modRm & 0x38;
          if (modRm < 0xc0 && modRm !== alike) {
            list.push(list[alike]!);
            continue;
          }
          const matching = candidates.filter((candidate) => matchesModRm(candidate, modRm));
          const row = winner(matching, opcode);
          list.push(row && prepare(row));
        }
      }
      lists.set(key, list);
    }
    variants.push(list);
  }
  return { hasModRm, variants };
}

function buildMap(name: MapName, rows: readonly Row[], prepare: (row: Row) => DecodeRow): (Cell | null)[] {
  const byOpcode: Row[][] = Array.from({ length: 256 }, () => []);
  for (const row of rows) {
    if (row.map !== name) continue;
    for (let i = 0; i < row.opcodes; i++) byOpcode[row.opcode + i]!.push(row);
  }
  return byOpcode.map((candidates, opcode) =>
    candidates.length > 0 ? buildCell(candidates, opcode, prepare) : null,
  );
}

function buildMaps(rows: readonly Row[], prepare: (row: Row) => DecodeRow): Maps {
  return {
    oneByte: buildMap('one-byte', rows, prepare),
    twoByte: buildMap('0F', rows, prepare),
    map38: buildMap('0F38', rows, prepare),
    map3A: buildMap('0F3A', rows, prepare),
  };
}

/** The features that rows ask for. */
const GATES = [...new Set(OPCODE_ROWS.map((row) => row.feature).filter((feature) => feature !== null))];
const bySet = new WeakMap<DecodeFeatures, Dispatch>();
const byContent = new Map<string, Dispatch>();

function buildDispatch(features: DecodeFeatures): Dispatch {
  const rows = OPCODE_ROWS.filter((row) => row.feature === null || features.has(row.feature));
  const prepared = new Map<Row, DecodeRow>();
  const prepare = (row: Row): DecodeRow => {
    let result = prepared.get(row);
    if (!result) {
      result = prepareRow(row);
      prepared.set(row, result);
    }
    return result;
  };
  const only = (excluded: Flag) => rows.filter((row) => !row.flags.has(excluded));
  return { legacy: buildMaps(only('o64'), prepare), long: buildMaps(only('i64'), prepare) };
}

/** The dispatch tables for a set of features, which must not change afterwards; equal sets share them. */
export function dispatchFor(features: DecodeFeatures): Dispatch {
  let dispatch = bySet.get(features);
  if (dispatch) return dispatch;
  const content = GATES.filter((feature) => features.has(feature)).join();
  dispatch = byContent.get(content);
  if (!dispatch) {
    dispatch = buildDispatch(features);
    byContent.set(content, dispatch);
  }
  bySet.set(features, dispatch);
  return dispatch;
}
