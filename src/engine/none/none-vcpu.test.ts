import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTIVITY_HALTED } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import type { Vcpu } from '../vcpu.ts';
import { NoneVcpu } from './none-vcpu.ts';

test('nothing runs, and what devices ask for is counted', () => {
  const none = new NoneVcpu();
  const vcpu: Vcpu = none;
  assert.deepEqual(vcpu.run(1_000_000), { reason: 'Hlt' });
  assert.equal(vcpu.retired, 0);
  vcpu.kick();
  vcpu.raiseNmi();
  vcpu.raiseNmi();
  assert.deepEqual([none.kicks, none.nmis], [1, 2]);
  vcpu.reset();
  assert.equal(vcpu.state.get32(L.ACTIVITY), ACTIVITY_HALTED);
  assert.equal(vcpu.state.rip, 0xfff0);
});
