// Paging torture by hand:
//   node test/torture/paging-run.ts --count 1000 --seed 1 [--from 0] [--operations 150]
import { parseArgs } from 'node:util';
import { Random } from '../isa/fuzz/random.ts';
import { PAGING_RAM } from './paging-layout.ts';
import { FORMATS, runPagingCase } from './paging-session.ts';
import { Pair } from './pair.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    stop: { type: 'string', default: '5' },
    operations: { type: 'string', default: '150' },
  },
});
const pair = new Pair(PAGING_RAM);
const first = Number(values.from);
let bad = 0;
const vectors = new Map<number, number>();
for (let n = first; n < first + Number(values.count) && bad < Number(values.stop); n++) {
  const found = runPagingCase(pair, new Random(Number(values.seed), n), n, Number(values.operations));
  for (const [vector, count] of found.vectors) vectors.set(vector, (vectors.get(vector) ?? 0) + count);
  if (found.differences.length === 0) continue;
  bad++;
  console.log(`case ${n} (${FORMATS[n % 3]}):\n  ${found.differences.join('\n  ')}`);
}
console.log(`${bad} mismatches; expected vectors`, vectors);
process.exitCode = bad === 0 ? 0 : 1;
