// Doppel's interpreter running the loops of guests/kernel.ts (child process, see loops.ts).
import { nodeHost } from '../../src/host/node/platform.ts';
import { Machine } from '../../src/machine/vm/machine.ts';
import { benchmarkKernel, MARK_READY } from '../guests/kernel.ts';
import { type LoopTime, Stopwatch, serveLoops } from './loops.ts';

let ready = false;
let result: LoopTime | null = null;
const stopwatch = new Stopwatch(
  () => machine.vcpu.retired,
  (time) => {
    result = time;
    machine.vcpu.kick();
  },
);
const machine: Machine = new Machine({
  memory: 32 * 2 ** 20,
  boot: { kernel: benchmarkKernel(), kernelName: 'loops', commandLine: '', modules: [] },
  serial: {
    write: (byte) => {
      if (byte === MARK_READY) ready = true;
      else stopwatch.write(byte);
    },
  },
  host: nodeHost(),
});

function stepUntil(done: () => boolean): void {
  while (!done()) {
    const exit = machine.step();
    if (exit.reason !== 'Interrupted') throw new Error(`the benchmark guest ended: ${JSON.stringify(exit)}`);
  }
}

stepUntil(() => ready);
serveLoops(async (loop) => {
  result = null;
  machine.serialInput(Uint8Array.of(0x61 + loop));
  stepUntil(() => result !== null);
  return result!;
});
