// Bits of the control registers, EFER and segment access rights, by their manual names
// (SDM 3A 2.2 and 2.5; APM 2 3.1 and 4.7). The bits of RFLAGS are in cpu-state.ts.

export const CR0_PE = 1 << 0;
export const CR0_MP = 1 << 1;
export const CR0_EM = 1 << 2;
export const CR0_TS = 1 << 3;
export const CR0_ET = 1 << 4;
export const CR0_NE = 1 << 5;
export const CR0_WP = 1 << 16;
export const CR0_AM = 1 << 18;
export const CR0_NW = 1 << 29;
export const CR0_CD = 1 << 30;
/** Bit 31: a negative number in JS, so test it with `& CR0_PG` only. */
export const CR0_PG = 1 << 31;

export const CR4_VME = 1 << 0;
export const CR4_PVI = 1 << 1;
export const CR4_TSD = 1 << 2;
export const CR4_DE = 1 << 3;
export const CR4_PSE = 1 << 4;
export const CR4_PAE = 1 << 5;
export const CR4_MCE = 1 << 6;
export const CR4_PGE = 1 << 7;
export const CR4_PCE = 1 << 8;
export const CR4_OSFXSR = 1 << 9;
export const CR4_OSXMMEXCPT = 1 << 10;
export const CR4_UMIP = 1 << 11;
export const CR4_FSGSBASE = 1 << 16;
export const CR4_PCIDE = 1 << 17;
export const CR4_OSXSAVE = 1 << 18;
export const CR4_SMEP = 1 << 20;
export const CR4_SMAP = 1 << 21;

export const EFER_SCE = 1 << 0;
export const EFER_LME = 1 << 8;
export const EFER_LMA = 1 << 10;
export const EFER_NXE = 1 << 11;

// Segment access rights (layout.ts, SEGMENT_ATTRIBUTES).
/** Type bits of a data segment: writable, expand-down; of a code segment: readable, conforming. */
export const SEGMENT_ACCESSED = 1 << 0;
export const SEGMENT_WRITABLE = 1 << 1;
export const SEGMENT_READABLE = 1 << 1;
export const SEGMENT_EXPAND_DOWN = 1 << 2;
export const SEGMENT_CONFORMING = 1 << 2;
export const SEGMENT_CODE = 1 << 3;
/** Descriptor type S: set for code and data, clear for system segments and gates. */
export const SEGMENT_S = 1 << 4;
export const SEGMENT_DPL_SHIFT = 5;
export const SEGMENT_DPL = 3 << 5;
export const SEGMENT_PRESENT = 1 << 7;
export const SEGMENT_LONG = 1 << 13;
/** D of a code segment, B of a stack or data segment. */
export const SEGMENT_BIG = 1 << 14;
export const SEGMENT_GRANULAR = 1 << 15;
/** The register holds a null selector: any access through it faults outside 64-bit mode. */
export const SEGMENT_UNUSABLE = 1 << 16;
