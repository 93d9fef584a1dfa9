import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { JumpKeys } from './jump-key.ts';

test('user and supervisor code have jump keys of their own', () => {
  const state = new CpuState(new ArrayBuffer(4 << 20));
  const keys = new JumpKeys(state, () => assert.fail());
  state.set32(L.MODE, 0x3da);
  state.cpl = 0;
  const kernel = keys.current();
  state.cpl = 3;
  const user = keys.current();
  assert.notEqual(kernel, user);
  // The running code's key becomes one that no entry has, where its own privilege is meant.
  state.set32(E.JUMP_KEY, user);
  keys.renew(false);
  assert.equal(state.get32(E.JUMP_KEY), user);
  assert.equal(keys.current(), user);
  keys.renew(true);
  assert.equal(state.get32(E.JUMP_KEY), 0xffff_ffff);
  assert.notEqual(keys.current(), user);
  state.cpl = 0;
  assert.notEqual(keys.current(), kernel);
});

test('before keys are used again, somebody is told', () => {
  const state = new CpuState(new ArrayBuffer(4 << 20));
  let wraps = 0;
  const keys = new JumpKeys(state, () => wraps++);
  const first = keys.current();
  for (let i = 0; i < 2 ** 21 - 3; i++) keys.renew(false);
  assert.equal(wraps, 0);
  for (let i = 0; i < 4; i++) keys.renew(false);
  assert.equal(wraps, 1);
  assert.ok(first > 0);
});
