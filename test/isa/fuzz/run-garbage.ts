// Random bytes on both engines, by hand:
//
//   node test/isa/fuzz/run-garbage.ts --count 100000 --seed 1 [--mode real] [--steps 200] [--piece 1] [--stop 10] [--engine interp]
//
// Without --piece the engines are compared after every instruction, every 7, or every 100, by turns. A mismatch
// found with long pieces is run again an instruction at a time to show the first that differs.
import { parseArgs } from 'node:util';
import { cpuFeatures } from '../../../src/x86/cpuid/features.ts';
import { decode, MAXIMUM_LENGTH } from '../../../src/x86/decode/decode.ts';
import { modeFromKey } from '../../../src/x86/decode/mode.ts';
import { printInstruction } from '../../../src/x86/decode/print.ts';
import * as L from '../../../src/x86/state/layout.ts';
import { engineNamed } from '../../engines.ts';
import { counts, GarbageMachine, loadGarbage, makeGarbage, runGarbage } from './garbage.ts';
import { GARBAGE_MODES, type GarbageMode } from './garbage-worlds.ts';
import { Random } from './random.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    mode: { type: 'string' },
    steps: { type: 'string', default: '200' },
    piece: { type: 'string' },
    stop: { type: 'string', default: '10' },
    engine: { type: 'string', default: 'interp' },
  },
});
const seed = Number(values.seed);
const first = Number(values.from);
const steps = Number(values.steps);
const a = new GarbageMachine('reference');
const b = new GarbageMachine(engineNamed(values.engine));
const features = cpuFeatures().decode;

/** The instruction that the reference engine would execute now. */
function instructionText(): string {
  const { state } = a.vcpu;
  const mode = modeFromKey(state.get32(L.MODE));
  const bytes = new Uint8Array(MAXIMUM_LENGTH);
  const linear = mode.bits === 64 ? state.rip : state.rip + state.segments[L.CS]!.base;
  const available = (
    a.vcpu as unknown as { cpu: { memory: { fetch(l: number, t: Uint8Array): number } } }
  ).cpu.memory.fetch(linear, bytes);
  const decoded = decode(bytes, available, mode, features);
  const hex = Buffer.from(bytes.subarray(0, decoded?.length ?? available)).toString('hex');
  return `${state.rip.toString(16)}: ${hex} ${decoded ? printInstruction(decoded) : '(cannot be fetched)'}`;
}

const texts = new Map<string, number>();
let mismatches = 0;
let told = performance.now();
for (let n = first; n < first + Number(values.count) && mismatches < Number(values.stop); n++) {
  const mode = (values.mode ?? GARBAGE_MODES[n % GARBAGE_MODES.length]) as GarbageMode;
  const piece = values.piece ? Number(values.piece) : [1, 7, 100][Math.floor(n / GARBAGE_MODES.length) % 3]!;
  const make = () => makeGarbage(new Random(seed, n), mode);
  let found = runGarbage(a, b, make(), steps, piece);
  if (found) {
    mismatches++;
    const single = runGarbage(a, b, make(), steps, 1, true);
    const only = single ? '' : ` (only in pieces of ${piece}, or in memory at the end)`;
    found = single ?? found;
    loadGarbage(a, make());
    a.vcpu.run(found.step);
    const text = instructionText();
    const key = text.split(' ').slice(2, 4).join(' ');
    texts.set(key, (texts.get(key) ?? 0) + 1);
    if (texts.get(key)! <= 2) {
      console.log(`--- seed ${seed}, case ${n}, ${mode}, step ${found.step}${only}: ${text}`);
      for (const line of found.differences) console.log(`    ${line}`);
    }
  }
  if (performance.now() - told > 10_000) {
    told = performance.now();
    console.log(`${n - first + 1} cases, ${mismatches} mismatches`);
  }
}
console.log(
  `at most ${counts.steps} instructions, ${mismatches} mismatches (reference first, ${values.engine} second)`,
);
for (const [text, times] of texts) console.log(`${times} x ${text}`);
process.exitCode = mismatches === 0 ? 0 : 1;
