// What generated code may call: the functions that every module shares, and the words it passes to them.
import type { FunctionBuilder } from '../../wasm/function.ts';
import type { Location, Value } from '../../x86/uops/ir.ts';

/** Function indices of the core functions (core-module.ts) in the module being built. */
export interface CoreFunctions {
  /** (descriptor, address i64, kind) -> i32 pending. The value is in ACCESS_VALUE; see access-kind below. */
  readonly slowLoad: number;
  readonly slowStore: number;
  /** (descriptor, offset i64, segment record, kind) -> i64 linear address; PENDING is set when it faulted. */
  readonly slowLinear: number;
  /** (descriptor, vector, error code or -1). */
  readonly raise: number;
  readonly mulHighU: number;
  readonly mulHighS: number;
  /** () -> status flags in RFLAGS format; (mask, value). */
  readonly flagsGet: number;
  readonly flagsSet: number;
  /** (value): all six. */
  readonly flagsSetAll: number;
  /** Tail-called to continue at a RIP: flat code, and code with a segment base. (rip i64) */
  readonly jumpFlat: number;
  readonly jumpSegmented: number;
  /** Likewise for a relative branch in flat code, which may be linked. (descriptor, rip i64) */
  readonly branchFlat: number;
  /** Tail-called at the end of a block that may have changed the mode: goes on at RIP in the state (resume.ts). */
  readonly resume: number;
  /** Tail-called by a region that leaves before an instruction (interp/bail.ts). */
  readonly bail: number;
  /**
   * REP MOVS and REP STOS (interp/bulk-string.ts): iterations in one page at once, of which `keep` are left and `reserve` of the
   * budget, (kind, keep, reserve) -> i32 how many, not positive: none; and for regions as many as go, (kind, reserve) -> i32 0
   * when all are done. Registers and BUDGET in the state move with them.
   */
  readonly bulkString: number;
  readonly repeatString: number;
  /**
   * An access of a region that its page does not answer (interp/region-translate.ts): (address i64, TLB table, kind with the cell's
   * number and the key for counting, where) -> i32 the page's addend, or 1 when the region must bail.
   */
  readonly translate: number;
  /** (linear address i64) -> page of memory 1 from which code is fetched there (i32), or -1 (interp/find-block.ts). */
  readonly fetchPage: number;
  /** () -> f64: the time-stamp counter before TSC_OFFSET is added; BUDGET must be exact. For regions. */
  readonly timeStamp: number;
  /**
   * Enters the handler of an event, where that is as usual (interp/core-gates.ts): (vector, error code or -1, whether INT n) -> i32
   * 1; otherwise 0 and nothing changed. RIP in the state is what is pushed.
   */
  readonly enterGate: number;
  /** (kind, a i64, b i64, r i64, override): flags that a region has not computed yet go into the state (flag-kinds.ts). */
  readonly materializeFlags: number;
}

/** Kind word of slow accesses: bytes, write intent, stack segment, execute. */
export const KIND_BYTES = 0xff;
export const KIND_WRITE = 0x100;
export const KIND_STACK = 0x200;
/** Bits at which the number of a page cell begins, and the region's key for counting misses (miss-counters.ts). */
export const KIND_CELL = 10;
export const KIND_MISSES = 16;
/**
 * Of an access of a region: the x87 unit is checked only after it, but what that raises (#NM, #MF) comes before a page
 * fault. Where the unit raises something, the interpreter finds out which.
 */
export const KIND_X87 = 1 << 26;

/** The part of a lowering that its helpers (flags) need: where code goes, and values onto the stack. */
export interface ValueEmitter {
  readonly f: FunctionBuilder;
  readonly core: CoreFunctions;
  push(value: Value): void;
  /** Pushes an integer value converted to the type (zero-extended or cut off). */
  pushAs(type: 'i32' | 'i64', value: Value): void;
}

/** What lowering of guest memory needs besides. */
export interface MemoryEmitter extends ValueEmitter {
  /** Pushes the descriptor pointer (i32) by which slow paths find the instruction. */
  pushDescriptor(): void;
  /** Pushes the part of a state field's address that is not in the access's offset (i32). */
  pushAddress(location: Location): void;
  /** Pushes whether a fault is pending (i32). */
  pushPending(): void;
  /** Pops the top of the stack into the value. */
  define(value: Value): void;
  leaveFaulted(): void;
  /** The TLB has answered an access inline. */
  tlbHit(): void;
  slowAccessDone(): void;
}
