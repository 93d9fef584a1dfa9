import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTIVITY_RUNNING, ACTIVITY_WAIT_FOR_SIPI, CpuState } from './cpu-state.ts';
import * as L from './layout.ts';
import { PROCESSOR_SIGNATURE, resetState, startUp } from './reset.ts';

function fresh(): CpuState {
  return new CpuState(new ArrayBuffer(L.ENGINE_STATE));
}

test('power-on state: FFFFFFF0h in real mode (SDM 3A table 9-1)', () => {
  const state = fresh();
  state.u8.fill(0xff);
  resetState(state);
  const cs = state.segments[L.CS]!;
  assert.deepEqual([cs.selector, cs.base, cs.limit, state.rip], [0xf000, 0xffff_0000, 0xffff, 0xfff0]);
  assert.equal(state.cr0 >>> 0, 0x6000_0010);
  assert.equal(state.rflags, 2);
  assert.equal(state.gpr32(L.RDX), PROCESSOR_SIGNATURE);
  assert.equal(state.get64(L.GPR), 0n);
  assert.equal(state.get32(L.DR + 48), 0xffff_0ff0);
  assert.equal(state.get32(L.IDTR_LIMIT), 0xffff);
  assert.equal(state.get32(L.MXCSR), 0x1f80);
  assert.equal(state.get64(L.APIC_BASE), 0xfee0_0900n);
  assert.equal(state.get32(L.MODE), 0);
  assert.equal(state.get32(L.ACTIVITY), ACTIVITY_RUNNING);
});

test('INIT keeps caches off, the MSRs and the x87 unit; a start-up IPI begins at its page', () => {
  const state = fresh();
  resetState(state, false);
  state.cr0 = 0x8000_0011 | 0;
  state.set64(L.PAT, 0x77n);
  state.set32(L.FCW, 0x37f);
  state.set64(L.CR4, 0x20n);
  resetState(state, false, 'init');
  assert.equal(state.cr0, 0x10);
  assert.equal(state.cr4, 0);
  assert.equal(state.get64(L.PAT), 0x77n);
  assert.equal(state.get32(L.FCW), 0x37f);
  assert.equal(state.get32(L.ACTIVITY), ACTIVITY_WAIT_FOR_SIPI);
  startUp(state, 0x9a);
  const cs = state.segments[L.CS]!;
  assert.deepEqual([cs.selector, cs.base, state.rip], [0x9a00, 0x9a000, 0]);
  assert.equal(state.get32(L.ACTIVITY), ACTIVITY_RUNNING);
});
