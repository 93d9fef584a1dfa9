// What a region takes for granted, so that its instructions need not ask: the SSE unit may be used; and, where it was
// so when the region was formed, MXCSR masks all exceptions, rounds to nearest and has PE set
// (semantics/simd/float-check.ts). The region asks once, at its entry, and for MXCSR only if it calculates: integer
// programs, which use SSE too, may never set PE. Nothing in it changes these words, or it makes no assumption.
//
// Checks of the x87 unit are left out before a routine that makes them itself (Routine.checksX87). Where memory is accessed
// in between, a page fault must not come before what they raise (KIND_X87).
import type { CpuState } from '../../x86/state/cpu-state.ts';
import * as S from '../../x86/state/layout.ts';
import type { Uop } from '../../x86/uops/ir.ts';

/** Masks, RC and PE; what is read of MXCSR besides is not assumed. */
export const MXCSR_ASSUMED = 0x7fa0;
export const MXCSR_PLAIN = 0x1fa0;

/** Whether MXCSR is so now. */
export function floatsArePlain(state: CpuState): boolean {
  return (state.get32(S.MXCSR) & MXCSR_ASSUMED) === MXCSR_PLAIN;
}

/** The micro-operations of a form, under the assumptions. */
export interface Assumed {
  readonly uops: readonly Uop[];
  /** They rest on the SSE unit's being usable. */
  readonly unit: boolean;
  /** They rest on MXCSR. */
  readonly plain: boolean;
  /** The instruction changes what is assumed. */
  readonly breaks: boolean;
}

/** What is taken for granted. */
export type What = 'nothing' | 'unit' | 'unit and MXCSR';
const known: Record<What, WeakMap<readonly Uop[], Assumed>> = {
  nothing: new WeakMap(),
  unit: new WeakMap(),
  'unit and MXCSR': new WeakMap(),
};

/** Leaves out of a meaning what the assumptions answer; remembered by list. */
export function assume(uops: readonly Uop[], what: What): Assumed {
  let assumed = known[what].get(uops);
  if (!assumed) {
    assumed = new Assumptions(what).apply(uops);
    known[what].set(uops, assumed);
  }
  return assumed;
}
/** Whether a routine checks the x87 unit for the instruction. */
export function checksX87(uops: readonly Uop[]): boolean {
  return uops.some((uop) => uop.op === 'routine' && uop.routine.checksX87);
}

const CHANGED = new Set([S.MXCSR, S.SSE_TRAP, S.CR0, S.CR4]);

class Assumptions {
  readonly #what: What;
  #routine = false;
  #unit = false;
  #plain = false;
  #breaks = false;
  readonly #constants = new Map<number, number>();
  readonly #reads = new Map<number, number>();
  /** Values that are a word ANDed with a mask. */
  readonly #masked = new Map<number, { readonly offset: number; readonly mask: number }>();

  constructor(what: What) {
    this.#what = what;
  }
  apply(uops: readonly Uop[]): Assumed {
    this.#routine = checksX87(uops);
    const list = this.#list(uops);
    const changed = list.some((uop, i) => uop !== uops[i]);
    return { uops: changed ? list : uops, unit: this.#unit, plain: this.#plain, breaks: this.#breaks };
  }
  #list(uops: readonly Uop[]): Uop[] {
    return uops.map((uop) => this.#step(uop));
  }
  #step(uop: Uop): Uop {
    switch (uop.op) {
      case 'const':
        if (typeof uop.value === 'number') this.#constants.set(uop.result.id, uop.value);
        return uop;
      case 'get': {
        if (uop.location.kind !== 'state' || uop.bits !== 32) return uop;
        const { offset } = uop.location;
        this.#reads.set(uop.result.id, offset);
        if (this.#what !== 'nothing' && offset === S.SSE_TRAP) {
          this.#unit = true;
          return answer(uop, 0);
        }
        return this.#routine && offset === S.X87_TRAP ? answer(uop, 0) : uop;
      }
      case 'set':
        if (uop.location.kind === 'state' && CHANGED.has(uop.location.offset)) this.#breaks = true;
        return uop;
      case 'binary':
        return this.#binary(uop);
      case 'if':
        return { ...uop, then: this.#list(uop.then), else: this.#list(uop.else) };
      case 'loop':
        return { ...uop, body: this.#list(uop.body) };
      default:
        return uop;
    }
  }
  #binary(uop: Uop & { op: 'binary' }): Uop {
    const constant = this.#constants.get(uop.b.id);
    if (constant === undefined) return uop;
    if (uop.operator === 'and') {
      const offset = this.#reads.get(uop.a.id);
      if (offset === undefined) return uop;
      this.#masked.set(uop.result.id, { offset, mask: constant });
      return this.#routine && offset === S.FSW && constant === FSW_ES ? answer(uop, 0) : uop;
    }
    if (uop.operator !== 'eq' || this.#what !== 'unit and MXCSR') return uop;
    const masked = this.#masked.get(uop.a.id);
    if (masked?.offset !== S.MXCSR || (masked.mask & ~MXCSR_ASSUMED) !== 0) return uop;
    this.#plain = true;
    return answer(uop, (MXCSR_PLAIN & masked.mask) === constant ? 1 : 0);
  }
}

function answer(uop: Uop & { op: 'get' | 'binary' }, value: number): Uop {
  return { op: 'const', result: uop.result, value };
}

const FSW_ES = 0x80;
