import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as C from '../state/control-bits.ts';
import {
  FLAG_AC,
  FLAG_IF,
  FLAG_IOPL,
  FLAG_NT,
  FLAG_RF,
  FLAG_TF,
  FLAG_VIF,
  FLAG_VIP,
  FLAG_VM,
} from '../state/cpu-state.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { makeTestCpu, protectedMode, userMode } from '../testing/test-cpu.ts';
import { clearVirtualInterrupt, popFlags, pushedFlags, setVirtualInterrupt } from './flags.ts';

const gp = { vector: 13, errorCode: 0 };

test('POPF: what takes effect depends on CPL, IOPL and the operand size', () => {
  const all = 0x3f_7fd7;
  const cases: readonly (readonly [number, number, number, number])[] = [
    // CPL, IOPL before, operand size, bits that a value of all ones sets.
    [0, 0, 32, 0x24_7fd5],
    [0, 0, 16, 0x00_7fd5],
    [3, 0, 32, 0x24_4dd5],
    [3, 3, 32, 0x24_4fd5],
    [1, 1, 16, 0x00_4fd5],
  ];
  for (const [cpl, iopl, size, expected] of cases) {
    const rig = makeTestCpu();
    protectedMode(rig);
    rig.state.cpl = cpl;
    rig.state.rflags = 2 | (iopl << 12) | FLAG_RF;
    popFlags(rig.cpu, all, size);
    assert.equal(
      rig.state.rflags,
      (expected | 2 | (iopl << 12)) >>> 0,
      `CPL ${cpl} IOPL ${iopl} size ${size}`,
    );
  }
  const { cpu, state } = makeTestCpu();
  popFlags(cpu, 0xffff, 16);
  assert.equal(state.rflags, 0x7fd7, 'real mode');
});

test('virtual-8086 mode with IOPL below 3 needs VME, and shows VIF as IF', () => {
  const rig = makeTestCpu();
  const { cpu, state } = rig;
  userMode(rig);
  state.rflags = 2 | FLAG_VM | FLAG_IF;
  updateDerivedState(state);
  assert.throws(() => pushedFlags(cpu, 16), gp);
  assert.throws(() => popFlags(cpu, 0, 16), gp);
  assert.throws(() => clearVirtualInterrupt(cpu), gp);
  state.cr4 |= C.CR4_VME;
  assert.throws(() => pushedFlags(cpu, 32), gp);
  assert.equal(pushedFlags(cpu, 16), 2 | FLAG_IOPL, 'IF is VIF, which is clear');
  setVirtualInterrupt(cpu);
  assert.equal(pushedFlags(cpu, 16) & 0xffff, 2 | FLAG_IOPL | FLAG_IF);
  popFlags(cpu, 0x1, 16);
  assert.equal(state.rflags, 3 | FLAG_VM | FLAG_IF);
  popFlags(cpu, FLAG_IF, 16);
  assert.equal(state.rflags, 2 | FLAG_VM | FLAG_IF | FLAG_VIF);
  state.u32[L.FLAGS >> 2]! |= FLAG_VIP;
  assert.throws(() => popFlags(cpu, FLAG_IF, 16), gp);
  assert.throws(() => popFlags(cpu, FLAG_TF, 16), gp);
  assert.throws(() => setVirtualInterrupt(cpu), gp);
  state.rflags = 2 | FLAG_VM | FLAG_IOPL;
  popFlags(cpu, FLAG_IF | FLAG_AC | FLAG_NT, 32);
  assert.equal(state.rflags, 2 | FLAG_VM | FLAG_IOPL | FLAG_IF | FLAG_AC | FLAG_NT);
});

test('protected-mode virtual interrupts are for CPL 3 only', () => {
  const rig = makeTestCpu();
  const { cpu, state } = rig;
  userMode(rig);
  assert.throws(() => setVirtualInterrupt(cpu), gp);
  state.cr4 |= C.CR4_PVI;
  setVirtualInterrupt(cpu);
  assert.equal(state.get32(L.FLAGS) & (FLAG_VIF | FLAG_IF), FLAG_VIF);
  clearVirtualInterrupt(cpu);
  assert.equal(state.get32(L.FLAGS) & FLAG_VIF, 0);
  state.cpl = 2;
  assert.throws(() => setVirtualInterrupt(cpu), gp);
});
