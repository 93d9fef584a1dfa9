// Descriptors that have another handler than usual until the wasm code is left: a `stop` behind the last instruction that may
// run, and in a block that is cut short each instruction's own handler in place of a group's. What happens to those descriptors
// meanwhile (a region leaves its block, code changes) is heard of here, so that taking back does not undo it.
import type { CpuState } from '../../x86/state/cpu-state.ts';
import { HANDLER_STOP } from './core-module.ts';

export class HandlerPatches {
  readonly #state: Pick<CpuState, 'u32'>;
  /** Byte offsets of descriptors, each followed by the handler that it gets back. */
  readonly #patches: number[] = [];

  constructor(state: Pick<CpuState, 'u32'>) {
    this.#state = state;
  }

  /** The descriptor has this handler until all are taken back. */
  put(descriptor: number, handler: number): void {
    const { u32 } = this.#state;
    this.#patches.push(descriptor, u32[descriptor >> 2]!);
    u32[descriptor >> 2] = handler;
  }
  /** All get back what they had, what was put last first. */
  takeBack(): void {
    const patches = this.#patches;
    for (let i = patches.length - 2; i >= 0; i -= 2) this.#state.u32[patches[i]! >> 2] = patches[i + 1]!;
    patches.length = 0;
  }
  /** A descriptor goes back to a handler other than the one it had when it was patched. */
  mend(descriptor: number, from: number, to: number): void {
    const patches = this.#patches;
    for (let i = 0; i < patches.length; i += 2) {
      if (patches[i] === descriptor && patches[i + 1] === from) patches[i + 1] = to;
    }
  }
  /** The code of the descriptors from `start` to `end` (excluded) has been dropped: they stay stops. */
  forget(start: number, end: number): void {
    const patches = this.#patches;
    for (let i = 0; i < patches.length; i += 2) {
      if (patches[i]! >= start && patches[i]! < end) patches[i + 1] = HANDLER_STOP;
    }
  }
}
