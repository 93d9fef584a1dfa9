// Doppel's interpreter against v86's on the same integer loops: the same Multiboot kernel in both, on the
// same machine, in turns (A B A B ...), so that whatever else the machine does meets both. What counts is
// the ratio of CPU times; the nanoseconds belong to the machine.
//
//   node bench/interpreter.ts [--rounds N] [--loop NAME] [--no-v86]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LOOPS, type Loop } from './guests/loops.ts';
import { wholeNumber } from './options.ts';
import type { LoopTime } from './peers/loops.ts';
import {
  type Goal,
  geometricMean,
  goalRows,
  hostLine,
  median,
  progress,
  progressDone,
  ratio,
  table,
} from './report.ts';

export const INTERPRETER_HELP = `node bench/interpreter.ts [options]: loops on Doppel's interpreter and v86's, in turns

  --rounds N     measured rounds of each loop (default 7, after 2 to warm up)
  --loop NAME    only this one of ${LOOPS.map(({ name }) => name).join(', ')}
  --no-v86       Doppel alone
`;

/** Doppel at least so many times as fast as v86's interpreter, on integer loops. */
const GOAL = 2.5;
const WARM_UP = 2;

export interface InterpreterOptions {
  readonly rounds: number;
  readonly loops: readonly Loop[];
  readonly v86: boolean;
}

class LoopRunner {
  readonly name: string;
  readonly #child: ChildProcess;
  #failure = '';

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
    child.stderr?.on('data', (data: Buffer) => {
      this.#failure += data;
    });
  }
  /** Throws an Error that says why the emulator does not start. */
  static async start(name: string, file: string): Promise<LoopRunner> {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = fork(path, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const runner = new LoopRunner(name, child);
    await runner.#message();
    return runner;
  }
  async run(loop: number): Promise<LoopTime> {
    this.#child.send({ loop });
    return (await this.#message()) as LoopTime;
  }
  async #message(): Promise<unknown> {
    const ended = new AbortController();
    const exit = once(this.#child, 'exit', { signal: ended.signal }).then(() => {
      const reason = this.#failure.split('\n').find((line) => /Error/.test(line)) ?? this.#failure;
      throw new Error(`${this.name} ended: ${reason.trim()}`);
    });
    try {
      return (await Promise.race([once(this.#child, 'message'), exit]))[0];
    } finally {
      ended.abort();
      exit.catch(() => {});
    }
  }
  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

/** Runs the comparison, prints its table, and answers how it compares with the goal. */
export async function interpreterBenchmark(options: InterpreterOptions): Promise<Goal[]> {
  process.stdout.write(`\nInterpreters on integer loops (${await hostLine()})\n\n`);
  const doppel = await LoopRunner.start('Doppel', './peers/doppel-loops.ts');
  const v86 = options.v86 ? await startV86() : null;
  const rows = [['loop', 'instructions', 'Doppel ns', ...(v86 ? ['v86 ns', 'ratio', 'from', 'to'] : [])]];
  const ratios: number[] = [];
  for (const loop of options.loops) {
    const number = LOOPS.indexOf(loop);
    const times: { doppel: LoopTime; v86: LoopTime | null }[] = [];
    for (let round = -WARM_UP; round < options.rounds; round++) {
      progress(`${loop.name}, round ${round + WARM_UP + 1} of ${WARM_UP + options.rounds}`);
      const pair = { doppel: await doppel.run(number), v86: (await v86?.run(number)) ?? null };
      if (round >= 0) times.push(pair);
    }
    const instructions = times[0]!.doppel.instructions!;
    const each = (ns: number) => (ns / instructions).toFixed(2);
    const row = [loop.name, instructions.toLocaleString('en'), each(median(times.map((t) => t.doppel.cpu)))];
    if (v86) {
      const quotients = times.map((t) => t.v86!.cpu / t.doppel.cpu);
      if (!loop.bulk) ratios.push(median(quotients));
      row.push(
        each(median(times.map((t) => t.v86!.cpu))),
        ratio(median(quotients)),
        Math.min(...quotients).toFixed(2),
        Math.max(...quotients).toFixed(2),
      );
    }
    rows.push(row);
  }
  progressDone();
  doppel.stop();
  v86?.stop();
  process.stdout.write(table(rows));
  process.stdout.write(
    '\n  ns: CPU time per instruction, median; ratio: v86 / Doppel, median of the rounds, and its extremes\n' +
      '  REP instructions count iterations; v86 does them in bulk, so `strings` is not in the goal\n\n',
  );
  if (ratios.length === 0) return [];
  const mean = geometricMean(ratios);
  const least = Math.min(...ratios);
  return [
    {
      text: `integer loops at least ${GOAL} times as fast as v86's interpreter`,
      measured: `${mean.toFixed(2)} (least ${least.toFixed(2)})`,
      met: mean >= GOAL,
    },
  ];
}

async function startV86(): Promise<LoopRunner | null> {
  try {
    return await LoopRunner.start('v86', './peers/v86-loops.ts');
  } catch (error) {
    process.stderr.write(
      `v86 is missing or does not start (npm ci installs it): ${(error as Error).message}\n`,
    );
    return null;
  }
}

export function parseInterpreterOptions(words: readonly string[]): InterpreterOptions | null {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: 'string', default: '7' },
      loop: { type: 'string' },
      'no-v86': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const rounds = wholeNumber('--rounds', values.rounds, 1000);
  const loops = LOOPS.filter(({ name }) => values.loop === undefined || values.loop === name);
  if (loops.length === 0) throw new Error(`there is no loop ${values.loop}; --help lists them`);
  return { rounds, loops, v86: !values['no-v86'] };
}

if (import.meta.main) {
  try {
    const options = parseInterpreterOptions(process.argv.slice(2));
    if (options) process.stdout.write(goalRows(await interpreterBenchmark(options)));
    else process.stdout.write(INTERPRETER_HELP);
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
