// Integer instructions whose effects the host comparison does not reach: the stack, branches, ports,
// faults and what they must leave alone. Instructions are given as bytes, with their text beside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as L from '../state/layout.ts';
import { TestProcessor } from './testing.ts';

const DE = 0;
const BR = 5;
const UD = 6;
const SS = 12;
const GP = 13;
const PF = 14;

test('PUSH and POP in 64-bit mode', () => {
  const p = new TestProcessor(64);
  p.run(0x54); // push rsp: the old value
  assert.equal(p.memory.read64(0x7ff8), 0x8000n);
  assert.equal(p.state.gpr(L.RSP), 0x7ff8n);
  p.run(0x6a, 0xff); // push -1: sign-extended to 64 bits
  assert.equal(p.memory.read64(0x7ff0), 0xffffffffffffffffn);
  p.run(0x66, 0x68, 0x34, 0x12); // pushw 1234h
  assert.equal(p.state.gpr(L.RSP), 0x7feen);
  p.run(0x66, 0x58); // pop ax
  assert.equal(p.state.gpr(L.RAX), 0x1234n);
  p.run(0x5c); // pop rsp
  assert.equal(p.state.gpr(L.RSP), 0xffffffffffffffffn);
});

test('POP to memory computes its address with the incremented rSP', () => {
  const p = new TestProcessor(64);
  p.memory.write64(0x8000, 0x1122334455667788n);
  p.run(0x8f, 0x44, 0x24, 0x10); // pop qword [rsp + 10h]
  assert.equal(p.memory.read64(0x8018), 0x1122334455667788n);
  assert.equal(p.state.gpr(L.RSP), 0x8008n);
  const q = new TestProcessor(32);
  q.memory.write32(0x8000, 0x55667788);
  q.run(0x8f, 0x04, 0x24); // pop dword [esp]
  assert.equal(q.memory.read32(0x8004), 0x55667788);
});

test('a faulting POP or PUSH changes nothing', () => {
  const p = new TestProcessor(64);
  p.state.setGpr(L.RBX, 0x100000n);
  assert.equal(p.faultOf(0x8f, 0x03), PF); // pop [rbx]
  assert.equal(p.state.gpr(L.RSP), 0x8000n);
  p.state.setGpr(L.RSP, 0x100000n);
  assert.equal(p.faultOf(0x50), PF); // push rax
  assert.equal(p.state.gpr(L.RSP), 0x100000n);
});

test('PUSHA, POPA', () => {
  const p = new TestProcessor(32);
  for (let r = 0; r < 8; r++) if (r !== L.RSP) p.state.setGpr(r, BigInt(0x1000 + r));
  p.run(0x60);
  assert.equal(p.state.gpr(L.RSP), 0x7fe0n);
  const pushed = Array.from({ length: 8 }, (_, i) => p.memory.read32(0x7fe0 + 4 * i));
  assert.deepEqual(pushed, [0x1007, 0x1006, 0x1005, 0x8000, 0x1003, 0x1002, 0x1001, 0x1000]);
  for (let r = 0; r < 8; r++) if (r !== L.RSP) p.state.setGpr(r, 0n);
  p.run(0x61);
  for (let r = 0; r < 8; r++) assert.equal(p.state.gpr(r), r === L.RSP ? 0x8000n : BigInt(0x1000 + r));
});

test('ENTER and LEAVE, with and without a display', () => {
  const p = new TestProcessor(32);
  p.state.setGpr(L.RBP, 0x9000n);
  p.run(0xc8, 0x10, 0x00, 0x00); // enter 10h, 0
  assert.equal(p.state.gpr(L.RBP), 0x7ffcn);
  assert.equal(p.state.gpr(L.RSP), 0x7fecn);
  assert.equal(p.memory.read32(0x7ffc), 0x9000);
  p.run(0xc9); // leave
  assert.equal(p.state.gpr(L.RBP), 0x9000n);
  assert.equal(p.state.gpr(L.RSP), 0x8000n);
  p.memory.write32(0x8ffc, 0xaaaa);
  p.memory.write32(0x8ff8, 0xbbbb);
  p.run(0xc8, 0x10, 0x00, 0x03); // enter 10h, 3
  assert.deepEqual(
    [0x7ffc, 0x7ff8, 0x7ff4, 0x7ff0].map((a) => p.memory.read32(a)),
    [0x9000, 0xaaaa, 0xbbbb, 0x7ffc],
  );
  assert.equal(p.state.gpr(L.RBP), 0x7ffcn);
  assert.equal(p.state.gpr(L.RSP), 0x7fe0n);
});

test('CALL and RET', () => {
  const p = new TestProcessor(64);
  p.run(0xe8, 0x00, 0x01, 0x00, 0x00); // call +100h
  assert.equal(p.state.rip, 0x1105);
  assert.equal(p.memory.read64(0x7ff8), 0x1005n);
  p.run(0xc2, 0x08, 0x00); // ret 8
  assert.equal(p.state.rip, 0x1005);
  assert.equal(p.state.gpr(L.RSP), 0x8008n);
  p.state.setGpr(L.RAX, 0x8000_0000_0000_0000n);
  assert.equal(p.faultOf(0xff, 0xd0), GP); // call rax, not canonical
  assert.equal(p.state.gpr(L.RSP), 0x8008n);
  const q = new TestProcessor(32);
  q.state.rip = 0x12345;
  q.run(0x66, 0xe9, 0x00, 0x00); // jmp +0 with 16-bit operand size
  assert.equal(q.state.rip, 0x2349);
});

test('near branches respect the limit of CS before anything is written', () => {
  const p = new TestProcessor(16);
  p.state.segments[L.CS]!.limit = 0x10ff;
  p.state.setGpr(L.RCX, 5n);
  assert.equal(p.faultOf(0xe8, 0x00, 0x10), GP); // call +1000h
  assert.equal(p.state.gpr(L.RSP), 0x8000n);
  p.state.rip = 0x10f0;
  assert.equal(p.faultOf(0xe2, 0x20), GP); // loop +20h
  assert.equal(p.state.gpr(L.RCX), 5n);
});

test('LOOP, LOOPE and JCXZ use the address size', () => {
  const p = new TestProcessor(64);
  p.state.setGpr(L.RCX, 0x1_0000_0001n);
  p.run(0x67, 0xe2, 0x10); // loop, ECX
  assert.equal(p.state.rip, 0x1003);
  assert.equal(p.state.gpr(L.RCX), 0n);
  p.state.rip = 0x1000;
  p.run(0xe2, 0x10);
  assert.equal(p.state.rip, 0x1012);
  assert.equal(p.state.gpr(L.RCX), 0xffffffffffffffffn);
  p.state.setGpr(L.RCX, 0x1_0000_0000n);
  p.run(0xe3, 0x10); // jrcxz
  assert.equal(p.state.rip, 0x1014);
  p.run(0x67, 0xe3, 0x10); // jecxz
  assert.equal(p.state.rip, 0x1027);
  p.state.rflags = 2;
  p.run(0xe1, 0x10); // loope with ZF clear
  assert.equal(p.state.rip, 0x1029);
});

test('BOUND', () => {
  const p = new TestProcessor(32);
  p.memory.write32(0x2000, -5 >>> 0);
  p.memory.write32(0x2004, 5);
  p.state.setGpr(L.RBX, 0x2000n);
  for (const [index, fault] of [
    [-5, -1],
    [5, -1],
    [-6, BR],
    [6, BR],
  ] as const) {
    p.state.setGpr(L.RAX, BigInt.asUintN(32, BigInt(index)));
    assert.equal(p.faultOf(0x62, 0x03), fault);
  }
});

test('a repeated string instruction stops at the fault with its progress kept', () => {
  const p = new TestProcessor(64);
  p.state.setGpr(L.RSI, 0x2000n);
  p.state.setGpr(L.RDI, 0x20000n - 4n);
  p.state.setGpr(L.RCX, 10n);
  assert.equal(p.faultOf(0xf3, 0xa4), PF); // rep movsb
  assert.equal(p.state.gpr(L.RCX), 6n);
  assert.equal(p.state.gpr(L.RSI), 0x2004n);
  assert.equal(p.state.gpr(L.RDI), 0x20000n);
  assert.equal(p.state.rip, 0x1000);
});

test('string instructions wrap within the address size', () => {
  const p = new TestProcessor(16);
  p.state.setGpr(L.RDI, 0x1_ffffn);
  p.state.setGpr(L.RCX, 0x5_0002n);
  p.state.setGpr(L.RAX, 0x77n);
  p.run(0xf3, 0xaa); // rep stosb
  assert.equal(p.memory.read8(0xffff), 0x77);
  assert.equal(p.memory.read8(0), 0x77);
  assert.equal(p.state.gpr(L.RDI), 0x1_0001n);
  assert.equal(p.state.gpr(L.RCX), 0x5_0000n);
  p.state.setGpr(L.RDI, 0xffffn);
  assert.equal(p.faultOf(0xab), GP); // stosw across the limit
});

test('IN, OUT and their strings', () => {
  const p = new TestProcessor(16);
  assert.equal(p.run(0xe4, 0x71), 'endBlock'); // in al, 71h
  assert.equal(p.state.gpr(L.RAX), 0x71n);
  p.state.setGpr(L.RDX, 0x3f8n);
  p.state.setGpr(L.RAX, 0x12345678n);
  p.run(0xef); // out dx, ax
  p.run(0x66, 0xef); // out dx, eax
  p.memory.write16(0x3000, 0xbeef);
  p.state.setGpr(L.RSI, 0x3000n);
  p.state.setGpr(L.RCX, 2n);
  p.run(0xf3, 0x6e); // rep outsb
  assert.deepEqual(p.portWrites, [
    [0x3f8, 2, 0x5678],
    [0x3f8, 4, 0x12345678],
    [0x3f8, 1, 0xef],
    [0x3f8, 1, 0xbe],
  ]);
  const q = new TestProcessor(64);
  q.state.setGpr(L.RDI, 0x100000n);
  assert.equal(q.faultOf(0x6c), PF); // insb
  assert.equal(q.portReads, 0);
});

test('I/O permission: IOPL, then the bitmap of the TSS', () => {
  const p = new TestProcessor(32);
  p.state.cpl = 3;
  const tss = p.state.segments[L.TR]!;
  tss.base = 0x4000;
  tss.limit = 0x67 + 0x21;
  tss.attributes = 0x8b;
  p.memory.write16(0x4000 + 102, 0x68);
  p.memory.bytes.fill(0xff, 0x4068, 0x4089);
  p.memory.write8(0x4068 + 0x70 / 8, 0xfd); // port 71h only
  assert.equal(p.faultOf(0xe4, 0x71), -1); // in al, 71h
  assert.equal(p.faultOf(0xe4, 0x70), GP);
  assert.equal(p.faultOf(0xe5, 0x71), GP); // in eax, 71h: four ports
  p.state.setGpr(L.RDX, 0x3f8n);
  assert.equal(p.faultOf(0xec), GP); // beyond the limit
  p.state.rflags = 0x3002;
  assert.equal(p.faultOf(0xec), -1); // IOPL 3
});

test('division errors', () => {
  const p = new TestProcessor(64);
  p.state.setGpr(L.RAX, 0x8000_0000_0000_0000n);
  p.state.setGpr(L.RDX, 0xffff_ffff_ffff_ffffn);
  p.state.setGpr(L.RCX, 0xffff_ffff_ffff_ffffn);
  assert.equal(p.faultOf(0x48, 0xf7, 0xf9), DE); // idiv rcx: -2^63 / -1
  assert.equal(p.faultOf(0x48, 0xf7, 0xf1), DE); // div rcx: the quotient needs 65 bits
  p.state.setGpr(L.RAX, 0n);
  p.state.setGpr(L.RDX, 0xffff_ffff_ffff_fffen);
  p.run(0x48, 0xf7, 0xf1);
  assert.equal(p.state.gpr(L.RAX), 0xffff_ffff_ffff_fffen);
  p.state.setGpr(L.RCX, 0n);
  for (const modrm of [0xf1, 0xf9]) {
    for (const bytes of [
      [0xf6, modrm],
      [0x66, 0xf7, modrm],
      [0xf7, modrm],
      [0x48, 0xf7, modrm],
    ]) {
      assert.equal(p.faultOf(...bytes), DE);
    }
  }
  p.state.setGpr(L.RAX, 0x8000_0000n);
  p.state.setGpr(L.RDX, 0xffff_ffffn);
  p.state.setGpr(L.RCX, 0xffff_ffffn);
  assert.equal(p.faultOf(0xf7, 0xf9), DE); // idiv ecx
  assert.equal(p.faultOf(0x66, 0xf7, 0xf9), DE);
  const q = new TestProcessor(32);
  assert.equal(q.faultOf(0xd4, 0x00), DE); // aam 0
});

test('CMPXCHG16B', () => {
  const p = new TestProcessor(64);
  const set = (...values: bigint[]) =>
    [L.RAX, L.RDX, L.RBX, L.RCX].forEach((r, i) => {
      p.state.setGpr(r, values[i]!);
    });
  p.memory.write64(0x2000, 1n);
  p.memory.write64(0x2008, 2n);
  p.state.setGpr(L.RSI, 0x2000n);
  set(1n, 2n, 3n, 4n);
  p.run(0x48, 0x0f, 0xc7, 0x0e); // cmpxchg16b [rsi]
  assert.equal(p.state.rflags & 0x40, 0x40);
  assert.deepEqual([p.memory.read64(0x2000), p.memory.read64(0x2008)], [3n, 4n]);
  p.run(0xf0, 0x48, 0x0f, 0xc7, 0x0e);
  assert.equal(p.state.rflags & 0x40, 0);
  assert.deepEqual([p.state.gpr(L.RAX), p.state.gpr(L.RDX)], [3n, 4n]);
  p.state.setGpr(L.RSI, 0x2008n);
  assert.equal(p.faultOf(0x48, 0x0f, 0xc7, 0x0e), GP);
});

test('bit strings reach beyond their operand', () => {
  const p = new TestProcessor(64);
  p.state.setGpr(L.RSI, 0x2000n);
  p.state.setGpr(L.RAX, BigInt.asUintN(64, -1n));
  p.run(0x0f, 0xab, 0x06); // bts [rsi], eax
  assert.equal(p.memory.read32(0x1ffc), 0x80000000);
  p.state.setGpr(L.RAX, 64n * 3n + 5n);
  p.run(0x48, 0x0f, 0xab, 0x06); // bts [rsi], rax
  assert.equal(p.memory.read64(0x2018), 32n);
});

test('what is no instruction, and what only checks', () => {
  const p = new TestProcessor(64);
  assert.equal(p.faultOf(0x0f, 0x0b), UD); // ud2
  assert.equal(p.faultOf(0xf0, 0x01, 0xc0), UD); // lock add eax, eax
  p.state.setGpr(L.RSI, 0x100000n);
  assert.equal(p.faultOf(0x0f, 0xae, 0x3e), PF); // clflush [rsi]
  assert.equal(p.faultOf(0x0f, 0x18, 0x06), -1); // prefetchnta [rsi]
  assert.equal(p.faultOf(0x0f, 0x1f, 0x06), -1); // nop [rsi]
});

test('segment limits: #SS for the stack, #GP elsewhere', () => {
  const p = new TestProcessor(16);
  p.state.segments[L.SS]!.limit = 0x7fff;
  p.state.setGpr(L.RBP, 0x8000n);
  assert.equal(p.faultOf(0x8a, 0x46, 0x00), SS); // mov al, [bp]
  p.state.segments[L.DS]!.limit = 0x7fff;
  p.state.setGpr(L.RBX, 0x7fffn);
  assert.equal(p.faultOf(0x8b, 0x07), GP); // mov ax, [bx]
  assert.equal(p.faultOf(0x8a, 0x07), -1);
});
