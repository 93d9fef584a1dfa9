import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GP, NP, SS, TS } from '../exceptions/fault.ts';
import * as C from '../state/control-bits.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import {
  FREE_SELECTOR,
  GDT,
  KERNEL_CODE,
  KERNEL_DATA,
  LDT_SELECTOR,
  makeTestCpu,
  protectedMode,
  setTestSegment,
  TSS,
  TSS_SELECTOR,
  USER_CODE,
  USER_DATA,
  userMode,
  writeDescriptor,
  writeGate,
} from '../testing/test-cpu.ts';
import { farCall, farJump, farReturn } from './far.ts';
import { accessRights, segmentLimit, verifySegment } from './inspect.ts';
import { loadLocalTable, loadSegment, loadTaskRegister } from './load.ts';

const MODE_FLAT_DS = 1 << 8;

test('real mode loads keep limit and rights: unreal mode', () => {
  const { cpu, state } = makeTestCpu();
  setTestSegment(state, L.DS, 0, 0, 0xffff_ffff, 0xc093);
  loadSegment(cpu, L.DS, 0x1234);
  const ds = state.segments[L.DS]!;
  assert.deepEqual([ds.selector, ds.base, ds.limit, ds.attributes], [0x1234, 0x12340, 0xffff_ffff, 0xc093]);
  loadSegment(cpu, L.DS, 0);
  assert.notEqual(state.get32(L.MODE) & MODE_FLAT_DS, 0, 'base 0 and 4 GiB are flat in real mode too');
});

test('protected mode: types, privilege, presence, null, limits of the table, the accessed flag', () => {
  const rig = makeTestCpu();
  const { cpu, state, ram } = rig;
  protectedMode(rig);
  const at = GDT + FREE_SELECTOR;
  writeDescriptor(ram, at, 0x12345678, 0x00fff, 0x4092);
  loadSegment(cpu, L.ES, FREE_SELECTOR);
  const es = state.segments[L.ES]!;
  assert.deepEqual([es.base, es.limit, es.attributes], [0x12345678, 0xfff, 0x4093]);
  assert.equal(ram.read8(at + 5), 0x93);

  loadSegment(cpu, L.ES, 3);
  assert.notEqual(es.attributes & C.SEGMENT_UNUSABLE, 0);
  assert.equal(es.selector, 3);
  const fails = (number: number, selector: number, vector: number, errorCode = selector & ~3) =>
    assert.throws(() => loadSegment(cpu, number, selector), { vector, errorCode });
  fails(L.SS, 0, GP, 0);
  fails(L.SS, KERNEL_CODE, GP);
  fails(L.SS, USER_DATA, GP);
  fails(L.SS, KERNEL_DATA | 1, GP);
  fails(L.DS, 0x100, GP);
  fails(L.DS, TSS_SELECTOR, GP);
  fails(L.DS, FREE_SELECTOR | 4, GP, FREE_SELECTOR | 4);
  fails(L.DS, KERNEL_DATA | 3, GP);
  writeDescriptor(ram, at, 0, 0, 0x0013);
  fails(L.DS, FREE_SELECTOR, NP);
  fails(L.SS, FREE_SELECTOR, SS);
  writeDescriptor(ram, at, 0, 0, 0x0099);
  fails(L.DS, FREE_SELECTOR, GP);
  writeDescriptor(ram, at, 0, 0, 0x009f);
  loadSegment(cpu, L.DS, FREE_SELECTOR | 3);
  assert.equal(state.segments[L.DS]!.selector, FREE_SELECTOR | 3, 'conforming readable code at any RPL');
});

test('expand-down and granular limits; the LDT', () => {
  const rig = makeTestCpu();
  const { cpu, state, ram } = rig;
  protectedMode(rig);
  writeDescriptor(ram, GDT + LDT_SELECTOR, 0x4000, 0xf, 0x82);
  loadLocalTable(cpu, LDT_SELECTOR);
  writeDescriptor(ram, 0x4000 + 8, 0, 0x3, 0xc097);
  loadSegment(cpu, L.DS, 8 | 4);
  assert.equal(state.segments[L.DS]!.limit, 0x3fff);
  assert.equal(state.segments[L.DS]!.fast, 0);
  assert.throws(() => loadSegment(cpu, L.DS, 0x10 | 4), { vector: GP, errorCode: 0x14 });
  loadLocalTable(cpu, 0);
  assert.throws(() => loadSegment(cpu, L.DS, 8 | 4), { vector: GP, errorCode: 0xc });
  assert.throws(() => loadLocalTable(cpu, KERNEL_DATA), { vector: GP, errorCode: KERNEL_DATA });
});

test('LTR marks the TSS busy and refuses a busy one; 16-byte descriptors in long mode', () => {
  const rig = makeTestCpu();
  const { cpu, state, ram } = rig;
  protectedMode(rig, '64-bit');
  assert.throws(() => loadTaskRegister(cpu, TSS_SELECTOR), { vector: GP, errorCode: TSS_SELECTOR });
  writeDescriptor(ram, GDT + FREE_SELECTOR, 0x12345678, 0x67, 0x89);
  ram.write32(GDT + FREE_SELECTOR + 8, 0xffff_8000);
  loadTaskRegister(cpu, FREE_SELECTOR);
  assert.equal(ram.read8(GDT + FREE_SELECTOR + 5), 0x8b);
  assert.equal(state.segments[L.TR]!.base, -0x8000 * 0x1_0000_0000 + 0x1234_5678);
  ram.write8(GDT + FREE_SELECTOR + 5, 0x89);
  ram.write32(GDT + FREE_SELECTOR + 8, 0x8000);
  assert.throws(() => loadTaskRegister(cpu, FREE_SELECTOR), { vector: GP, errorCode: FREE_SELECTOR });
});

test('long mode: null SS below CPL 3, null data segments', () => {
  const rig = makeTestCpu();
  const { cpu, state } = rig;
  protectedMode(rig, '64-bit');
  loadSegment(cpu, L.SS, 0);
  assert.equal(state.segments[L.SS]!.selector, 0);
  assert.throws(() => loadSegment(cpu, L.SS, 3), { vector: GP, errorCode: 0 });
  loadSegment(cpu, L.DS, 0);
  assert.notEqual(state.get32(L.MODE) & MODE_FLAT_DS, 0);
});

test('far jumps to conforming and nonconforming code', () => {
  const rig = makeTestCpu();
  const { cpu, state, ram } = rig;
  userMode(rig);
  assert.throws(() => farJump(cpu, KERNEL_CODE, 0), { vector: GP, errorCode: KERNEL_CODE });
  writeDescriptor(ram, GDT + FREE_SELECTOR, 0x100, 0xfff, 0x409e);
  farJump(cpu, FREE_SELECTOR, 0x123);
  const cs = state.segments[L.CS]!;
  assert.deepEqual([cs.selector, cs.base, state.rip, state.cpl], [FREE_SELECTOR | 3, 0x100, 0x123, 3]);
  assert.equal(ram.read8(GDT + FREE_SELECTOR + 5), 0x9f);
  assert.throws(() => farJump(cpu, FREE_SELECTOR, 0x1000), { vector: GP, errorCode: 0 });
  ram.write8(GDT + FREE_SELECTOR + 5, 0x1e);
  assert.throws(() => farJump(cpu, FREE_SELECTOR, 0), { vector: NP, errorCode: FREE_SELECTOR });
  assert.throws(() => farJump(cpu, 0, 0), { vector: GP, errorCode: 0 });
});

test('a call gate to an inner level copies parameters, and RETF releases them from both stacks', () => {
  const rig = makeTestCpu();
  const { cpu, state, ram } = rig;
  userMode(rig);
  writeGate(ram, GDT + FREE_SELECTOR, KERNEL_CODE, 0x6000, 12, 3, 2);
  ram.write32(0x7000, 0x1111);
  ram.write32(0x7004, 0x2222);
  farCall(cpu, FREE_SELECTOR | 3, 0xdead, 32);
  assert.deepEqual([state.cpl, state.rip, state.gpr32(L.RSP)], [0, 0x6000, 0x9000 - 24]);
  const frame = Array.from({ length: 6 }, (_, i) => ram.read32(0x9000 - 24 + 4 * i));
  assert.deepEqual(frame, [0x5000, USER_CODE, 0x1111, 0x2222, 0x7000, USER_DATA]);
  farReturn(cpu, 32, 8);
  assert.deepEqual([state.cpl, state.rip, state.gpr32(L.RSP)], [3, 0x5000, 0x7008]);
  writeGate(ram, GDT + FREE_SELECTOR, KERNEL_CODE, 0x6000, 12, 0, 0);
  assert.throws(() => farCall(cpu, FREE_SELECTOR, 0, 32), { vector: GP, errorCode: FREE_SELECTOR });
});

test('call gates in long mode: a stack from the TSS, no parameters, 64-bit pushes', () => {
  const rig = makeTestCpu();
  const { cpu, state, ram } = rig;
  userMode(rig, '64-bit');
  writeGate(ram, GDT + FREE_SELECTOR, KERNEL_CODE, 0x6000, 12, 3);
  state.setGprNumber(L.RSP, 0x7007);
  farCall(cpu, FREE_SELECTOR | 3, 0, 64);
  assert.deepEqual([state.cpl, state.rip, state.gprNumber(L.RSP)], [0, 0x6000, 0x9000 - 32]);
  const frame = Array.from({ length: 4 }, (_, i) => ram.read32(0x9000 - 32 + 8 * i));
  assert.deepEqual(frame, [0x5000, USER_CODE, 0x7007, USER_DATA]);
  farReturn(cpu, 64, 0);
  assert.deepEqual([state.cpl, state.rip, state.gprNumber(L.RSP)], [3, 0x5000, 0x7007]);
});

test('real mode far calls wrap nothing and check the limit', () => {
  const { cpu, state, ram } = makeTestCpu();
  setTestSegment(state, L.CS, 0x100, 0x1000, 0xffff, 0x9b);
  state.setGpr16(L.RSP, 0x800);
  state.rip = 0x42;
  farCall(cpu, 0x200, 0x10, 16);
  assert.deepEqual([state.rip, state.segments[L.CS]!.base, state.gpr16(L.RSP)], [0x10, 0x2000, 0x7fc]);
  assert.equal(ram.read32(0x7fc), 0x0100_0042);
  farReturn(cpu, 16, 4);
  assert.deepEqual([state.rip, state.segments[L.CS]!.base, state.gpr16(L.RSP)], [0x42, 0x1000, 0x804]);
  assert.throws(() => farJump(cpu, 0, 0x1_0000), { vector: GP, errorCode: 0 });
});

test('LAR, LSL, VERR and VERW', () => {
  const rig = makeTestCpu();
  const { cpu } = rig;
  userMode(rig);
  assert.equal(accessRights(cpu, USER_DATA), 0x00c0_f300);
  assert.equal(accessRights(cpu, KERNEL_DATA), -1);
  assert.equal(accessRights(cpu, 0), -1);
  assert.equal(segmentLimit(cpu, USER_CODE), 0xffff_ffff);
  assert.equal(segmentLimit(cpu, 0xf8), -1);
  assert.equal(verifySegment(cpu, USER_CODE, 'read'), true);
  assert.equal(verifySegment(cpu, USER_CODE, 'write'), false);
  assert.equal(verifySegment(cpu, TSS_SELECTOR, 'read'), false);
  protectedMode(rig);
  assert.equal(accessRights(cpu, TSS_SELECTOR), 0x0000_8b00);
  assert.equal(segmentLimit(cpu, TSS_SELECTOR), 0x67);
});

/** A second task with code at 6000h. */
const NEW_TSS = 0x4000;
const NEW_SELECTOR = FREE_SELECTOR;

function makeTask(ram: { write32(at: number, value: number): void }): void {
  const fields: readonly (readonly [number, number])[] = [
    [0x20, 0x6000], [0x24, 0x202], [0x28, 0xaaaa_0001], [0x38, 0xb000], [0x48, KERNEL_DATA], [0x4c, KERNEL_CODE],
    [0x50, KERNEL_DATA], [0x54, KERNEL_DATA], [0x58, 0], [0x5c, 0], [0x60, 0], [0x64, 1],
  ]; // biome-ignore format: a table, several a line
  for (const [offset, value] of fields) ram.write32(NEW_TSS + offset, value);
}

test('task switches: CALL links and nests, IRET comes back, JMP does neither', async () => {
  const { interruptReturn } = await import('../exceptions/iret.ts');
  const rig = makeTestCpu();
  const { cpu, state, ram } = rig;
  protectedMode(rig);
  writeDescriptor(ram, GDT + NEW_SELECTOR, NEW_TSS, 0x67, 0x89);
  makeTask(ram);
  state.setGpr32(L.RBX, 0x55);
  farCall(cpu, NEW_SELECTOR, 0, 32);
  assert.deepEqual([state.rip, state.gpr32(L.RAX), state.gpr32(L.RSP)], [0x6000, 0xaaaa_0001, 0xb000]);
  assert.equal(state.rflags, 0x4202);
  assert.equal(ram.read16(NEW_TSS), TSS_SELECTOR);
  assert.equal(ram.read8(GDT + NEW_SELECTOR + 5), 0x8b);
  assert.equal(ram.read8(GDT + TSS_SELECTOR + 5), 0x8b);
  assert.notEqual(state.cr0 & C.CR0_TS, 0);
  assert.equal(state.get32(L.DEBUG_PENDING), 1 << 15, 'the T flag');
  assert.equal(ram.read32(TSS + 0x20), 0x5000);
  assert.equal(ram.read32(TSS + 0x34), 0x55);
  assert.throws(() => farJump(cpu, NEW_SELECTOR, 0), { vector: GP, errorCode: NEW_SELECTOR }, 'busy');

  state.rip = 0x6100;
  interruptReturn(cpu, 32);
  assert.deepEqual(
    [state.rip, state.gpr32(L.RBX), state.segments[L.TR]!.selector],
    [0x5000, 0x55, TSS_SELECTOR],
  );
  assert.equal(ram.read8(GDT + NEW_SELECTOR + 5), 0x89);
  assert.equal(ram.read32(NEW_TSS + 0x24), 0x202, 'NT is clear in the saved image');
  assert.equal(ram.read32(NEW_TSS + 0x20), 0x6100);

  farJump(cpu, NEW_SELECTOR, 0);
  assert.equal(state.rip, 0x6100);
  assert.equal(state.rflags, 0x202);
  assert.equal(ram.read8(GDT + TSS_SELECTOR + 5), 0x89);
});

test('task switches: faults before and after the commit, 16-bit tasks, error codes', async () => {
  const { enterTask } = await import('../task/switch.ts');
  const rig = makeTestCpu();
  const { cpu, state, ram } = rig;
  protectedMode(rig);
  writeDescriptor(ram, GDT + NEW_SELECTOR, NEW_TSS, 0x66, 0x89);
  makeTask(ram);
  assert.throws(() => farJump(cpu, NEW_SELECTOR, 0), {
    vector: TS,
    errorCode: NEW_SELECTOR,
    committed: false,
  });
  assert.equal(state.rip, 0x5000);
  writeDescriptor(ram, GDT + NEW_SELECTOR, NEW_TSS, 0x67, 0x89);
  ram.write32(NEW_TSS + 0x50, USER_DATA);
  assert.throws(() => farJump(cpu, NEW_SELECTOR, 0), {
    vector: TS,
    errorCode: USER_DATA & ~3,
    committed: true,
  });
  assert.equal(state.segments[L.TR]!.selector, NEW_SELECTOR);
  assert.equal(state.rip, 0x6000);

  protectedMode(rig);
  writeDescriptor(ram, GDT + NEW_SELECTOR, NEW_TSS, 0x2b, 0x81);
  ram.write32(NEW_TSS + 0x0e, 0x0002_6000);
  ram.write32(NEW_TSS + 0x12, 0x0000_0007);
  ram.write16(NEW_TSS + 0x1a, 0xb000);
  [KERNEL_DATA, KERNEL_CODE, KERNEL_DATA, KERNEL_DATA, 0].forEach((value, i) => {
    ram.write16(NEW_TSS + 0x22 + 2 * i, value);
  });
  enterTask(cpu, NEW_SELECTOR, 'interrupt', 0x123, 1);
  assert.deepEqual([state.rip, state.gpr32(L.RAX), state.gpr32(L.RSP)], [0x6000, 0xffff_0007, 0xffff_affe]);
  assert.equal(state.segments[L.FS]!.selector, 0);
});

test('derived state: units, modes and fast bits', () => {
  const rig = makeTestCpu();
  const { state } = rig;
  protectedMode(rig);
  assert.equal(state.get32(L.MODE), 1 | (1 << 2) | (1 << 4) | (15 << 6));
  assert.deepEqual([state.get32(L.X87_TRAP), state.get32(L.SSE_TRAP)], [0, 6]);
  state.cr4 |= C.CR4_OSFXSR;
  state.cr0 |= C.CR0_TS;
  updateDerivedState(state);
  assert.deepEqual([state.get32(L.X87_TRAP), state.get32(L.MMX_TRAP), state.get32(L.SSE_TRAP)], [7, 7, 7]);
  state.cr0 |= C.CR0_EM;
  updateDerivedState(state);
  assert.deepEqual([state.get32(L.X87_TRAP), state.get32(L.MMX_TRAP), state.get32(L.SSE_TRAP)], [7, 6, 6]);
});
