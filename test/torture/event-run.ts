// Programs full of events by hand:
//   node test/torture/event-run.ts --count 1000 --seed 1 [--from 0]
import { parseArgs } from 'node:util';
import { Random } from '../isa/fuzz/random.ts';
import { EVENT_RAM } from './event-program.ts';
import { runEventCase } from './event-session.ts';
import { Pair } from './pair.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    stop: { type: 'string', default: '5' },
  },
});
const pair = new Pair(EVENT_RAM);
const first = Number(values.from);
let bad = 0;
let retired = 0;
let ended = 0;
for (let n = first; n < first + Number(values.count) && bad < Number(values.stop); n++) {
  const found = runEventCase(pair, new Random(Number(values.seed), n), n);
  retired += found.retired;
  if (found.ended) ended++;
  if (found.differences.length === 0) continue;
  bad++;
  console.log(`case ${n}: ${found.differences.join('; ')}`);
}
console.log(`${bad} mismatches, ${ended} programs ended, ${retired} instructions`);
process.exitCode = bad === 0 ? 0 : 1;
