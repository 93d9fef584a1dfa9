// Programs full of events by hand:
//   node test/torture/event-run.ts --count 1000 --seed 1 [--from 0]
import { EVENT_RAM } from './event-program.ts';
import { runEventCase } from './event-session.ts';
import { Pair } from './pair.ts';
import { runCases, runnerOptions } from './run-cases.ts';

const pair = new Pair(EVENT_RAM);
let instructions = 0;
let ends = 0;
const bad = runCases(runnerOptions({}), (random, n) => {
  const { differences, retired, ended } = runEventCase(pair, random, n);
  instructions += retired;
  if (ended) ends++;
  return { name: '', differences };
});
console.log(`${bad} mismatches, ${ends} programs ended, ${instructions} instructions`);
