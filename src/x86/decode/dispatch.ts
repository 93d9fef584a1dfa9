// Dispatch tables: for each opcode map, code class (16/32-bit or 64-bit) and opcode, which row a
// combination of mandatory prefix, REX.W, REX.B and ModRM byte selects. Built once for a set of CPUID
// features from the rows of the opcode maps; rows whose feature is absent are not entered, so that the
// bytes mean what they mean to an older processor (F3 0F BC is BSF).
import type { DecodeFeatures } from '../cpuid/feature-names.ts';
import { OPCODE_ROWS } from '../opcodes/index.ts';
import type { MapName, Row } from '../opcodes/notation.ts';
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

/** More exactly described rows win: those of one opcode over ranges, those with a prefix over those without. */
const rank = (row: Row) => (row.opcodes === 1 ? 2 : 0) + (row.prefixes.length > 0 ? 1 : 0);

function buildCell(rows: readonly Row[], opcode: number, prepared: Map<Row, DecodeRow>): Cell {
  const hasModRm = rows.some((row) => row.hasModRm);
  const choose = (candidates: readonly Row[], modRm: number): DecodeRow | null => {
    const matching = candidates.filter((row) => !row.hasModRm || matchesModRm(row, modRm));
    if (matching.length === 0) return null;
    const best = Math.max(...matching.map(rank));
    const winners = matching.filter((row) => rank(row) === best);
    if (winners.length > 1) {
      throw new Error(
        `opcode ${opcode.toString(16)}: "${winners[0]!.text}" and "${winners[1]!.text}" overlap`,
      );
    }
    const row = winners[0]!;
    let result = prepared.get(row);
    if (!result) {
      result = prepareRow(row);
      prepared.set(row, result);
    }
    return result;
  };
  const variants: (DecodeRow | null)[][] = [];
  for (let variant = 0; variant < VARIANTS; variant++) {
    const candidates = rows.filter((row) => matchesVariant(row, variant));
    let list: (DecodeRow | null)[];
    if (hasModRm) {
      list = Array.from({ length: 256 }, (_, modRm) => choose(candidates, modRm));
      if (list.every((row) => row === list[0])) list = [list[0]!];
    } else {
      list = [choose(candidates, 0)];
    }
    // Share equal lists between variants.
    variants.push(
      variants.find((other) => other.length === list.length && other.every((row, i) => row === list[i])) ??
        list,
    );
  }
  return { hasModRm, variants };
}

function buildMap(name: MapName, rows: readonly Row[], prepared: Map<Row, DecodeRow>): (Cell | null)[] {
  const byOpcode: Row[][] = Array.from({ length: 256 }, () => []);
  for (const row of rows) {
    if (row.map !== name) continue;
    for (let i = 0; i < row.opcodes; i++) byOpcode[row.opcode + i]!.push(row);
  }
  return byOpcode.map((candidates, opcode) =>
    candidates.length > 0 ? buildCell(candidates, opcode, prepared) : null,
  );
}

function buildMaps(rows: readonly Row[], prepared: Map<Row, DecodeRow>): Maps {
  return {
    oneByte: buildMap('one-byte', rows, prepared),
    twoByte: buildMap('0F', rows, prepared),
    map38: buildMap('0F38', rows, prepared),
    map3A: buildMap('0F3A', rows, prepared),
  };
}

const cache = new WeakMap<DecodeFeatures, Dispatch>();

/** The dispatch tables for a set of features; kept for as long as the set lives, which must not change. */
export function dispatchFor(features: DecodeFeatures): Dispatch {
  let dispatch = cache.get(features);
  if (!dispatch) {
    const rows = OPCODE_ROWS.filter((row) => row.feature === null || features.has(row.feature));
    const prepared = new Map<Row, DecodeRow>();
    dispatch = {
      legacy: buildMaps(
        rows.filter((row) => !row.flags.has('o64')),
        prepared,
      ),
      long: buildMaps(
        rows.filter((row) => !row.flags.has('i64')),
        prepared,
      ),
    };
    cache.set(features, dispatch);
  }
  return dispatch;
}
