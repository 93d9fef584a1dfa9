// The one declaration of a vCPU's state (decision D3): where each register lives in memory 0.
// Views, snapshots, the state hash and generated code all take their offsets from here; a numeric
// offset in any other file is a bug.
//
// Everything lies below 64 KiB, so that a register operand of a decoded instruction is a 16-bit
// byte offset ("AH" is the offset of RAX plus one).

export type FieldType = 'u8' | 'u32' | 'i64' | 'f64' | 'b128';

/** One entry of the declaration. */
export interface StateField {
  readonly name: string;
  readonly type: FieldType;
  /** Byte offset in memory 0. */
  readonly offset: number;
  /** Elements, `stride` bytes apart. */
  readonly count: number;
  readonly stride: number;
  /** Guest-visible state (saved, hashed) or the engine's own scratch. */
  readonly architectural: boolean;
}

const SIZE: Record<FieldType, number> = { u8: 1, u32: 4, i64: 8, f64: 8, b128: 16 };
const fields: StateField[] = [];
let next = 0;
let architectural = true;

function array(name: string, type: FieldType, count: number, stride = SIZE[type]): number {
  const alignment = Math.min(SIZE[type], 16);
  next = Math.ceil(next / alignment) * alignment;
  const offset = next;
  fields.push({ name, type, offset, count, stride, architectural });
  next += count * stride;
  return offset;
}
const u32 = (name: string) => array(name, 'u32', 1);
const i64 = (name: string) => array(name, 'i64', 1);

/** RAX RCX RDX RBX RSP RBP RSI RDI R8 .. R15, 8 bytes each. Outside 64-bit mode the upper halves are kept, and cleared by 32-bit writes. */
export const GPR = array('gpr', 'i64', 16);
/** Always zero: the base or index of an address that has none. */
export const ZERO = i64('zero');
/** RIP of the next instruction whenever no block is running; helpers see the *next* RIP here. Sign-extended. */
export const RIP = i64('rip');

// RFLAGS is in three parts. FLAGS holds the system bits and DF (status bits zero, bit 1 set).
// The six status flags are in FLAG_RESULT and FLAG_AUX:
//   FLAG_RESULT  the last result, sign-extended to 64 bits
//   FLAG_AUX     bit 31 CF, bit 30 CF xor OF, bits 15..8 parity delta, bit 3 AF, bit 0 sign delta
//   ZF = FLAG_RESULT == 0            SF = (FLAG_RESULT < 0) xor bit 0
//   PF = even parity of ((FLAG_RESULT xor (FLAG_AUX >> 8)) & 0xff)
// so that an ALU instruction stores its result and its carry-out vector and nobody computes flags
// that are not read.
/** RFLAGS without the status flags: TF IF DF IOPL NT RF VM AC VIF VIP ID, and bit 1. */
export const FLAGS = u32('flags');
export const FLAG_AUX = u32('flagAux');
export const FLAG_RESULT = i64('flagResult');

/** Segment registers ES CS SS DS FS GS LDTR TR, SEGMENT_SIZE bytes each; fields below. */
export const SEGMENT = array('segment', 'b128', 8, 32);
export const SEGMENT_SIZE = 32;
/** u32: selector (16 bits). */
export const SEGMENT_SELECTOR = 0;
/** u32: access rights as VMX lays them out: type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14, G 15, unusable 16. */
export const SEGMENT_ATTRIBUTES = 4;
/** u32: limit in bytes, granularity applied. */
export const SEGMENT_LIMIT = 8;
/**
 * u32, derived from the attributes (updateDerivedState): bit 0 set when reads, bit 1 when writes need no more
 * than `offset + size - 1 <= limit` (usable, expand-up, of the right type). Everything else takes the long way.
 */
export const SEGMENT_FAST = 12;
export const SEGMENT_FAST_READ = 1;
export const SEGMENT_FAST_WRITE = 2;
/** i64: base. */
export const SEGMENT_BASE = 16;

export const GDTR_BASE = i64('gdtrBase');
export const IDTR_BASE = i64('idtrBase');
export const GDTR_LIMIT = u32('gdtrLimit');
export const IDTR_LIMIT = u32('idtrLimit');

export const CR0 = i64('cr0');
export const CR2 = i64('cr2');
export const CR3 = i64('cr3');
export const CR4 = i64('cr4');
/** The four page-directory pointers that PAE paging loads with CR3 (SDM 3A 4.4.1). */
export const PDPTE = array('pdpte', 'i64', 4);
/** DR0..DR3, DR6, DR7 at DR + 8 * number; 4 and 5 unused. */
export const DR = array('dr', 'i64', 8);
/** Current privilege level, 0..3. In real mode 0, in virtual-8086 mode 3. */
export const CPL = u32('cpl');
/** 0 running, else see ACTIVITY in cpu-state.ts. */
export const ACTIVITY = u32('activity');
/** Interrupts are blocked for one instruction (bit 0: after STI, bit 1: after MOV SS/POP SS). */
export const SHADOW = u32('interruptShadow');
export const NMI_BLOCKED = u32('nmiBlocked');
/** A single-step or data/instruction breakpoint trap is due after this instruction: DR6 bits, 0 if none. */
export const DEBUG_PENDING = u32('debugPending');

// Model-specific registers, by their manual names.
export const EFER = i64('efer');
export const STAR = i64('star');
export const LSTAR = i64('lstar');
export const CSTAR = i64('cstar');
export const SFMASK = i64('sfmask');
export const KERNEL_GS_BASE = i64('kernelGsBase');
export const SYSENTER_CS = i64('sysenterCs');
export const SYSENTER_ESP = i64('sysenterEsp');
export const SYSENTER_EIP = i64('sysenterEip');
export const PAT = i64('pat');
export const APIC_BASE = i64('apicBase');
/** Added to the count of the clock to give the TSC (WRMSR to the TSC and TSC_ADJUST change it). */
export const TSC_OFFSET = i64('tscOffset');
export const TSC_ADJUST = i64('tscAdjust');
export const TSC_AUX = i64('tscAux');
export const MISC_ENABLE = i64('miscEnable');
export const MTRR_DEF_TYPE = i64('mtrrDefType');
/** Fixed-range MTRRs in the order of their MSR numbers (250h, 258h, 259h, 268h..26Fh). */
export const MTRR_FIXED = array('mtrrFixed', 'i64', 11);
/** IA32_MTRR_PHYSBASE0, PHYSMASK0, PHYSBASE1, ... */
export const MTRR_VARIABLE = array('mtrrVariable', 'i64', 16);
export const XCR0 = i64('xcr0');
export const SPEC_CTRL = i64('specCtrl');

// x87 and MMX. Physical registers R0..R7: significand i64 at +0, sign and exponent u16 at +8.
// MMn is the significand of Rn; ST(i) is R((TOP + i) & 7).
export const FPR = array('fpr', 'b128', 8);
export const FPR_SIZE = 16;
export const FCW = u32('fcw');
/** Status word with TOP in bits 13:11. */
export const FSW = u32('fsw');
/** Abridged tag word: bit n set when Rn is not empty. */
export const FTW = u32('ftw');
export const FOP = u32('fop');
export const FIP = i64('fip');
export const FDP = i64('fdp');
export const FCS = u32('fcs');
export const FDS = u32('fds');

export const XMM = array('xmm', 'b128', 16);
export const MXCSR = u32('mxcsr');

// ---- from here on: the engine's own, derived or transient; neither saved nor hashed ----
architectural = false;
/** The mode that code is decoded for (src/x86/decode/mode.ts); kept by updateDerivedState. */
export const MODE = u32('mode');
/** Exception that an x87 / MMX / SSE instruction raises at once: 0, 6 (#UD) or 7 (#NM). */
export const X87_TRAP = u32('x87Trap');
export const MMX_TRAP = u32('mmxTrap');
export const SSE_TRAP = u32('sseTrap');
/** INT n, INT3, INTO or INT1 ran: the single-step trap of that instruction is lost (TF was cleared on the way). */
export const STEP_SUPPRESSED = u32('stepSuppressed');
/**
 * Events that wait to be delivered, as they were when the engine began to run (a later one kicks it): an external
 * interrupt in the bit of IF; an NMI or an armed breakpoint in bit 0.
 */
export const EVENT_WAITS = u32('eventWaits');
/** What TOP of FSW was last known to be: routines take it from here and check, so that loads need not wait for FSW. */
export const X87_TOP = u32('x87Top');
/** Scratch for 128-bit and 80-bit operands of helpers. */
export const SCRATCH = array('scratch', 'b128', 8);
/** First free byte for an engine's own variables (TLB, budget, exits). */
export const ENGINE_STATE = Math.ceil(next / 64) * 64;

/** The declaration as data, in order of offset. */
export const STATE_FIELDS: readonly StateField[] = fields;

/** Register numbers as instructions encode them. */
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
/** Segment register numbers as instructions encode them; LDTR and TR are ours. */
export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;
export const LDTR = 6;
export const TR = 7;
