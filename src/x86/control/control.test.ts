import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuid } from '../cpuid/leaves.ts';
import { DB, GP, UD } from '../exceptions/fault.ts';
import { msrHigh, readMsr, writeMsr } from '../msr/msr.ts';
import * as C from '../state/control-bits.ts';
import { FLAG_IF } from '../state/cpu-state.ts';
import * as L from '../state/layout.ts';
import { makeTestCpu, protectedMode, userMode } from '../testing/test-cpu.ts';
import { loadMachineStatus, writeCr0, writeCr3, writeCr4, writeCr8, writeXcr } from './control-registers.ts';
import {
  ARMED_DATA,
  ARMED_EXECUTE,
  breakpointsArmed,
  dataBreakpoints,
  instructionBreakpoints,
  readDebugRegister,
  writeDebugRegister,
} from './debug-registers.ts';
import { systemCall, systemEnter, systemExit, systemReturn } from './syscall.ts';

const gp = { vector: GP, errorCode: 0 };

test('CR0: combinations that fault, and the way into and out of long mode', () => {
  const rig = makeTestCpu();
  const { cpu, state } = rig;
  assert.throws(() => writeCr0(cpu, C.CR0_PG, 0), gp);
  assert.throws(() => writeCr0(cpu, C.CR0_NW, 0), gp);
  assert.throws(() => writeCr0(cpu, 0, 1), gp);
  writeCr0(cpu, C.CR0_PE | 0x0ff0_0000, 0);
  assert.equal(state.cr0, C.CR0_PE | C.CR0_ET, 'reserved bits stay clear, ET stays set');
  writeMsr(cpu, 0xc000_0080, C.EFER_LME, 0);
  assert.throws(() => writeCr0(cpu, C.CR0_PE | C.CR0_PG, 0), gp, 'LME without PAE');
  writeCr4(cpu, C.CR4_PAE, 0);
  state.segments[L.TR]!.attributes = 0x83;
  assert.throws(() => writeCr0(cpu, C.CR0_PE | C.CR0_PG, 0), gp, 'a 16-bit TSS');
  state.segments[L.TR]!.attributes = 0x8b;
  writeCr0(cpu, C.CR0_PE | C.CR0_PG, 0);
  assert.equal(state.efer, C.EFER_LME | C.EFER_LMA);
  assert.throws(() => writeMsr(cpu, 0xc000_0080, 0, 0), gp, 'LME with paging');
  assert.throws(() => writeCr4(cpu, 0, 0), gp, 'PAE in long mode');
  writeCr0(cpu, C.CR0_PE, 0);
  assert.equal(state.efer, C.EFER_LME);
});

test('LMSW sets PE and cannot clear it', () => {
  const { cpu, state } = makeTestCpu();
  loadMachineStatus(cpu, 9);
  assert.equal(state.cr0 & 15, 9);
  loadMachineStatus(cpu, 0);
  assert.equal(state.cr0 & 15, 1);
});

test('PAE: the PDPTEs are loaded with CR3, and reserved bits fault', () => {
  const rig = makeTestCpu();
  const { cpu, state, ram } = rig;
  protectedMode(rig);
  ram.write32(0xa000, 0xb001);
  ram.write32(0xa008, 0xc001);
  writeCr4(cpu, C.CR4_PAE, 0);
  state.set64(L.CR3, 0xa000n);
  writeCr0(cpu, C.CR0_PE | C.CR0_PG, 0);
  assert.equal(state.get64(L.PDPTE), 0xb001n);
  ram.write32(0xa028, 0xd003);
  assert.throws(() => writeCr3(cpu, 0xa020, 0), gp);
  assert.equal(state.get64(L.PDPTE + 8), 0xc001n);
  ram.write32(0xa028, 0xd001);
  writeCr3(cpu, 0xa020, 0);
  assert.equal(state.get64(L.PDPTE + 8), 0xd001n);
});

test('CR4 and CR3 with PCIDs', () => {
  const rig = makeTestCpu();
  const { cpu, state } = rig;
  assert.throws(() => writeCr4(cpu, C.CR4_PCIDE, 0), gp);
  assert.throws(() => writeCr4(cpu, 1 << 13, 0), gp, 'VMXE');
  protectedMode(rig, '64-bit');
  writeCr3(cpu, 0x10001, 0);
  assert.throws(() => writeCr4(cpu, C.CR4_PAE | C.CR4_PCIDE, 0), gp);
  writeCr3(cpu, 0x10000, 0);
  writeCr4(cpu, C.CR4_PAE | C.CR4_PCIDE, 0);
  writeCr3(cpu, 0x10005, 0x8000_0000 | 0);
  assert.equal(state.get64(L.CR3), 0x10005n, 'bit 63 is not kept');
  assert.throws(() => writeCr3(cpu, 0, 1 << 8), gp);
  assert.throws(() => writeCr0(cpu, C.CR0_PE, 0), gp);
});

test('CR8 and XCR0', () => {
  const { cpu, state, knobs } = makeTestCpu();
  writeCr8(cpu, 9, 0);
  assert.equal(knobs.taskPriority, 9);
  assert.throws(() => writeCr8(cpu, 16, 0), gp);
  writeXcr(cpu, 0, 3, 0);
  assert.equal(state.get64(L.XCR0), 3n);
  assert.throws(() => writeXcr(cpu, 0, 7, 0), gp);
  assert.throws(() => writeXcr(cpu, 0, 2, 0), gp);
  assert.throws(() => writeXcr(cpu, 1, 1, 0), gp);
});

test('debug registers: DE, GD, fixed bits, breakpoints', () => {
  const { cpu, state } = makeTestCpu();
  writeDebugRegister(cpu, 7, 0, 0);
  assert.equal(state.get32(L.DR + 56), 0x400);
  writeDebugRegister(cpu, 6, 0, 0);
  assert.equal(state.get32(readDebugRegister(cpu, 4)), 0xffff_0ff0);
  assert.throws(() => writeDebugRegister(cpu, 7, 0, 1), gp);
  assert.equal(breakpointsArmed(state), 0);
  writeDebugRegister(cpu, 0, 0x1000, 0);
  writeDebugRegister(cpu, 1, 0x2006, 0);
  // L0: execution; L1: write, 4 bytes.
  writeDebugRegister(cpu, 7, 0x00d0_0005, 0);
  assert.equal(breakpointsArmed(state), ARMED_EXECUTE | ARMED_DATA);
  assert.equal(instructionBreakpoints(state, 0x1000), 1);
  assert.equal(instructionBreakpoints(state, 0x1001), 0);
  assert.equal(dataBreakpoints(state, 0x2003, 2, 'write'), 2, 'the address is aligned to its length');
  assert.equal(dataBreakpoints(state, 0x2004, 4, 'read'), 0);
  assert.equal(dataBreakpoints(state, 0x2008, 4, 'write'), 0);
  state.cr4 |= C.CR4_DE;
  assert.throws(() => readDebugRegister(cpu, 5), { vector: UD });
  writeDebugRegister(cpu, 7, 1 << 13, 0);
  assert.throws(() => readDebugRegister(cpu, 0), { vector: DB });
  assert.notEqual(state.get32(L.DR + 48) & (1 << 13), 0);
  state.cpl = 3;
  assert.throws(() => readDebugRegister(cpu, 0), gp);
});

test('MSRs: addresses must be canonical, unknown ones fault, time and adjustment', () => {
  const { cpu, state, knobs } = makeTestCpu();
  writeMsr(cpu, 0xc000_0101, 0x1234, 0xffff_8000 | 0);
  assert.equal(state.segments[L.GS]!.base, -0x8000 * 2 ** 32 + 0x1234);
  assert.equal(readMsr(cpu, 0xc000_0101), 0x1234);
  assert.equal(msrHigh.value, 0xffff_8000);
  assert.throws(() => writeMsr(cpu, 0xc000_0082, 0, 0x8000), gp);
  assert.throws(() => readMsr(cpu, 0x1234), gp);
  assert.throws(() => writeMsr(cpu, 0x1234, 0, 0), gp);
  assert.throws(() => writeMsr(cpu, 0xc000_0080, 1 << 12, 0), gp, 'SVME');
  for (let counter = 0xc001_0000; counter < 0xc001_0008; counter++) {
    writeMsr(cpu, counter, 1, 0);
    assert.equal(readMsr(cpu, counter), 0, 'performance counters stand still');
  }
  assert.throws(() => writeMsr(cpu, 0x277, 2, 0), gp);
  assert.equal(readMsr(cpu, 0x10), 1000);
  writeMsr(cpu, 0x10, 5000, 0);
  knobs.time = 1100n;
  assert.equal(readMsr(cpu, 0x10), 5100);
  assert.equal(readMsr(cpu, 0x3b), 4000);
  writeMsr(cpu, 0x3b, 0, 0);
  assert.equal(readMsr(cpu, 0x10), 1100);
  assert.throws(() => readMsr(cpu, 0x802), gp, 'x2APIC mode is off');
  writeMsr(cpu, 0x1b, 0xfee0_0c00, 0);
  assert.equal(knobs.apicBase, 0xfee0_0d00n, 'BSP stays');
  assert.equal(readMsr(cpu, 0x802), 0);
  assert.throws(() => readMsr(cpu, 0x803), gp);
  assert.throws(() => writeMsr(cpu, 0x1b, 0xfee0_0800, 0), gp, 'x2APIC to xAPIC');
  writeMsr(cpu, 0x2ff, 0xc06, 0);
  assert.equal(readMsr(cpu, 0x2ff), 0xc06);
  assert.throws(() => writeMsr(cpu, 0x2ff, 2, 0), gp);
  assert.throws(() => writeMsr(cpu, 0x250, 0x0202_0202, 0), gp);
});

test('CPUID: vendor, dynamic bits, widths', () => {
  const { cpu, state } = makeTestCpu();
  const text = (words: readonly number[]) => Buffer.from(new Uint32Array(words).buffer).toString('latin1');
  const [highest, ebx, ecx, edx] = cpuid(cpu, 0, 0);
  assert.equal(text([ebx, edx, ecx]), 'AuthenticAMD');
  assert.equal(highest, 13);
  assert.equal((cpuid(cpu, 1, 0)[2] >>> 27) & 1, 0);
  state.cr4 |= C.CR4_OSXSAVE;
  assert.equal((cpuid(cpu, 1, 0)[2] >>> 27) & 1, 1);
  assert.equal((cpuid(cpu, 1, 0)[3] >>> 9) & 1, 1);
  state.set64(L.APIC_BASE, 0xfee0_0000n);
  assert.equal((cpuid(cpu, 1, 0)[3] >>> 9) & 1, 0);
  assert.deepEqual(cpuid(cpu, 0x8000_0008, 0), [0x3028, 0, 0, 0]);
  assert.match(text([2, 3, 4].flatMap((n) => [...cpuid(cpu, 0x8000_0000 + n, 0)])), /^Doppel virtual/);
  assert.deepEqual(cpuid(cpu, 0x1234, 0), [0, 0, 0, 0]);
});

test('SYSCALL and SYSRET in 64-bit mode', () => {
  const rig = makeTestCpu();
  const { cpu, state } = rig;
  userMode(rig, '64-bit');
  writeMsr(cpu, 0xc000_0081, 0, (0x13 << 16) | 0x08);
  writeMsr(cpu, 0xc000_0082, 0x8100_0000, 0xffff_ffff);
  writeMsr(cpu, 0xc000_0084, FLAG_IF, 0);
  state.rflags = 0x203;
  systemCall(cpu);
  assert.equal(state.rip, -0x7f00_0000);
  assert.equal(state.gprNumber(L.RCX), 0x5000);
  assert.equal(state.gprNumber(11), 0x203);
  assert.equal(state.rflags, 3);
  assert.deepEqual([state.cpl, state.segments[L.CS]!.selector, state.segments[L.SS]!.selector], [0, 8, 0x10]);
  systemReturn(cpu, 64);
  assert.equal(state.rip, 0x5000);
  assert.equal(state.rflags, 0x203);
  assert.deepEqual(
    [state.cpl, state.segments[L.CS]!.selector, state.segments[L.SS]!.selector],
    [3, 0x23, 0x1b],
  );
  assert.throws(() => systemReturn(cpu, 64), gp);
  state.cpl = 0;
  state.set64(L.GPR + 8, 0x8000_0000_0000n);
  assert.throws(() => systemReturn(cpu, 64), gp);
  state.set64(L.GPR + 8, 0x6000n);
  systemReturn(cpu, 32);
  assert.equal(state.segments[L.CS]!.selector, 0x13);
  assert.equal(state.get32(L.MODE) & 3, 1);
  state.efer &= ~C.EFER_SCE;
  assert.throws(() => systemCall(cpu), { vector: UD });
});

test('SYSENTER and SYSEXIT in protected mode only', () => {
  const rig = makeTestCpu();
  const { cpu, state } = rig;
  userMode(rig);
  assert.throws(() => systemEnter(cpu), gp);
  writeMsr(cpu, 0x174, 8, 0);
  writeMsr(cpu, 0x175, 0x9000, 0);
  writeMsr(cpu, 0x176, 0x6000, 0);
  systemEnter(cpu);
  assert.deepEqual(
    [state.cpl, state.rip, state.gpr32(L.RSP), state.segments[L.SS]!.selector],
    [0, 0x6000, 0x9000, 0x10],
  );
  state.setGpr32(L.RDX, 0x5001);
  state.setGpr32(L.RCX, 0x7000);
  systemExit(cpu);
  assert.deepEqual([state.cpl, state.rip, state.gpr32(L.RSP)], [3, 0x5001, 0x7000]);
  assert.deepEqual([state.segments[L.CS]!.selector, state.segments[L.SS]!.selector], [0x1b, 0x23]);
  userMode(rig, '64-bit');
  assert.throws(() => systemEnter(cpu), { vector: UD });
});
