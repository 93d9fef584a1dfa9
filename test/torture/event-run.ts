// Programs full of events by hand:
//   node test/torture/event-run.ts --count 1000 --seed 1 [--from 0] [--engine interp] [--oracle reference]
import { engineNamed } from '../engines.ts';
import { EVENT_RAM } from './event-program.ts';
import { runEventCase } from './event-session.ts';
import { Pair } from './pair.ts';
import { runCases, runnerOptions } from './run-cases.ts';

const options = runnerOptions({ engine: 'interp', oracle: 'reference' });
const pair = new Pair(EVENT_RAM, engineNamed(options.engine), engineNamed(options.oracle));
let instructions = 0;
let ends = 0;
const bad = runCases(options, (random, n) => {
  const { differences, retired, ended } = runEventCase(pair, random, n);
  instructions += retired;
  if (ended) ends++;
  return { name: '', differences };
});
console.log(`${bad} mismatches, ${ends} programs ended, ${instructions} instructions`);
