import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CpuState } from '../../x86/state/cpu-state.ts';
import * as L from '../../x86/state/layout.ts';
import * as E from '../soft/engine-state.ts';
import { JumpKeys, NO_KEY } from './jump-key.ts';

const newState = () => new CpuState(new ArrayBuffer(4 << 20));

test('user and supervisor code have jump keys of their own', () => {
  const state = newState();
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
  assert.equal(state.get32(E.JUMP_KEY), NO_KEY);
  assert.notEqual(keys.current(), user);
  state.cpl = 0;
  assert.notEqual(keys.current(), kernel);
});

test('modes have keys of their own, which all become others', () => {
  const state = newState();
  const keys = new JumpKeys(state, () => assert.fail());
  const of = (mode: number) => {
    state.set32(L.MODE, mode);
    return keys.current();
  };
  // More than are remembered at a time.
  const modes = Array.from({ length: 20 }, (_, i) => i * 7);
  assert.equal(new Set(modes.map(of)).size, 20);
  const last = of(19 * 7);
  assert.equal(of(19 * 7), last);
  const other = of(18 * 7);
  keys.renew(false);
  assert.ok(of(19 * 7) > last);
  assert.ok(of(18 * 7) > other);
  assert.ok(of(0) > last);
});

test('before keys are used again, somebody is told', () => {
  const state = newState();
  let wraps = 0;
  const keys = new JumpKeys(state, () => wraps++);
  const first = keys.current();
  for (let i = 0; i < 0xfffd; i++) keys.renew(false);
  assert.equal(wraps, 0);
  assert.equal(keys.current(), 0xfffe);
  keys.renew(false);
  assert.equal(wraps, 1);
  assert.equal(state.get32(E.JUMP_KEY), NO_KEY);
  assert.equal(keys.current(), 1);
  assert.ok(first > 0);
  // A mode that has none, when there is none left.
  for (let i = 0; i < 0xfffd; i++) keys.renew(false);
  state.set32(L.MODE, 7);
  assert.equal(keys.current(), 1);
  assert.equal(wraps, 2);
});
