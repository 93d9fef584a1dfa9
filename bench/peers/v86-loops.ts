// v86's interpreter (npm v86 with its JIT off) running the loops of guests/kernel.ts (child process, see
// loops.ts). It counts instructions, but a REP as one, so its count is not used.
import { fileURLToPath } from 'node:url';
import { V86 } from 'v86';
import { benchmarkKernel, MARK_READY } from '../guests/kernel.ts';
import { type LoopTime, Stopwatch, serveLoops } from './loops.ts';

const kernel = benchmarkKernel();
const emulator = new V86({
  wasm_path: fileURLToPath(new URL('v86.wasm', import.meta.resolve('v86'))),
  memory_size: 32 * 2 ** 20,
  vga_memory_size: 2 ** 20,
  multiboot: { buffer: kernel.buffer.slice(0, kernel.byteLength) as ArrayBuffer },
  disable_jit: process.argv[2] !== 'jit',
  autostart: true,
});

let answer: (time: LoopTime) => void = () => {};
const stopwatch = new Stopwatch(
  () => null,
  (time) => {
    // Out of the emulator's hands first: it goes on polling until it has been stopped.
    setImmediate(() => void emulator.stop().then(() => answer(time)));
  },
);
const ready = new Promise<void>((resolve) => {
  emulator.add_listener('serial0-output-byte', (byte: number) => {
    if (byte === MARK_READY) resolve();
    else stopwatch.write(byte);
  });
});
await ready;
await emulator.stop();
serveLoops(async (loop) => {
  const time = new Promise<LoopTime>((resolve) => {
    answer = resolve;
  });
  await emulator.run();
  emulator.serial_send_bytes(0, Uint8Array.of(0x61 + loop));
  return await time;
});
