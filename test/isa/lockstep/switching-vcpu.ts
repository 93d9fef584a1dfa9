// A Vcpu that changes horses: runs on the interpreter or on the reference engine, as it is told, with
// one state. So any stretch of a long boot can be compared without evaluating all before it.
import { type InterpOptions, InterpVcpu } from '../../../src/engine/interp/interp-vcpu.ts';
import { ReferenceVcpu } from '../../../src/engine/reference/reference-vcpu.ts';
import type { Exit, Vcpu } from '../../../src/engine/vcpu.ts';
import type { CpuState } from '../../../src/x86/state/cpu-state.ts';
import * as L from '../../../src/x86/state/layout.ts';
import type { ResetKind } from '../../../src/x86/state/reset.ts';

export class SwitchingVcpu implements Vcpu {
  readonly #interpreter: InterpVcpu;
  readonly #reference: ReferenceVcpu;
  #current: InterpVcpu | ReferenceVcpu;
  /** To add to what the current engine has retired. */
  #offset = 0;

  constructor(wires: InterpOptions) {
    this.#interpreter = new InterpVcpu(wires);
    this.#reference = new ReferenceVcpu(wires);
    this.#current = this.#interpreter;
  }
  /** The named engine goes on from here. */
  switchTo(name: 'interpreter' | 'reference'): void {
    const next = name === 'reference' ? this.#reference : this.#interpreter;
    if (next === this.#current) return;
    next.state.u8.set(this.#current.state.u8.subarray(0, L.ENGINE_STATE));
    this.#offset = this.retired - next.retired;
    this.#current = next;
    next.stateChanged();
    next.memoryChanged();
  }
  get state(): CpuState {
    return this.#current.state;
  }
  get retired(): number {
    return this.#offset + this.#current.retired;
  }
  run(budget: number): Exit {
    return this.#current.run(budget);
  }
  kick(): void {
    this.#current.kick();
  }
  raiseNmi(): void {
    this.#current.raiseNmi();
  }
  reset(bootstrap?: boolean, kind?: ResetKind): void {
    this.#current.reset(bootstrap, kind);
  }
  stateChanged(): void {
    this.#current.stateChanged();
  }
  memoryChanged(): void {
    this.#current.memoryChanged();
  }
}
