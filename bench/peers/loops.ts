// What runs the loops of guests/kernel.ts: a child process per emulator, told by messages which loop to
// run once, which answers with the time between the guest's two marks. CPU time is that of the thread
// that interprets, so that compiling threads and other processes do not count.
import { MARK_BEGIN, MARK_END } from '../guests/kernel.ts';

/** Request: number of a loop. */
export interface LoopRequest {
  readonly loop: number;
}

export interface LoopTime {
  /** CPU time of the interpreting thread, ns. */
  readonly cpu: number;
  /** ns */
  readonly wall: number;
  /** Retired, each iteration of a REP counted; null where the emulator does not count so. */
  readonly instructions: number | null;
}

/** CPU time of this thread in ns. */
export function threadTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1000;
}

/** Watches the guest's serial output for the marks. */
export class Stopwatch {
  readonly #instructions: () => number | null;
  readonly #done: (time: LoopTime) => void;
  #cpu = 0;
  #wall = 0;
  #count: number | null = null;

  constructor(instructions: () => number | null, done: (time: LoopTime) => void) {
    this.#instructions = instructions;
    this.#done = done;
  }
  /** A byte of serial output. */
  write(byte: number): void {
    if (byte === MARK_BEGIN) {
      this.#count = this.#instructions();
      this.#wall = performance.now();
      this.#cpu = threadTime();
    } else if (byte === MARK_END) {
      const cpu = threadTime() - this.#cpu;
      const wall = Math.round((performance.now() - this.#wall) * 1e6);
      const count = this.#instructions();
      const instructions = count === null || this.#count === null ? null : count - this.#count;
      this.#done({ cpu, wall, instructions });
    }
  }
}

/** The child's side: answers each request; says "ready" first. */
export function serveLoops(run: (loop: number) => Promise<LoopTime>): void {
  process.on('message', (request: LoopRequest) => {
    void run(request.loop).then((time) => process.send!(time));
  });
  process.on('disconnect', () => process.exit(0));
  process.send!('ready');
}
