// A Linux guest in an emulator's process, spoken to through its serial line: boots it to the prompt, runs the
// benchmark programs at the prompt one after the other, and measures from outside (a guest's clock is not to be
// trusted) between the program's lines "@begin" and "@end CHECKSUM".
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { EmulatorCommand } from './emulators.ts';
import { cpuTime, peakResident, residentNow, residentParts } from './process-cost.ts';

const PROMPT = 'doppel:~#';

/** ns. */
export interface Cost {
  readonly wall: number;
  /** Of all threads of the emulator. */
  readonly cpu: number;
}

export interface ProgramRun extends Cost {
  readonly checksum: string;
}

/** Bytes. */
export interface Memory {
  readonly peak: number;
  readonly now: number;
  /** Guest RAM that is resident, which is what the guest has touched. */
  readonly touched: number;
}

export class LinuxGuest {
  readonly name: string;
  #child: ChildProcessWithoutNullStreams;
  #output = '';
  #errors = '';
  #ended: string | null = null;
  #wake: () => void = () => {};

  private constructor(name: string, command: EmulatorCommand) {
    this.name = name;
    this.#child = spawn(command.program, command.arguments, { stdio: 'pipe' });
    this.#child.stdout.on('data', (data: Buffer) => {
      this.#output += data.toString('latin1');
      this.#wake();
    });
    this.#child.stderr.on('data', (data: Buffer) => {
      this.#errors += data.toString('latin1');
    });
    this.#child.stdin.on('error', () => {});
    const end = (why: string) => {
      this.#ended ??= why;
      this.#wake();
    };
    this.#child.on('error', (error) => end(error.message));
    this.#child.on('close', (status, signal) => end(`status ${status ?? signal}`));
  }

  /** Throws an Error that says why there is no prompt within `limit` seconds. */
  static async boot(
    name: string,
    command: EmulatorCommand,
    limit: number,
  ): Promise<{ guest: LinuxGuest; cost: Cost }> {
    const started = performance.now();
    const guest = new LinuxGuest(name, command);
    await guest.#waitFor(PROMPT, limit);
    const wall = (performance.now() - started) * 1e6;
    return { guest, cost: { wall, cpu: cpuTime(guest.#child.pid!) } };
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Standard error of the emulator so far. */
  get errors(): string {
    return this.#errors;
  }

  /** Runs /bench/NAME; `limit` seconds. `begun` is told when the measured time begins. */
  async run(program: string, units: number, limit: number, begun?: () => Promise<void>): Promise<ProgramRun> {
    this.#output = '';
    this.#child.stdin.write(`/bench/${program} ${units}\n`);
    await this.#waitFor('@begin', limit);
    if (begun) await begun();
    const wall = performance.now();
    const cpu = cpuTime(this.pid);
    const found = await this.#waitFor(/@end (0x[0-9a-f]+)\r?\n|doppel:~#/, limit, /@begin/);
    const cost = { wall: (performance.now() - wall) * 1e6, cpu: cpuTime(this.pid) - cpu };
    if (!found[1]) throw new Error(`${this.name}: ${program} failed: ${this.#tail()}`);
    await this.#waitFor(PROMPT, limit, /@end/);
    return { ...cost, checksum: found[1] };
  }

  memory(ram: number): Memory {
    const { touched } = residentParts(this.pid, ram);
    return { peak: peakResident(this.pid), now: residentNow(this.pid), touched };
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const limit = AbortSignal.timeout(5000);
    while (this.#ended === null && !limit.aborted) await this.#event(200);
    if (this.#ended === null) this.#child.kill('SIGKILL');
  }

  /** Waits for `text` in what came since the last command, but after what `after` matches. */
  async #waitFor(text: string | RegExp, limit: number, after?: RegExp): Promise<RegExpExecArray> {
    const pattern = typeof text === 'string' ? new RegExp(text) : text;
    const deadline = performance.now() + limit * 1000;
    for (;;) {
      const start = after ? (after.exec(this.#output)?.index ?? this.#output.length) : 0;
      const match = pattern.exec(this.#output.slice(start));
      if (match) return match;
      const what = `${this.name}: no ${pattern.source}`;
      if (this.#ended !== null)
        throw new Error(`${what}: the emulator ended (${this.#ended}): ${this.#tail()}`);
      if (performance.now() > deadline) throw new Error(`${what} within ${limit} s: ${this.#tail()}`);
      await this.#event(1000);
    }
  }

  /** Until something happens, at most `milliseconds`. */
  async #event(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #tail(): string {
    return `${this.#output.slice(-400)}\n${this.#errors.slice(-800)}`.trim();
  }
}
