// Derived state: what generated code reads instead of working it out from the control and segment
// registers each time: the mode key, the fast-access bits of each segment, and the exception that
// the floating-point units raise. Call updateDerivedState after any change of CS, SS, DS, ES, FS, GS,
// CR0, CR4, EFER or RFLAGS.VM; it is idempotent.
//
// In real and virtual-8086 mode the type of a data segment is not checked (SDM 3A 21.1): hidden
// limits and bases are honoured all the same, so that "unreal" mode works.
import {
  MODE_FLAT,
  MODE_FLAT_CS,
  MODE_FLAT_DS,
  MODE_FLAT_ES,
  MODE_FLAT_SS,
  MODE_KEY_64,
  MODE_PROTECTED,
  MODE_V86,
} from '../decode/mode.ts';
import * as C from './control-bits.ts';
import { type CpuState, FLAG_VM } from './cpu-state.ts';
import * as L from './layout.ts';

const UD = 6;
const NM = 7;
const FAST_BOTH = L.SEGMENT_FAST_READ | L.SEGMENT_FAST_WRITE;
/** The bit that tells a flat segment, by segment number; FS and GS are never flat. */
const FLAT_BIT = [MODE_FLAT_ES, MODE_FLAT_CS, MODE_FLAT_SS, MODE_FLAT_DS, 0, 0] as const;

/** Recomputes MODE, SEGMENT_FAST of all segments, and X87_TRAP, MMX_TRAP, SSE_TRAP. */
export function updateDerivedState(state: CpuState): void {
  const u32 = state.u32;
  const cr0 = u32[L.CR0 >> 2]!;
  const v86 = (u32[L.FLAGS >> 2]! & FLAG_VM) !== 0;
  const protection = (cr0 & C.CR0_PE) !== 0 && !v86;
  const cs = u32[attributesIndex(L.CS)]!;
  let mode = v86 ? MODE_V86 : protection ? MODE_PROTECTED : 0;
  let flat = 0;
  for (let number = L.ES; number <= L.GS; number++) {
    const at = (L.SEGMENT + number * L.SEGMENT_SIZE) >> 2;
    const fast = fastAccess(u32[at + (L.SEGMENT_ATTRIBUTES >> 2)]!, protection);
    u32[at + (L.SEGMENT_FAST >> 2)] = fast;
    const wanted = number === L.CS ? L.SEGMENT_FAST_READ : FAST_BOTH;
    if ((fast & wanted) === wanted && isWhole(u32, number)) flat |= FLAT_BIT[number]!;
  }
  if (protection && (cs & C.SEGMENT_LONG) !== 0 && (u32[L.EFER >> 2]! & C.EFER_LMA) !== 0) {
    mode |= 2 | (2 << 2) | MODE_FLAT;
  } else {
    if (cs & C.SEGMENT_BIG) mode |= 1;
    if (u32[attributesIndex(L.SS)]! & C.SEGMENT_BIG) mode |= 1 << 2;
    mode |= flat;
  }
  u32[L.MODE >> 2] = mode;
  updateUnitTraps(u32, cr0, u32[L.CR4 >> 2]!);
}

/**
 * As updateDerivedState, after a transfer that has changed CS, SS and CPL and nothing else: between code of
 * protected mode only these two count.
 */
export function updateAfterTransfer(state: CpuState): void {
  const u32 = state.u32;
  const old = u32[L.MODE >> 2]!;
  const cs = u32[attributesIndex(L.CS)]!;
  const wide = (cs & C.SEGMENT_LONG) !== 0 && (u32[L.EFER >> 2]! & C.EFER_LMA) !== 0;
  const wasWide = (old & 3) === 2;
  const v86 = (u32[L.FLAGS >> 2]! & FLAG_VM) !== 0;
  if (v86 || (old & MODE_PROTECTED) === 0 || (wasWide && !wide)) {
    updateDerivedState(state);
    return;
  }
  const ss = u32[attributesIndex(L.SS)]!;
  const codeFast = fastAccess(cs, true);
  const stackFast = fastAccess(ss, true);
  u32[(L.SEGMENT + L.CS * L.SEGMENT_SIZE + L.SEGMENT_FAST) >> 2] = codeFast;
  u32[(L.SEGMENT + L.SS * L.SEGMENT_SIZE + L.SEGMENT_FAST) >> 2] = stackFast;
  if (wide) {
    u32[L.MODE >> 2] = MODE_KEY_64;
    return;
  }
  let mode = (old & (MODE_FLAT_DS | MODE_FLAT_ES)) | MODE_PROTECTED;
  if (cs & C.SEGMENT_BIG) mode |= 1;
  if (ss & C.SEGMENT_BIG) mode |= 1 << 2;
  if ((codeFast & L.SEGMENT_FAST_READ) !== 0 && isWhole(u32, L.CS)) mode |= MODE_FLAT_CS;
  if (stackFast === FAST_BOTH && isWhole(u32, L.SS)) mode |= MODE_FLAT_SS;
  u32[L.MODE >> 2] = mode;
}

/** Base 0, limit 4 GiB - 1. */
function isWhole(u32: Uint32Array, segment: number): boolean {
  const at = (L.SEGMENT + segment * L.SEGMENT_SIZE) >> 2;
  return (
    u32[at + (L.SEGMENT_LIMIT >> 2)] === 0xffff_ffff &&
    u32[at + (L.SEGMENT_BASE >> 2)] === 0 &&
    u32[at + (L.SEGMENT_BASE >> 2) + 1] === 0
  );
}

function attributesIndex(segment: number): number {
  return (L.SEGMENT + segment * L.SEGMENT_SIZE + L.SEGMENT_ATTRIBUTES) >> 2;
}

/** SEGMENT_FAST for the given access rights (see layout.ts). */
function fastAccess(attributes: number, protection: boolean): number {
  const code = (attributes & C.SEGMENT_CODE) !== 0;
  if (!code && (attributes & C.SEGMENT_EXPAND_DOWN) !== 0) return 0;
  if (!protection) return FAST_BOTH;
  const usable =
    (attributes & (C.SEGMENT_UNUSABLE | C.SEGMENT_PRESENT | C.SEGMENT_S)) ===
    (C.SEGMENT_PRESENT | C.SEGMENT_S);
  if (!usable) return 0;
  if (code) return attributes & C.SEGMENT_READABLE ? L.SEGMENT_FAST_READ : 0;
  return attributes & C.SEGMENT_WRITABLE ? FAST_BOTH : L.SEGMENT_FAST_READ;
}

/** SDM 3A table 2-2 and 13.1: CR0.EM and CR0.TS for x87, MMX and SSE; CR4.OSFXSR for SSE. */
function updateUnitTraps(u32: Uint32Array, cr0: number, cr4: number): void {
  const emulated = (cr0 & C.CR0_EM) !== 0;
  const switched = (cr0 & C.CR0_TS) !== 0 ? NM : 0;
  u32[L.X87_TRAP >> 2] = emulated ? NM : switched;
  u32[L.MMX_TRAP >> 2] = emulated ? UD : switched;
  u32[L.SSE_TRAP >> 2] = emulated || (cr4 & C.CR4_OSFXSR) === 0 ? UD : switched;
}
