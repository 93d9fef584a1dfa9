// `npm run bench`: every benchmark, one after the other, and one table of goals at the end. The figures
// are ratios to peers in the same run (bench/interpreter.ts, bench/boot.ts); nothing here is a test.
import { BOOT_HELP, bootBenchmark, parseBootOptions } from './boot.ts';
import { INTERPRETER_HELP, interpreterBenchmark, parseInterpreterOptions } from './interpreter.ts';
import { goalRows } from './report.ts';

const HELP = `npm run bench                     all of them, with their defaults (about five minutes)
npm run bench -- interpreter ...  one of them, with its options
npm run bench -- boot ...

${INTERPRETER_HELP}
${BOOT_HELP}
v86 comes with npm ci; QEMU is Debian's qemu-system-x86. What is missing is left out of the comparison.
`;

async function main(words: readonly string[]): Promise<void> {
  const [first, ...others] = words;
  const named = first !== undefined && !first.startsWith('-');
  const options = named ? others : words;
  if (named && first !== 'interpreter' && first !== 'boot') {
    throw new Error(`there is no benchmark ${first}; --help lists them`);
  }
  if (!named && words.length > 0 && words[0] !== '--help' && words[0] !== '-h') {
    throw new Error('name a benchmark before its options; --help lists them');
  }
  const interpreter = first !== 'boot' ? parseInterpreterOptions(options) : null;
  const boot = first !== 'interpreter' ? parseBootOptions(options) : null;
  if (!interpreter && !boot) {
    process.stdout.write(HELP);
    return;
  }
  const goals = [
    ...(interpreter ? await interpreterBenchmark(interpreter) : []),
    ...(boot ? await bootBenchmark(boot) : []),
  ];
  process.stdout.write(`\n${goalRows(goals)}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
