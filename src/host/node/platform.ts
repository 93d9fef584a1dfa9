// What Node gives to a machine: time, chance, and a way to wait (decision D10: nowhere else).
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Entropy, WallClock } from '../../base/services.ts';
import type { MachineHost } from '../../machine/vm/machine-options.ts';
import type { Scheduler } from '../../machine/vm/scheduler.ts';
import { tuneWebAssembly } from './wasm-tuning.ts';

/** Nanoseconds of the host's monotonic clock. */
export const hostClock: Clock = { now: () => Math.floor(performance.now() * 1e6) };

export const hostWallClock: WallClock = { nowMilliseconds: () => Date.now() };

export const hostEntropy: Entropy = {
  fill: (bytes) => {
    crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
  },
};

/** Waits on Node's event loop; a sleep ends early when `wake` is called. */
export class NodeScheduler implements Scheduler {
  #wake: () => void = () => {};

  async breathe(): Promise<void> {
    await nextTurn();
  }
  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
      // Node cuts fractions off, and who wakes too early has to sleep once more.
      const timer = setTimeout(end, Math.ceil(milliseconds));
      this.#wake = end;
    });
  }
  wake(): void {
    this.#wake();
  }
}

/** Everything a Machine needs of Node. Each machine wants one of its own. */
export function nodeHost(): MachineHost & { readonly scheduler: NodeScheduler } {
  tuneWebAssembly();
  return { clock: hostClock, wallClock: hostWallClock, entropy: hostEntropy, scheduler: new NodeScheduler() };
}
