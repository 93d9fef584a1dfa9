// `npm run bench`: every benchmark, one after the other, and one table of goals at the end. The figures
// are ratios to peers in the same run (bench/interpreter.ts, boot.ts, programs.ts) or times (screen.ts); nothing here is a test.
import { BOOT_HELP, bootBenchmark, parseBootOptions } from './boot.ts';
import { DEBIAN_DISK_HELP, debianDiskBenchmark, parseDebianDiskOptions } from './debian-disk.ts';
import { DISK_HELP, diskBenchmark, parseDiskOptions } from './disk.ts';
import { IDLE_HELP, idleBenchmark, parseIdleOptions } from './idle.ts';
import { INTERPRETER_HELP, interpreterBenchmark, parseInterpreterOptions } from './interpreter.ts';
import { PROGRAMS_HELP, parseProgramOptions, programBenchmark } from './programs.ts';
import { type Goal, goalRows } from './report.ts';
import { parseScreenOptions, SCREEN_HELP, screenBenchmark } from './screen.ts';

const HELP = `npm run bench                     all of them, with their defaults (about a quarter of an hour)
npm run bench -- interpreter ...  one of them, with its options
npm run bench -- boot ...
npm run bench -- programs ...
npm run bench -- screen ...
npm run bench -- debian-disk ...
npm run bench -- disk ...
npm run bench -- idle ...

${INTERPRETER_HELP}
${BOOT_HELP}
${PROGRAMS_HELP}
${SCREEN_HELP}
${DEBIAN_DISK_HELP}
${DISK_HELP}
${IDLE_HELP}
v86 comes with npm ci; QEMU is Debian's qemu-system-x86. What is missing is left out of the comparison.
`;

/** Each answers the rows of the goals table, or null when help was asked for. */
const BENCHMARKS: Readonly<Record<string, (words: readonly string[]) => Promise<Goal[]> | null>> = {
  interpreter: (words) => {
    const options = parseInterpreterOptions(words);
    return options && interpreterBenchmark(options);
  },
  boot: (words) => {
    const options = parseBootOptions(words);
    return options && bootBenchmark(options);
  },
  programs: (words) => {
    const options = parseProgramOptions(words);
    return options && programBenchmark(options);
  },
  screen: (words) => {
    const options = parseScreenOptions(words);
    return options && screenBenchmark(options);
  },
  'debian-disk': (words) => {
    const options = parseDebianDiskOptions(words);
    return options && debianDiskBenchmark(options);
  },
  disk: (words) => {
    const options = parseDiskOptions(words);
    return options && diskBenchmark(options);
  },
  idle: (words) => {
    const options = parseIdleOptions(words);
    return options && idleBenchmark(options);
  },
};

async function main(words: readonly string[]): Promise<void> {
  const [first, ...others] = words;
  if (first === '--help' || first === '-h') {
    process.stdout.write(HELP);
    return;
  }
  if (first?.startsWith('-')) throw new Error('name a benchmark before its options; --help lists them');
  if (first !== undefined && !Object.hasOwn(BENCHMARKS, first)) {
    throw new Error(`there is no benchmark ${first}; --help lists them`);
  }
  const goals: Goal[] = [];
  for (const name of first === undefined ? Object.keys(BENCHMARKS) : [first]) {
    const running = BENCHMARKS[name]!(others);
    if (running === null) {
      process.stdout.write(HELP);
      return;
    }
    goals.push(...(await running));
  }
  process.stdout.write(`\n${goalRows(goals)}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
