// A loop with more instructions than regions take in at first: in the end one region has it, and the others are gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { InterpVcpu } from '../interp/interp-vcpu.ts';
import { bareWires, enterFlat32 } from '../testing.ts';
import { JitVcpu } from './jit-vcpu.ts';
import { assemble } from './testing-code.ts';

const CODE = 0x1000;
const PARTS = 140;

/** Parts that run or not by the low bit of EBX, which turns; 5 instructions each. */
const LONG_LOOP = [
  'b9 ff ff ff 7f bb 6d 5b 2a 91', // mov ecx, ...; mov ebx, ...
  'head:',
  ...Array.from({ length: PARTS }, (_, i) => [
    'f6 c3 01', `74 >skip${i}`, '01 d8', // test bl, 1; jz; add eax, ebx
    `skip${i}:`, '40', 'd1 cb', // inc eax; ror ebx, 1
  ]).flat(),
  '49', '0f 85 >>head', 'done:', 'eb >done', // dec ecx; jnz
]; // biome-ignore format: a program

function memory(): GuestMemory {
  const result = new GuestMemory(1 << 20);
  result.u8.set(assemble(LONG_LOOP, CODE).bytes, CODE);
  return result;
}

test('a long loop becomes one region, and runs as in the interpreter', () => {
  const plain = new InterpVcpu(bareWires(memory()));
  const vcpu = new JitVcpu(bareWires(memory()), {
    ...{ hotSamples: 3, hotRuns: 100, sampleInterval: 1000, batch: 1, counts: true },
  });
  const both = [plain, vcpu];
  for (const one of both) {
    enterFlat32(one.state, CODE);
    one.stateChanged();
  }
  const runTo = (total: number) => {
    for (const one of both) while (one.retired < total) one.run(Math.min(50_000, total - one.retired));
    const registers = both.map(({ state }) => [...Array(8).keys()].map((r) => state.gpr(r)));
    assert.deepEqual(registers[1], registers[0]);
    assert.equal(vcpu.state.rip, plain.state.rip);
    assert.equal(vcpu.state.rflags, plain.state.rflags);
  };
  const linked = () => vcpu.statistics().get('exits from regions: linked branch')!;
  runTo(5_000_000);
  const before = linked();
  runTo(6_000_000);
  const statistics = vcpu.statistics();
  assert.ok(statistics.get('regions dropped as another holds their loop')! > 0, 'parts stay');
  // 1,400 turns of some 630 instructions each.
  assert.ok(linked() - before < 100, `${linked() - before} exits`);
  assert.ok(statistics.get('instructions in regions now')! < 6 * 5 * PARTS, 'copies of it stay');
});
