// Deterministic mode (decision D4): the same boot twice gives the same state hash at every million instructions, even
// where one run is cut into other slices than the other. The first part of a boot in the usual test run; with
// DOPPEL_WHOLE_BOOT=1 all of it, to the shell and through a command to power-off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StateHasher } from '../../src/debug/state-hash.ts';
import { InterpVcpu } from '../../src/engine/interp/interp-vcpu.ts';
import type { Machine } from '../../src/machine/vm/machine.ts';
import { debianMachine, noGuests, PROMPT } from './session.ts';

const MILLION = 1_000_000;
const WHOLE = process.env.DOPPEL_WHOLE_BOOT === '1';
const MILLIONS = WHOLE ? 20_000 : 1500;

/** Runs to an instruction count in slices of at most `slice`; false when the machine has ended. */
function advance(machine: Machine, target: number, slice: number): boolean {
  while (machine.vcpu.retired < target) {
    const exit = machine.step(Math.min(slice, target - machine.vcpu.retired));
    if (exit.reason === 'Shutdown') return false;
    if (exit.reason === 'Hlt') {
      if ((machine.vcpu.state.rflags & (1 << 9)) === 0) return false;
      // Nothing but input wakes the guest: as far as it goes.
      if (machine.idle() > 0) return true;
    }
    if (machine.ended) return false;
  }
  return true;
}

/** One hash a million instructions. Types a command when the shell is there, at an instruction count of its own. */
async function* hashes(slice: number): AsyncGenerator<string> {
  let output = '';
  let typed = false;
  const machine = await debianMachine({ kernel: 'amd64', time: 'deterministic', memory: 128 }, (byte) => {
    output += String.fromCharCode(byte);
  });
  const { vcpu, memory } = machine;
  assert.ok(vcpu instanceof InterpVcpu);
  const hasher = new StateHasher({
    state: vcpu.state,
    memory,
    trackWrites: () => vcpu.mmu.trackWrites(),
  });
  yield hasher.hash();
  for (let million = 1; million <= MILLIONS; million++) {
    const alive = advance(machine, million * MILLION, slice);
    yield hasher.hash();
    if (!alive) return;
    if (!typed && PROMPT.test(output)) {
      typed = true;
      machine.serialInput(new TextEncoder().encode('uname -a; poweroff\r'));
    }
  }
}

test('the same boot twice is the same at every million instructions', { skip: noGuests() }, async () => {
  const one = hashes(MILLION);
  const two = hashes(333_331);
  const seen = new Set<string>();
  for (let million = 0; ; million++) {
    const [a, b] = [await one.next(), await two.next()];
    assert.equal(a.done, b.done);
    if (a.done || b.done) break;
    assert.equal(a.value, b.value, `after ${million} million instructions`);
    seen.add(a.value);
  }
  assert.ok(seen.size > 300, `${seen.size} different states`);
});
