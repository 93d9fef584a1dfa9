import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InterpVcpu } from '../engine/interp/interp-vcpu.ts';
import { bareWires, enterFlat32 } from '../engine/testing.ts';
import { GuestMemory } from '../memory/guest-memory.ts';
import { StateHasher } from './state-hash.ts';

function machine(code: readonly number[]) {
  const memory = new GuestMemory(4 << 20);
  memory.ram.set(code, 0x1000);
  const vcpu = new InterpVcpu(bareWires(memory));
  enterFlat32(vcpu.state, 0x1000);
  vcpu.stateChanged();
  return { vcpu, memory, state: vcpu.state, trackWrites: () => vcpu.mmu.trackWrites() };
}

// mov edi, 0x20000; mov ecx, 0x8000; 1: mov [edi], ecx; add edi, 68; loop 1b; jmp $
const STORES = [0xbf, 0, 0, 2, 0, 0xb9, 0, 0x80, 0, 0, 0x89, 0x0f, 0x83, 0xc7, 68, 0xe2, 0xf9, 0xeb, 0xfe];
// The same with REP STOSD over 300,000 bytes.
const STRING = [0xfc, 0xbf, 0, 0, 2, 0, 0xb9, 0xf8, 0x24, 1, 0, 0xb8, 7, 6, 5, 4, 0xf3, 0xab, 0xeb, 0xfe];

for (const [name, code] of [
  ['stores', STORES],
  ['a string store', STRING],
] as const) {
  test(`the hash of changed pages is that of all of RAM: ${name}`, () => {
    const one = machine(code);
    const hasher = new StateHasher(one);
    const seen = new Set([hasher.hash()]);
    for (let i = 0; i < 20; i++) {
      one.vcpu.run(3001);
      const hash = hasher.hash();
      assert.equal(hash, new StateHasher(one).hash());
      seen.add(hash);
    }
    assert.equal(seen.size, 21);
  });
}

test('a register, a flag or a byte makes another hash', () => {
  const one = machine([0x90]);
  const hasher = new StateHasher(one);
  const start = hasher.hash();
  assert.equal(hasher.hash(), start);
  one.state.setGpr32(3, 1);
  assert.notEqual(hasher.hash(), start);
  one.state.setGpr32(3, 0);
  assert.equal(hasher.hash(), start);
  one.state.statusFlags = 0x40;
  assert.notEqual(hasher.hash(), start);
  one.state.statusFlags = 0;
  one.memory.write8(0x3fffff, 1);
  assert.notEqual(hasher.hash(), start);
  one.memory.write8(0x3fffff, 0);
  assert.equal(hasher.hash(), start);
});
