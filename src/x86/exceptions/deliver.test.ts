import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as C from '../state/control-bits.ts';
import {
  ACTIVITY_SHUTDOWN,
  FLAG_IF,
  FLAG_NT,
  FLAG_RF,
  FLAG_TF,
  FLAG_VIF,
  FLAG_VIP,
  FLAG_VM,
} from '../state/cpu-state.ts';
import { updateDerivedState } from '../state/derived.ts';
import * as L from '../state/layout.ts';
import {
  FREE_SELECTOR,
  GDT,
  IDT,
  KERNEL_CODE,
  KERNEL_DATA,
  makeTestCpu,
  protectedMode,
  setTestSegment,
  type TestCpu,
  TSS,
  TSS_SELECTOR,
  USER_CODE,
  USER_DATA,
  userMode,
  writeDescriptor,
  writeGate,
} from '../testing/test-cpu.ts';
import { combine, deliverException, deliverInterrupt } from './deliver.ts';
import { DF, GP, GuestFault, NP, PF, SS, TS, UD } from './fault.ts';
import { interruptReturn } from './iret.ts';
import { breakpointTrap, softwareInterrupt } from './software.ts';

const HANDLER = 0x1234;

function frame32(rig: TestCpu, count: number): number[] {
  const esp = rig.state.gpr32(L.RSP);
  return Array.from({ length: count }, (_, i) => rig.ram.read32(esp + 4 * i));
}
function frame64(rig: TestCpu, count: number): number[] {
  const rsp = rig.state.gprNumber(L.RSP);
  return Array.from({ length: count }, (_, i) => rig.ram.read32(rsp + 8 * i));
}

test('real mode: the vector table, FLAGS CS IP on the stack, IRET back', () => {
  const rig = makeTestCpu();
  const { state, ram, cpu } = rig;
  ram.write32(0x21 * 4, 0x4000_0010);
  setTestSegment(state, L.CS, 0x100, 0x1000, 0xffff, 0x9b);
  setTestSegment(state, L.SS, 0x200, 0x2000, 0xffff, 0x93);
  state.setGpr16(L.RSP, 0x0002);
  state.rip = 0x77;
  state.rflags = 0x2 | FLAG_IF | FLAG_TF | 1;
  softwareInterrupt(cpu, 0x21);
  assert.equal(state.rip, 0x10);
  assert.equal(state.segments[L.CS]!.selector, 0x4000);
  assert.equal(state.segments[L.CS]!.base, 0x40000);
  assert.equal(state.rflags, 0x3);
  assert.equal(state.gpr16(L.RSP), 0xfffc, 'SP wraps');
  assert.equal(ram.read16(0x2000), 0x303);
  assert.equal(ram.read16(0x2000 + 0xfffe), 0x100);
  assert.equal(ram.read16(0x2000 + 0xfffc), 0x77);
  interruptReturn(cpu, 16);
  assert.equal(state.rip, 0x77);
  assert.equal(state.segments[L.CS]!.base, 0x1000);
  assert.equal(state.rflags, 0x303);
  assert.equal(state.gpr16(L.RSP), 2);
});

test('real mode: a word at offset FFFFh is #SS, a vector beyond the limit #GP, and both together shut down', () => {
  const rig = makeTestCpu();
  rig.state.setGpr16(L.RSP, 1);
  assert.throws(() => softwareInterrupt(rig.cpu, 3), { vector: SS });
  rig.state.set32(L.IDTR_LIMIT, 3);
  const cause = deliverException(rig.cpu, new GuestFault(UD));
  assert.match(cause ?? '', /^triple fault: #UD invalid opcode, then #GP/);
  assert.equal(rig.state.get32(L.ACTIVITY), ACTIVITY_SHUTDOWN);
});

test('protected mode, same level: interrupt gate closes interrupts, trap gate does not; 16-bit gates', () => {
  const rig = makeTestCpu();
  const { state, ram, cpu } = rig;
  protectedMode(rig);
  writeGate(ram, IDT + 0x40 * 8, KERNEL_CODE, HANDLER, 14);
  writeGate(ram, IDT + 0x41 * 8, KERNEL_CODE, HANDLER, 15);
  writeGate(ram, IDT + 0x42 * 8, KERNEL_CODE, HANDLER, 6);
  state.rflags = 2 | FLAG_IF | FLAG_TF | FLAG_NT;
  assert.equal(deliverInterrupt(cpu, 0x40), null);
  assert.equal(state.rip, HANDLER);
  assert.equal(state.rflags, 2);
  assert.deepEqual(frame32(rig, 3), [0x5000, KERNEL_CODE, 2 | FLAG_IF | FLAG_TF | FLAG_NT]);
  state.rflags = 2 | FLAG_IF;
  softwareInterrupt(cpu, 0x41);
  assert.equal(state.rflags, 2 | FLAG_IF);
  const esp = state.gpr32(L.RSP);
  softwareInterrupt(cpu, 0x42);
  assert.equal(state.gpr32(L.RSP), esp - 6);
  assert.equal(ram.read16(esp - 6), HANDLER);
  interruptReturn(cpu, 16);
  assert.equal(state.gpr32(L.RSP), esp);
});

test('protected mode, to an inner level: stack of the TSS, error code, RF for faults, and back', () => {
  const rig = makeTestCpu();
  const { state, ram, cpu } = rig;
  userMode(rig);
  writeGate(ram, IDT + 13 * 8, KERNEL_CODE, HANDLER, 14);
  state.rflags = 0x202;
  assert.equal(deliverException(cpu, new GuestFault(GP, 0x18)), null);
  assert.equal(state.cpl, 0);
  assert.equal(state.segments[L.SS]!.selector, KERNEL_DATA);
  assert.equal(state.gpr32(L.RSP), 0x9000 - 24);
  assert.deepEqual(frame32(rig, 6), [0x18, 0x5000, USER_CODE, 0x202 | FLAG_RF, 0x7000, USER_DATA]);
  assert.equal(state.segments[L.DS]!.selector, USER_DATA, 'data segments stay');
  state.setGpr32(L.RSP, 0x9000 - 20);
  interruptReturn(cpu, 32);
  assert.equal(state.cpl, 3);
  assert.equal(state.gpr32(L.RSP), 0x7000);
  assert.equal(state.rip, 0x5000);
  assert.equal(state.rflags, 0x202);
});

test('IRET to an outer level drops data segments that it may not use', () => {
  const rig = makeTestCpu();
  const { state, ram, cpu } = rig;
  protectedMode(rig);
  [0x5000, USER_CODE, 0x202, 0x7000, USER_DATA].forEach((value, i) => {
    ram.write32(0x8000 + 4 * i, value);
  });
  setTestSegment(state, L.ES, USER_DATA, 0, 0xffff_ffff, 0xc0f3);
  interruptReturn(cpu, 32);
  assert.equal(state.segments[L.DS]!.selector, 0);
  assert.equal(state.segments[L.ES]!.selector, USER_DATA);
});

test('gate and code segment checks, with EXT for events from outside', () => {
  const rig = makeTestCpu();
  const { state, ram, cpu } = rig;
  userMode(rig);
  const fails = (run: () => void, vector: number, errorCode: number) =>
    assert.throws(run, { vector, errorCode });
  fails(() => softwareInterrupt(cpu, 0x50), GP, 0x50 * 8 + 2);
  writeGate(ram, IDT + 0x50 * 8, KERNEL_CODE, HANDLER, 14, 0);
  fails(() => softwareInterrupt(cpu, 0x50), GP, 0x50 * 8 + 2);
  fails(() => softwareInterrupt(cpu, 0xff + 1), GP, 0x100 * 8 + 2);
  writeGate(ram, IDT + 0x51 * 8, 0, HANDLER, 14, 3);
  fails(() => softwareInterrupt(cpu, 0x51), GP, 0);
  writeGate(ram, IDT + 0x52 * 8, USER_DATA & ~3, HANDLER, 14, 3);
  fails(() => softwareInterrupt(cpu, 0x52), GP, USER_DATA & ~3);
  writeGate(ram, IDT + 0x53 * 8, KERNEL_CODE, HANDLER, 14, 3);
  ram.write8(IDT + 0x53 * 8 + 5, 0x6e);
  fails(() => softwareInterrupt(cpu, 0x53), NP, 0x53 * 8 + 2);
  // The TSS: null SS0, a stack that is not present, a TSS that is too short.
  writeGate(ram, IDT + 0x54 * 8, KERNEL_CODE, HANDLER, 14, 3);
  ram.write16(TSS + 8, 0);
  fails(() => softwareInterrupt(cpu, 0x54), TS, 0);
  ram.write16(TSS + 8, USER_DATA);
  fails(() => softwareInterrupt(cpu, 0x54), TS, USER_DATA & ~3);
  writeDescriptor(ram, GDT + FREE_SELECTOR, 0, 0xf_ffff, 0xc013);
  ram.write16(TSS + 8, FREE_SELECTOR);
  fails(() => softwareInterrupt(cpu, 0x54), SS, FREE_SELECTOR);
  state.segments[L.TR]!.limit = 8;
  fails(() => softwareInterrupt(cpu, 0x54), TS, TSS_SELECTOR);
  assert.equal(state.cpl, 3);
  assert.equal(state.rip, 0x5000);
  assert.equal(state.gpr32(L.RSP), 0x7000);
});

test('double and triple faults', () => {
  assert.equal(combine(GP, NP), DF);
  assert.equal(combine(PF, PF), DF);
  assert.equal(combine(PF, GP), DF);
  assert.equal(combine(GP, PF), PF);
  assert.equal(combine(UD, GP), GP);
  assert.equal(combine(-1, GP), GP);
  assert.equal(combine(DF, UD), -1);
  const rig = makeTestCpu();
  protectedMode(rig);
  writeGate(rig.ram, IDT + 8 * 8, KERNEL_CODE, HANDLER, 14);
  assert.equal(deliverException(rig.cpu, new GuestFault(GP, 0)), null);
  assert.equal(rig.state.rip, HANDLER);
  assert.deepEqual(frame32(rig, 2), [0, 0x5000], 'error code 0');
  rig.state.set32(L.IDTR_LIMIT, 0);
  const cause = deliverException(rig.cpu, new GuestFault(PF, 2));
  assert.match(cause ?? '', /#PF page fault \(error code 2h\), then #DF double fault, then #GP/);
});

test('virtual-8086: frames with data segments, and back', () => {
  const rig = makeTestCpu();
  const { state, ram, cpu } = rig;
  protectedMode(rig);
  writeGate(ram, IDT + 0x30 * 8, KERNEL_CODE, HANDLER, 14, 3);
  const v86 = [0x77, 0x100, 0x2_0202 | (3 << 12), 0xfff0, 0x200, 0x300, 0x400, 0x500, 0x600];
  v86.forEach((value, i) => {
    ram.write32(0x8000 + 4 * i, value);
  });
  interruptReturn(cpu, 32);
  assert.equal(state.cpl, 3);
  assert.equal(state.segments[L.CS]!.base, 0x1000);
  assert.equal(state.segments[L.SS]!.base, 0x2000);
  assert.deepEqual(
    [L.ES, L.DS, L.FS, L.GS].map((n) => state.segments[n]!.base),
    [0x3000, 0x4000, 0x5000, 0x6000],
  );
  assert.equal(state.get32(L.MODE) & (1 << 5), 1 << 5);
  softwareInterrupt(cpu, 0x30);
  assert.equal(state.cpl, 0);
  assert.equal(state.get32(L.FLAGS) & FLAG_VM, 0);
  assert.deepEqual(frame32(rig, 9), v86);
  assert.equal(state.segments[L.GS]!.selector, 0);
  assert.notEqual(state.segments[L.GS]!.attributes & C.SEGMENT_UNUSABLE, 0);
});

test('virtual-8086 extensions: INT n through the program’s own table, VIF for IF', () => {
  const rig = makeTestCpu();
  const { state, ram, cpu } = rig;
  protectedMode(rig);
  ram.write16(TSS + 0x66, 0x68 + 32);
  state.segments[L.TR]!.limit = 0x68 + 32 + 0x100;
  ram.write8(TSS + 0x68 + (0x21 >> 3), 1 << (0x21 & 7));
  ram.write32(0x20 * 4, 0x0500_0040);
  const v86 = [0x77, 0x100, FLAG_VM | FLAG_IF | FLAG_VIF | 2, 0x100, 0x200, 0, 0, 0, 0];
  v86.forEach((value, i) => {
    ram.write32(0x8000 + 4 * i, value);
  });
  interruptReturn(cpu, 32);
  assert.throws(() => softwareInterrupt(cpu, 0x20), { vector: GP, errorCode: 0 }, 'without VME');
  state.cr4 |= C.CR4_VME;
  assert.throws(
    () => softwareInterrupt(cpu, 0x21),
    { vector: GP, errorCode: 0 },
    'redirected to the monitor',
  );
  softwareInterrupt(cpu, 0x20);
  assert.equal(state.rip, 0x40);
  assert.equal(state.segments[L.CS]!.base, 0x5000);
  assert.equal(ram.read16(0x2000 + 0xfe), 0x3202, 'IOPL 3, IF as VIF');
  assert.equal(state.get32(L.FLAGS) & FLAG_VIF, 0);
  assert.notEqual(state.get32(L.FLAGS) & FLAG_IF, 0);
  interruptReturn(cpu, 16);
  assert.notEqual(state.get32(L.FLAGS) & FLAG_VIF, 0);
  state.u32[L.FLAGS >> 2]! |= FLAG_VIP;
  state.setGpr16(L.RSP, 0xfa);
  assert.throws(() => interruptReturn(cpu, 16), { vector: GP, errorCode: 0 }, 'VIP and IF');
});

test('long mode: five quadwords on an aligned stack, IST, null SS, and back', () => {
  const rig = makeTestCpu();
  const { state, ram, cpu } = rig;
  userMode(rig, '64-bit');
  writeGate(ram, IDT + 14 * 16, KERNEL_CODE, HANDLER, 14);
  writeGate(ram, IDT + 0x80 * 16, KERNEL_CODE, HANDLER, 15, 3, 2);
  ram.write32(TSS + 0x24 + 8, 0xa00c);
  state.setGprNumber(L.RSP, 0x7003);
  state.rflags = 0x202;
  assert.equal(deliverException(cpu, new GuestFault(PF, 6)), null);
  assert.equal(state.gprNumber(L.RSP), 0x9000 - 48);
  assert.deepEqual(frame64(rig, 6), [6, 0x5000, USER_CODE, 0x202 | FLAG_RF, 0x7003, USER_DATA]);
  assert.equal(state.cpl, 0);
  assert.equal(state.segments[L.SS]!.selector, 0);
  assert.equal(state.rflags, 2);
  // Nested, from CPL 0 on the interrupt stack table.
  state.rip = 0x6000;
  softwareInterrupt(cpu, 0x80);
  assert.equal(state.gprNumber(L.RSP), 0xa000 - 40);
  assert.deepEqual(frame64(rig, 5), [0x6000, KERNEL_CODE, 2, 0x9000 - 48, 0]);
  interruptReturn(cpu, 64);
  assert.equal(state.rip, 0x6000);
  assert.equal(state.gprNumber(L.RSP), 0x9000 - 48);
  assert.equal(state.segments[L.SS]!.selector, 0);
  state.setGprNumber(L.RSP, 0x9000 - 40);
  interruptReturn(cpu, 64);
  assert.equal(state.cpl, 3);
  assert.equal(state.gprNumber(L.RSP), 0x7003);
  assert.equal(state.segments[L.SS]!.selector, USER_DATA);
  assert.equal(state.get32(L.MODE) & 3, 2);
});

test('long mode: same-level interrupts align the stack; 32-bit code segments and odd gate types fail', () => {
  const rig = makeTestCpu();
  const { state, ram, cpu } = rig;
  protectedMode(rig, '64-bit');
  writeGate(ram, IDT + 3 * 16, KERNEL_CODE, HANDLER, 14);
  state.setGprNumber(L.RSP, 0x8009);
  breakpointTrap(cpu);
  assert.equal(state.gprNumber(L.RSP), 0x8000 - 40);
  assert.deepEqual(frame64(rig, 5), [0x5000, KERNEL_CODE, 2, 0x8009, KERNEL_DATA]);
  writeDescriptor(ram, GDT + FREE_SELECTOR, 0, 0xf_ffff, 0xc09b);
  writeGate(ram, IDT + 4 * 16, FREE_SELECTOR, HANDLER, 14);
  assert.throws(() => softwareInterrupt(cpu, 4), { vector: GP, errorCode: FREE_SELECTOR });
  writeGate(ram, IDT + 5 * 16, KERNEL_CODE, HANDLER, 6);
  assert.throws(() => softwareInterrupt(cpu, 5), { vector: GP, errorCode: 5 * 8 + 2 });
});

test('long mode: IRET into compatibility mode, and NT is #GP', () => {
  const rig = makeTestCpu();
  const { state, ram, cpu } = rig;
  protectedMode(rig, '64-bit');
  writeDescriptor(ram, GDT + FREE_SELECTOR, 0, 0xf_ffff, 0xc0fb);
  [0x5000, FREE_SELECTOR | 3, 0x202, 0x7000, USER_DATA].forEach((value, i) => {
    ram.write32(0x8000 + 8 * i, value);
  });
  interruptReturn(cpu, 64);
  assert.equal(state.get32(L.MODE) & 15, 1 | (1 << 2));
  assert.equal(state.gpr32(L.RSP), 0x7000);
  state.u32[L.FLAGS >> 2]! |= FLAG_NT;
  assert.throws(() => interruptReturn(cpu, 32), { vector: GP, errorCode: 0 });
});

test('NMIs are blocked until IRET', () => {
  const rig = makeTestCpu();
  protectedMode(rig);
  writeGate(rig.ram, IDT + 2 * 8, KERNEL_CODE, HANDLER, 14);
  deliverInterrupt(rig.cpu, 2, 'nmi');
  assert.equal(rig.state.get32(L.NMI_BLOCKED), 1);
  interruptReturn(rig.cpu, 32);
  assert.equal(rig.state.get32(L.NMI_BLOCKED), 0);
});

test('a page fault while pushing leaves the registers as they were', () => {
  const rig = makeTestCpu();
  const { state, cpu, ram } = rig;
  userMode(rig, '64-bit');
  writeGate(ram, IDT + 0x80 * 16, KERNEL_CODE, HANDLER, 14, 3);
  ram.write32(TSS + 4, 0x5000_0000);
  updateDerivedState(state);
  assert.throws(() => softwareInterrupt(cpu, 0x80), { vector: PF, errorCode: 2 });
  assert.equal(state.cr2, 0x5000_0000 - 8);
  assert.equal(state.cpl, 3);
  assert.equal(state.gprNumber(L.RSP), 0x7000);
});
