// Random tables, random registers, random transfers: whatever the guest puts into its descriptor tables,
// the only thing that may be thrown is a GuestFault, and what comes out is a state that makes sense.
// DOPPEL_FUZZ_COUNT: how many operations.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeCr0, writeCr3, writeCr4 } from '../control/control-registers.ts';
import { systemCall, systemEnter, systemExit, systemReturn } from '../control/syscall.ts';
import { deliverException, deliverInterrupt } from '../exceptions/deliver.ts';
import { GuestFault } from '../exceptions/fault.ts';
import { interruptReturn } from '../exceptions/iret.ts';
import { softwareInterrupt } from '../exceptions/software.ts';
import type { Cpu } from '../helpers/cpu.ts';
import { writeMsr } from '../msr/msr.ts';
import type { CpuState } from '../state/cpu-state.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import { isCanonical } from '../state/predicates.ts';
import {
  GDT,
  IDT,
  makeTestCpu,
  protectedMode,
  setTestSegment,
  type TestCpu,
  TSS,
  userMode,
} from '../testing/test-cpu.ts';
import { farCall, farJump, farReturn } from './far.ts';
import { accessRights, segmentLimit, verifySegment } from './inspect.ts';
import { loadLocalTable, loadSegment, loadTaskRegister } from './load.ts';

const COUNT = Number(process.env.DOPPEL_FUZZ_COUNT ?? 20_000);
const SEED = 0x5eed;

/** xorshift32. */
function generator(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

const ATTRIBUTES = [
  0x93, 0xf3, 0x9b, 0xfb, 0x9f, 0x97, 0x82, 0x89, 0x8b, 0x81, 0x8c, 0xec, 0xe5, 0x84, 0x10, 0x1b,
];
const BITS = [16, 32, 64] as const;

/** Mostly plausible descriptors, so that more than the first check is reached. */
function fillTables(rig: TestCpu, random: () => number): void {
  for (let at = GDT; at < GDT + 0x100; at += 8) {
    rig.ram.write32(at, random() & 3 ? (random() & 0xff00_0000) | 0xffff : random());
    const attributes = ATTRIBUTES[random() % ATTRIBUTES.length]! | (random() & 0x60);
    rig.ram.write32(
      at + 4,
      ((random() & 0x00f0_0000) | (attributes << 8) | (random() & 3 ? 0 : random())) >>> 0,
    );
  }
  for (let at = IDT; at < IDT + 0x1000; at += 8) {
    rig.ram.write32(at, (((random() & 0xf8) << 16) | (random() & 0xffff)) >>> 0);
    rig.ram.write32(
      at + 4,
      ((random() & 0xffff_0000) | 0x8000 | ([5, 6, 7, 14, 15, 14][random() % 6]! << 8)) >>> 0,
    );
  }
  for (let at = TSS; at < TSS + 0x100; at += 4)
    rig.ram.write32(at, random() & 1 ? random() & 0xfff8 : random());
  for (let at = 0x6f00; at < 0x8100; at += 4) rig.ram.write32(at, random() & 3 ? random() & 0xff : random());
}

function prepare(rig: TestCpu, random: () => number): void {
  const { state } = rig;
  state.cr4 = 0;
  state.efer = 0;
  state.cr0 = 0x10;
  state.rflags = 2;
  state.rip = 0x5000;
  const mode = random() % 6;
  fillTables(rig, random);
  if (mode === 0) {
    state.cpl = 0;
    for (let n = 0; n < 6; n++) setTestSegment(state, n, 0x100 * n, 0x1000 * n, 0xffff, 0x93);
  } else if (mode === 1) protectedMode(rig);
  else if (mode === 2) userMode(rig);
  else if (mode === 3) protectedMode(rig, '64-bit');
  else if (mode === 4) userMode(rig, '64-bit');
  else {
    userMode(rig);
    state.rflags = 0x2_0002;
    state.cr4 = random() & 1;
    for (let n = 0; n < 6; n++) setTestSegment(state, n, 0x100, 0x1000, 0xffff, 0xf3);
  }
  // protectedMode has written good descriptors into places that may stay or go.
  if (random() & 1) rig.ram.write32(GDT + 8 * (random() % 8) + 4, random());
  state.u32[L.FLAGS >> 2]! |= random() & 0x1d_7700 & (state.efer ? ~0x4000 : ~0);
  state.setGprNumber(L.RSP, random() & 7 ? 0x7000 + (random() & 0xfff) : random());
  if (random() % 16 === 0) state.set64(L.GPR + 8 * L.RSP, BigInt(random()) << 32n);
  setTestSegment(state, L.TR, 0x28, TSS, random() & 1 ? 0x67 : random() & 0xff, random() & 1 ? 0x8b : 0x83);
  for (const field of [L.STAR, L.LSTAR, L.SYSENTER_CS, L.SYSENTER_EIP]) state.set64(field, BigInt(random()));
  rig.memory.flushAll('dropGlobal');
  updateDerivedState(state);
}

interface Operands {
  readonly cpu: Cpu;
  readonly random: () => number;
  readonly selector: number;
  readonly offset: number;
  readonly bits: 16 | 32 | 64;
}

const UNPRIVILEGED: readonly ((o: Operands) => void)[] = [
  (o) => loadSegment(o.cpu, [0, 2, 3, 4, 5][o.random() % 5]!, o.selector),
  (o) => farJump(o.cpu, o.selector, o.offset),
  (o) => farCall(o.cpu, o.selector, o.offset, o.bits),
  (o) => farReturn(o.cpu, o.bits, o.random() & 0xff),
  (o) => interruptReturn(o.cpu, o.bits),
  (o) => interruptReturn(o.cpu, o.bits),
  (o) => interruptReturn(o.cpu, o.bits),
  (o) => softwareInterrupt(o.cpu, o.random() & 0xff),
  (o) => {
    deliverException(o.cpu, new GuestFault(o.random() % 20, o.random() & 1 ? 0 : -1));
  },
  (o) => {
    deliverInterrupt(o.cpu, o.random() & 0xff, o.random() & 1 ? 'external' : 'nmi');
  },
  (o) => {
    accessRights(o.cpu, o.selector);
    segmentLimit(o.cpu, o.selector);
    verifySegment(o.cpu, o.selector, 'read');
  },
  (o) => systemCall(o.cpu),
  (o) => systemReturn(o.cpu, o.bits),
  (o) => systemEnter(o.cpu),
  (o) => systemExit(o.cpu),
];
/** Their meanings check CPL first. */
const PRIVILEGED: readonly ((o: Operands) => void)[] = [
  (o) => loadLocalTable(o.cpu, o.selector),
  (o) => loadTaskRegister(o.cpu, o.selector),
  (o) => writeCr0(o.cpu, o.random(), o.random() & 3 ? 0 : o.random()),
  (o) => writeCr3(o.cpu, o.random(), 0),
  (o) => writeCr4(o.cpu, o.random() & 0x3f_ffff, 0),
  (o) => writeMsr(o.cpu, 0xc000_0080 + (o.random() & 7), o.random(), o.random() & 1 ? 0 : o.random()),
  (o) => writeMsr(o.cpu, o.random() & 0xfff, o.random(), o.random() & 1 ? 0 : o.random()),
];

function operate(rig: TestCpu, random: () => number): void {
  const operations = rig.state.cpl === 0 ? [...UNPRIVILEGED, ...PRIVILEGED] : UNPRIVILEGED;
  operations[random() % operations.length]!({
    cpu: rig.cpu,
    random,
    selector: random() & 7 ? random() & 0xff : random() & 0xffff,
    offset: random() & 1 ? random() & 0xffff : random(),
    bits: BITS[random() % (rig.state.efer ? 3 : 2)]!,
  });
}

function checkSense(state: CpuState): void {
  const { rip } = state;
  assert.ok(Number.isInteger(rip) && isCanonical(rip), `RIP ${rip}`);
  if ((state.get32(L.MODE) & 3) !== 2)
    assert.ok(rip >= 0 && rip <= 0xffff_ffff, `RIP ${rip} outside 64-bit mode`);
  assert.ok(state.cpl >= 0 && state.cpl <= 3);
  const v86 = (state.get32(L.FLAGS) & (1 << 17)) !== 0;
  if ((state.cr0 & 1) === 0 && !v86) assert.equal(state.cpl, 0, 'CPL in real mode');
  const mode = state.get32(L.MODE);
  updateDerivedState(state);
  assert.equal(state.get32(L.MODE), mode, 'derived state is current');
}

test('system operations on random tables raise guest faults only', () => {
  const random = generator(SEED);
  const rig = makeTestCpu();
  let passed = 0;
  for (let i = 0; i < COUNT; i++) {
    prepare(rig, random);
    try {
      operate(rig, random);
      passed++;
    } catch (thrown) {
      if (!(thrown instanceof GuestFault)) throw new Error(`operation ${i}`, { cause: thrown });
    }
    checkSense(rig.state);
  }
  assert.ok(passed > COUNT / 5, `${passed} of ${COUNT} went through`);
});
