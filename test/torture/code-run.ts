// Self-modifying code by hand:
//   node test/torture/code-run.ts --count 1000 --seed 1 [--from 0] [--engine interp] [--oracle reference]
import { engineNamed } from '../engines.ts';
import { CODE_RAM } from './code-program.ts';
import { runCodeCase } from './code-session.ts';
import { Pair } from './pair.ts';
import { runCases, runnerOptions } from './run-cases.ts';

const options = runnerOptions({ engine: 'interp', oracle: 'reference' });
const pair = new Pair(CODE_RAM, engineNamed(options.engine), engineNamed(options.oracle));
let instructions = 0;
const bad = runCases(options, (random, n) => {
  const { what, differences } = runCodeCase(pair, random, n);
  instructions += pair.oracle.retired;
  return { name: ` (${what})`, differences };
});
console.log(`${bad} mismatches, ${instructions} instructions`);
