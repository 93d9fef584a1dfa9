// An engine that runs nothing: a Vcpu that is halted for ever. It lets a test drive every device of a
// whole machine (ports, memory, interrupts) without a guest in the way (decision D5).
import { ACTIVITY_HALTED, CpuState } from '../../x86/state/cpu-state.ts';
import { updateDerivedState } from '../../x86/state/derived.ts';
import * as L from '../../x86/state/layout.ts';
import { type ResetKind, resetState } from '../../x86/state/reset.ts';
import type { Exit, Vcpu } from '../vcpu.ts';

export class NoneVcpu implements Vcpu {
  readonly state = new CpuState(new ArrayBuffer(L.ENGINE_STATE));
  readonly retired = 0;
  /** Calls of kick() and raiseNmi(), for tests. */
  kicks = 0;
  nmis = 0;

  constructor() {
    this.reset();
  }
  run(_budget: number): Exit {
    return { reason: 'Hlt' };
  }
  kick(): void {
    this.kicks++;
  }
  raiseNmi(): void {
    this.nmis++;
  }
  reset(bootstrap = true, kind: ResetKind = 'power'): void {
    resetState(this.state, bootstrap, kind);
    this.state.set32(L.ACTIVITY, ACTIVITY_HALTED);
  }
  stateChanged(): void {
    updateDerivedState(this.state);
  }
  memoryChanged(): void {}
}
