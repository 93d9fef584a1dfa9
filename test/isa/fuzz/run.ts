// The fuzzer by hand:
//
//   node test/isa/fuzz/run.ts --count 1000000 --seed 1 [--engine interp|reference|jit|hot|all] [--bits 32|64|both]
//        [--no-host] [--any-host] [--from N] [--stop MISMATCHES] [--quiet]
//
// Prints progress every few seconds and each mismatch minimised, with the line for the file of regressions.
import { parseArgs } from 'node:util';
import { SUBJECTS } from '../../engines.ts';
import { type RunnerName, runnerNamed } from './guest.ts';
import { imageText, minimise } from './minimise.ts';
import { openNativeRunner } from './native.ts';
import { type Bits, listProgram, makeProgram, type Program } from './program.ts';
import { type Mismatch, Session } from './session.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    engine: { type: 'string', default: 'all' },
    bits: { type: 'string', default: 'both' },
    stop: { type: 'string', default: '10' },
    'no-host': { type: 'boolean', default: false },
    'any-host': { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
});

const seed = Number(values.seed);
const first = Number(values.from);
const count = Number(values.count);
const engines: RunnerName[] =
  values.engine === 'all' ? ['reference', ...SUBJECTS] : values.engine.split(',').map(runnerNamed);
if (values['no-host'] && engines[0] !== 'reference') engines.unshift('reference');
const native = values['no-host'] ? 'asked not to use it' : openNativeRunner(values['any-host']);
if (typeof native === 'string') console.log(`The host is no oracle (${native}): comparing engines only.`);
const session = new Session(typeof native === 'string' ? null : native, engines);
const BATCH = 256;
const PROGRESS_MILLISECONDS = 10_000;

const bitsOf = (number: number): Bits =>
  values.bits === '32' ? 32 : values.bits === '64' ? 64 : number % 4 === 3 ? 32 : 64;

/** What the mismatches of one cause have in common: the mnemonics of the minimised program. */
const seen = new Map<string, number>();

function report({ program, engine, oracle, differences }: Mismatch, number: number): void {
  const again = session.check(program, engine).length > 0;
  const small = again
    ? minimise(program, (candidate) => session.check(candidate, engine).length > 0)
    : program;
  const lines = listProgram(small);
  const cause = `${engine} ${lines.map((line) => line.slice(35).split(' ')[0]).join(' ')}`;
  seen.set(cause, (seen.get(cause) ?? 0) + 1);
  if (seen.get(cause)! > 2) return;
  console.log(
    `\n--- ${engine} differs from the ${oracle}: seed ${seed}, program ${number}, ${program.bits}-bit`,
  );
  console.log(lines.join('\n'));
  for (const line of again ? session.check(small, engine) : differences) console.log(`    ${line}`);
  if (!again) console.log('    (not seen again when run alone)');
  else
    console.log(
      `    case: NAME ${small.bits} ${Buffer.from(small.code).toString('hex')} ${imageText(small)}`,
    );
}

let mismatches = 0;
let told = performance.now();
const started = told;
for (let at = first; at < first + count && mismatches < Number(values.stop); at += BATCH) {
  const numbers = new Map<Program, number>();
  for (let n = at; n < Math.min(at + BATCH, first + count); n++)
    numbers.set(makeProgram(seed, n, bitsOf(n)), n);
  for (const mismatch of session.run([...numbers.keys()])) {
    mismatches++;
    if (mismatches > Number(values.stop)) break;
    report(mismatch, numbers.get(mismatch.program)!);
  }
  if (performance.now() - told > PROGRESS_MILLISECONDS && !values.quiet) {
    told = performance.now();
    const rate = Math.round((session.programs * 1000) / (told - started));
    console.log(
      `${session.programs} programs, ${mismatches} mismatches, ${session.endless} endless, ${rate} a second`,
    );
  }
}
for (const [cause, times] of seen) console.log(`${times} x ${cause}`);
console.log(
  `${session.programs} programs (seed ${seed}), ${session.faults} ended by an exception, ${session.endless} endless: ${mismatches} mismatches`,
);
if (typeof native !== 'string') native.close();
process.exitCode = mismatches === 0 ? 0 : 1;
