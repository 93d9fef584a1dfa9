// Region torture by hand:
//
//   node test/jit/run.ts --count 1000 --seed 1 [--from 0] [--stop 5] [--engine jit] [--oracle interp]
//                        [--list N: print the program of case N] [--keep: no minimising]
import { parseArgs } from 'node:util';
import { engineNamed } from '../engines.ts';
import { Pair } from '../torture/pair.ts';
import { assembleRegionProgram } from './assemble.ts';
import { minimiseRegionProgram } from './minimise.ts';
import { listRegionProgram } from './print.ts';
import { regionCase, runRegionCase, runRegionProgram } from './session.ts';
import { REGION_RAM } from './world.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    stop: { type: 'string', default: '5' },
    engine: { type: 'string', default: 'interp' },
    oracle: { type: 'string', default: 'reference' },
    list: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
if (values.list !== undefined) {
  const { program, runs } = regionCase(seed, Number(values.list));
  console.log(listRegionProgram(program).join('\n'));
  console.log(JSON.stringify(runs));
} else run();

function run(): void {
  const pair = new Pair(REGION_RAM, engineNamed(values.engine), engineNamed(values.oracle));
  let [bad, instructions, exceptions, ended, tooLong] = [0, 0, 0, 0, 0];
  const started = performance.now();
  let told = started;
  const first = Number(values.from);
  let n = first;
  for (; n < first + Number(values.count) && bad < Number(values.stop); n++) {
    const outcome = runRegionCase(pair, seed, n);
    instructions += outcome.retired;
    exceptions += outcome.exceptions;
    if (outcome.ended) ended++;
    if (outcome.retired === 0) tooLong++;
    if (outcome.differences.length > 0) {
      bad++;
      report(pair, n, outcome);
    }
    if (performance.now() - told > 10_000) {
      told = performance.now();
      console.log(`${n - first + 1} cases, ${bad} mismatches`);
    }
  }
  console.log(
    `${n - first} cases of seed ${seed}: ${bad} mismatches; ${ended} ended, ${tooLong} too long, ${instructions} instructions, ${exceptions} exceptions, ${Math.round((performance.now() - started) / 1000)} s`,
  );
  process.exitCode = bad === 0 ? 0 : 1;
}

function report(pair: Pair, n: number, outcome: ReturnType<typeof runRegionCase>): void {
  const { program } = regionCase(seed, n);
  const how = outcome.run!;
  console.log(`\n--- seed ${seed}, case ${n}, ${program.bits}-bit, ${JSON.stringify(how)}`);
  for (const line of outcome.differences) console.log(`    ${line}`);
  if (values.keep) return;
  const fails = (candidate: typeof program) => {
    if (!assembleRegionProgram(candidate)) return false;
    return runRegionProgram(pair, candidate, how).differences.length > 0;
  };
  if (!fails(program)) {
    console.log('    (not seen again when run alone)');
    return;
  }
  const small = minimiseRegionProgram(program, fails);
  console.log(
    `minimised (interrupts at ${JSON.stringify(small.interrupts)}, spoiled ${small.spoiled.toString(16)}):`,
  );
  console.log(listRegionProgram(small).join('\n'));
  for (const line of runRegionProgram(pair, small, how).differences) console.log(`    ${line}`);
}
