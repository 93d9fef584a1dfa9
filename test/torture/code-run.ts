// Self-modifying code by hand:
//   node test/torture/code-run.ts --count 1000 --seed 1 [--from 0]
import { CODE_RAM } from './code-program.ts';
import { runCodeCase } from './code-session.ts';
import { Pair } from './pair.ts';
import { runCases, runnerOptions } from './run-cases.ts';

const pair = new Pair(CODE_RAM);
let instructions = 0;
const bad = runCases(runnerOptions({}), (random, n) => {
  const { what, differences } = runCodeCase(pair, random, n);
  instructions += pair.reference.retired;
  return { name: ` (${what})`, differences };
});
console.log(`${bad} mismatches, ${instructions} instructions`);
