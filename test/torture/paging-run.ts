// Paging torture by hand:
//   node test/torture/paging-run.ts --count 1000 --seed 1 [--from 0] [--engine interp] [--oracle reference] [--operations 150]
import { engineNamed } from '../engines.ts';
import { PAGING_RAM } from './paging-layout.ts';
import { FORMATS, runPagingCase } from './paging-session.ts';
import { Pair } from './pair.ts';
import { runCases, runnerOptions } from './run-cases.ts';

const options = runnerOptions({ operations: '150', engine: 'interp', oracle: 'reference' });
const pair = new Pair(PAGING_RAM, engineNamed(options.engine), engineNamed(options.oracle));
const expected = new Map<number, number>();
const bad = runCases(options, (random, n) => {
  const { differences, vectors } = runPagingCase(pair, random, n, Number(options.operations));
  for (const [vector, count] of vectors) expected.set(vector, (expected.get(vector) ?? 0) + count);
  return { name: ` (${FORMATS[n % FORMATS.length]})`, differences };
});
console.log(`${bad} mismatches; expected vectors`, expected);
