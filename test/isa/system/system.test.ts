// System behaviour as programs see it, from bytes: mode switches, gates, windows and shadows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FLAG_IF, FLAG_TF } from '../../../src/x86/state/cpu-state.ts';
import * as L from '../../../src/x86/state/layout.ts';
import {
  GDT,
  IDT,
  KERNEL_CODE,
  protectedMode,
  setTestSegment,
  TSS,
  USER_DATA,
  userMode,
  writeDescriptor,
  writeGate,
} from '../../../src/x86/testing/test-cpu.ts';
import { bareMachine } from './machine.ts';

const HLT = { reason: 'Hlt' } as const;

test('from real mode through protected mode into long mode', () => {
  const machine = bareMachine();
  const { state, ram, vcpu } = machine;
  writeDescriptor(ram, GDT + 0x08, 0, 0xf_ffff, 0xc09b);
  writeDescriptor(ram, GDT + 0x10, 0, 0xf_ffff, 0xc093);
  writeDescriptor(ram, GDT + 0x18, 0, 0xf_ffff, 0xa09b);
  machine.put(0x6000, '1f00 00100000'); // GDTR
  ram.write32(0x10000, 0x11007);
  ram.write32(0x11000, 0x12007);
  ram.write32(0x12000, 0x00087);
  machine.put(
    0x7c00,
    `0f01160060
     0f20c0 0c01 0f22c0
     ea407c0800`,
  );
  machine.put(
    0x7c40,
    `66b81000 8ed8 8ed0 bc00800000
     0f20e0 83c820 0f22e0
     b800000100 0f22d8
     b9800000c0 0f32 0d01010000 0f30
     0f20c0 0d00000080 0f22c0
     ea007d0000 1800`,
  );
  machine.put(0x7d00, '48b88877665544332211 50 5b f4');
  setTestSegment(state, L.CS, 0, 0, 0xffff, 0x9b);
  state.rip = 0x7c00;
  vcpu.stateChanged();
  assert.deepEqual(vcpu.run(100), HLT);
  assert.equal(state.gpr(L.RBX), 0x1122334455667788n);
  assert.equal(state.get32(L.MODE) & 3, 2);
  assert.equal(state.efer & 0x500, 0x500);
  assert.equal(state.rip, 0x7d00 + 13);
});

test('SYSCALL from user code and SYSRET back; a page fault with its address', () => {
  const machine = bareMachine();
  const { state, ram, vcpu } = machine;
  userMode(machine, '64-bit');
  writeDescriptor(ram, GDT + 0x18, 0, 0xf_ffff, 0xc0fb);
  writeDescriptor(ram, GDT + 0x20, 0, 0xf_ffff, 0xc0f3);
  writeDescriptor(ram, GDT + 0x28, 0, 0xf_ffff, 0xa0fb);
  setTestSegment(state, L.CS, 0x2b, 0, 0xffff_ffff, 0xa0fb);
  state.set64(L.STAR, 0x0018_0008_0000_0000n);
  state.set64(L.LSTAR, 0x6000n);
  state.set64(L.SFMASK, BigInt(FLAG_IF));
  writeGate(ram, IDT + 14 * 16, KERNEL_CODE, 0x6100, 14);
  machine.put(0x5000, '0f05 48c7c3 efbeadde 488903');
  machine.put(0x6000, '48ffc0 480f07');
  machine.put(0x6100, '0f20d1 5a f4');
  state.rip = 0x5000;
  state.rflags = 0x202;
  vcpu.stateChanged();
  assert.deepEqual(vcpu.run(100), HLT);
  assert.equal(state.gpr(L.RAX), 1n);
  assert.equal(state.gpr(L.RCX), 0xffff_ffff_dead_beefn, 'CR2');
  assert.equal(state.gpr(L.RDX), 6n, 'a user write to a page that is not there');
  assert.equal(ram.read32(0x9000 - 40), 0x5009, 'RIP of the faulting instruction');
  assert.equal(ram.read32(0x9000 - 32), 0x2b);
});

test('STI opens the window one instruction later; MOV SS blocks one as well', () => {
  const machine = bareMachine();
  const { state, ram, vcpu, vectors } = machine;
  protectedMode(machine);
  writeGate(ram, IDT + 0x20 * 8, KERNEL_CODE, 0x6000, 14);
  machine.put(0x6000, '41 cf');
  machine.put(0x5000, 'fb 89cb 89ca f4');
  vectors.push(0x20);
  vcpu.stateChanged();
  vcpu.run(3);
  assert.equal(state.gpr32(L.RBX), 0, 'MOV EBX, ECX ran before the handler');
  assert.equal(state.gpr32(L.RCX), 1);
  vcpu.run(2);
  assert.equal(state.gpr32(L.RDX), 1);

  machine.put(0x5100, '8ed0 89cb 89ca f4');
  state.rip = 0x5100;
  state.setGpr32(L.RCX, 0);
  state.setGpr32(L.RAX, 0x10);
  state.rflags = 0x202;
  vectors.push(0x20);
  vcpu.run(1);
  assert.equal(state.rip, 0x6001, 'an interrupt before MOV SS');
  vcpu.run(1);
  assert.equal(state.rip, 0x5100);
  vectors.push(0x20);
  state.rflags = 2;
  vcpu.run(1);
  state.rflags = 0x202;
  vcpu.run(1);
  assert.equal(ram.read32(state.gpr32(L.RSP)), 0x5104, 'MOV EBX, ECX ran in the shadow of MOV SS');
  vcpu.run(1);
  assert.equal(state.gpr32(L.RCX), 2);
});

test('single-step: one #DB after each instruction, none after IRET’s own', () => {
  const machine = bareMachine();
  const { state, ram, vcpu } = machine;
  protectedMode(machine);
  writeGate(ram, IDT + 1 * 8, KERNEL_CODE, 0x6000, 14);
  machine.put(0x6000, '41 cf');
  machine.put(0x5000, '90 90 90 f4');
  state.rflags = 2 | FLAG_TF;
  vcpu.stateChanged();
  vcpu.run(12);
  assert.equal(state.gpr32(L.RCX), 4, 'three NOPs and HLT');
  assert.equal(state.get32(L.DR + 48) & (1 << 14), 1 << 14);
});

test('a virtual-8086 program: sensitive instructions fault to the monitor', () => {
  const machine = bareMachine();
  const { state, ram, vcpu } = machine;
  protectedMode(machine);
  writeGate(ram, IDT + 13 * 8, KERNEL_CODE, 0x6000, 14);
  machine.put(0x6000, '5a 8b1c24 f4'); // POP EDX; MOV EBX, [ESP]; HLT
  for (const code of ['fa', 'fb', '9c', '9d', 'cd21', 'cf', '66cf', 'f4', '0f20c0']) {
    protectedMode(machine);
    machine.put(0xa010, `b83412 8ed8 ${code}`);
    [0x10, 0xa00, 0x2_0202, 0x100, 0xb00, 0, 0, 0, 0].forEach((value, i) => {
      ram.write32(0x8000 + 4 * i, value);
    });
    machine.put(0x5000, 'cf');
    state.set32(L.ACTIVITY, 0);
    state.rflags = 2;
    vcpu.stateChanged();
    assert.deepEqual(vcpu.run(20), HLT, code);
    assert.equal(state.gpr32(L.RDX), 0, `${code}: error code`);
    assert.equal(state.gpr32(L.RBX), 0x15, `${code}: IP of the instruction`);
    assert.equal(ram.read16(0x9000 - 4 * 3), 0x1234, `${code}: DS in the frame`);
  }
});

test('MOV SS with a null selector, LES, PUSH and POP of segment registers', () => {
  const machine = bareMachine();
  const { state, ram, vcpu } = machine;
  protectedMode(machine);
  ram.write32(0x4000, 0x1234_5678);
  ram.write16(0x4004, USER_DATA);
  machine.put(0x5000, 'c41d 00400000 06 1f f4'); // LES EBX, [4000h]; PUSH ES; POP DS; HLT
  vcpu.stateChanged();
  assert.deepEqual(vcpu.run(10), HLT);
  assert.equal(state.gpr32(L.RBX), 0x1234_5678);
  assert.equal(state.segments[L.DS]!.selector, USER_DATA);
  assert.equal(state.gpr32(L.RSP), 0x8000);
});

test('UMIP and TSD hide tables and time from user code', () => {
  for (const [code, cr4] of [
    ['0f01 00', 1 << 11],
    ['0f00 c8', 1 << 11],
    ['0f01 e0', 1 << 11],
    ['0f31', 4],
  ] as const) {
    const machine = bareMachine();
    const { state, ram, vcpu } = machine;
    userMode(machine);
    writeGate(ram, IDT + 13 * 8, KERNEL_CODE, 0x6000, 14);
    machine.put(0x6000, 'f4');
    machine.put(0x5000, `b800400000 ${code} 90 ebfd`);
    vcpu.stateChanged();
    assert.deepEqual(vcpu.run(4), { reason: 'Interrupted' });
    state.rip = 0x5000;
    state.cr4 |= cr4;
    vcpu.stateChanged();
    assert.deepEqual(vcpu.run(4), HLT);
    assert.equal(ram.read32(0x9000 - 20), 0x5005);
  }
});

test('a triple fault ends the run with its cause', () => {
  const machine = bareMachine();
  protectedMode(machine);
  machine.state.set32(L.IDTR_LIMIT, 0);
  machine.put(0x5000, '0f0b');
  machine.vcpu.stateChanged();
  const exit = machine.vcpu.run(10);
  assert.equal(exit.reason, 'Shutdown');
  if (exit.reason === 'Shutdown') assert.match(exit.cause, /triple fault: #UD invalid opcode, then #GP/);
});

test('a fault in the new task is delivered in the new task', () => {
  const machine = bareMachine();
  const { state, ram, vcpu } = machine;
  protectedMode(machine);
  writeDescriptor(ram, GDT + 0x40, 0x4000, 0x67, 0x89);
  const fields: readonly (readonly [number, number])[] = [
    [0x20, 0x6000], [0x24, 2], [0x38, 0xb000], [0x48, 0x10], [0x4c, 8], [0x50, 0x10], [0x54, 0xf0],
  ]; // biome-ignore format: a table, several a line
  for (const [offset, value] of fields) ram.write32(0x4000 + offset, value);
  writeGate(ram, IDT + 10 * 8, KERNEL_CODE, 0x6100, 14);
  machine.put(0x5000, 'ea 00000000 4000');
  machine.put(0x6100, '5a 5b f4');
  vcpu.stateChanged();
  assert.deepEqual(vcpu.run(10), HLT);
  assert.equal(state.gpr32(L.RDX), 0xf0, '#TS names the selector of DS');
  assert.equal(state.gpr32(L.RBX), 0x6000, 'at the new task’s first instruction');
  assert.equal(ram.read32(TSS + 0x20), 0x5007);
});
