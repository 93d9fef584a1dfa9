// Compares stretches of a boot on the interpreter and on the reference engine by hand:
//   node test/isa/lockstep/stretches.ts --kernel FILE [--initrd FILE] [--append TEXT] [--memory MIB]
//                          [--every N] [--until N] [--length N] [--step N] [--memory-each-step]
// Stretches of `length` instructions start at every N instructions.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { lockstep } from './lockstep.ts';

const { values } = parseArgs({
  options: {
    kernel: { type: 'string' },
    initrd: { type: 'string' },
    append: { type: 'string', default: 'console=ttyS0 nokaslr' },
    memory: { type: 'string', default: '128' },
    from: { type: 'string', default: '0' },
    every: { type: 'string', default: '100000000' },
    until: { type: 'string', default: '6000000000' },
    length: { type: 'string', default: '200000' },
    step: { type: 'string', default: '10000' },
    'memory-each-step': { type: 'boolean', default: false },
  },
});
if (!values.kernel) throw new Error('--kernel FILE is needed');
const starts: number[] = [];
for (let at = Number(values.from); at < Number(values.until); at += Number(values.every)) starts.push(at);
const problem = lockstep({
  kernel: readFileSync(values.kernel),
  initrd: values.initrd === undefined ? undefined : readFileSync(values.initrd),
  commandLine: values.append,
  memory: Number(values.memory) * 2 ** 20,
  starts,
  length: Number(values.length),
  step: Number(values.step),
  memoryEachStep: values['memory-each-step'],
  say: (line) => console.error(line),
  serial: (byte) => process.stdout.write(Uint8Array.of(byte)),
});
console.log(problem ?? 'all stretches agree');
process.exitCode = problem ? 1 : 0;
