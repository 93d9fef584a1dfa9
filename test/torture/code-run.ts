// Self-modifying code by hand:
//   node test/torture/code-run.ts --count 1000 --seed 1 [--from 0]
import { parseArgs } from 'node:util';
import { Random } from '../isa/fuzz/random.ts';
import { CODE_RAM } from './code-program.ts';
import { runCodeCase } from './code-session.ts';
import { Pair } from './pair.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    stop: { type: 'string', default: '5' },
  },
});
const pair = new Pair(CODE_RAM);
const first = Number(values.from);
let bad = 0;
let instructions = 0;
for (let n = first; n < first + Number(values.count) && bad < Number(values.stop); n++) {
  const found = runCodeCase(pair, new Random(Number(values.seed), n), n);
  instructions += pair.reference.retired;
  if (found.differences.length === 0) continue;
  bad++;
  console.log(`case ${n} (${found.what}): ${found.differences.join('; ')}`);
}
console.log(`${bad} mismatches, ${instructions} instructions`);
process.exitCode = bad === 0 ? 0 : 1;
