// The loop of the runners by hand: cases by number from a seed, until enough of them have failed.
import { parseArgs } from 'node:util';
import { Random } from '../isa/fuzz/random.ts';

/** The command line: --count N --seed S [--from N] [--stop N], and the runner's own options. */
export function runnerOptions<const Own extends Record<string, string>>(own: Own) {
  const defaults = { count: '200', seed: '1', from: '0', stop: '5', ...own };
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, { type: 'string' as const, default: value }]),
  );
  return parseArgs({ options }).values as Record<keyof typeof defaults, string>;
}

/** Runs the cases; prints each that differs, and how many did. Sets the process's status. */
export function runCases(
  values: Record<'count' | 'seed' | 'from' | 'stop', string>,
  runCase: (random: Random, number: number) => { name: string; differences: readonly string[] },
): number {
  const first = Number(values.from);
  let bad = 0;
  for (let n = first; n < first + Number(values.count) && bad < Number(values.stop); n++) {
    const { name, differences } = runCase(new Random(Number(values.seed), n), n);
    if (differences.length === 0) continue;
    bad++;
    console.log(`case ${n}${name}:\n  ${differences.join('\n  ')}`);
  }
  process.exitCode = bad === 0 ? 0 : 1;
  return bad;
}
