// State of the x87 and SSE units: environments in all formats, FNSAVE, FXSAVE, XSAVE, faults before changes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GP, MF, NM, PF, UD } from '../exceptions/fault.ts';
import { CR0_MP, CR0_TS, CR4_OSXSAVE } from '../state/control-bits.ts';
import * as L from '../state/layout.ts';
import { TestProcessor } from './testing.ts';

/** A processor after FNINIT. */
function processor(bits: 16 | 32 | 64): TestProcessor {
  const made = new TestProcessor(bits);
  made.run(0xdb, 0xe3);
  made.state.set32(L.MXCSR, 0x1f80);
  return made;
}

/** [disp32] in 32-bit code, [disp16] in real mode. */
const at = (bits: 16 | 32, extension: number, address: number): number[] =>
  bits === 32
    ? [(extension << 3) | 5, address & 255, (address >> 8) & 255, 0, 0]
    : [(extension << 3) | 6, address & 255, (address >> 8) & 255];

test('FNINIT, FLDPI and the words after it', () => {
  const p = processor(32);
  p.run(0xd9, 0xeb);
  assert.equal(p.state.get32(L.FCW), 0x37f);
  assert.equal(p.state.get32(L.FSW), 7 << 11);
  assert.equal(p.state.get32(L.FTW), 0x80);
  assert.equal(p.state.get64(L.FPR + 7 * L.FPR_SIZE), 0xc90fdaa22168c235n);
});

test('the environment in 32-bit protected format keeps pointers and selectors', () => {
  const p = processor(32);
  p.state.segments[L.CS]!.selector = 0x10;
  p.state.segments[L.DS]!.selector = 0x18;
  p.memory.view.setFloat32(0x2000, 1.5, true);
  p.state.rip = 0x1006;
  p.run(0xd9, ...at(32, 0, 0x2000)); // fld dword [2000h]
  p.run(0xd9, ...at(32, 6, 0x3000)); // fnstenv [3000h]
  const word = (row: number): number => p.memory.view.getUint32(0x3000 + 4 * row, true);
  assert.equal(word(0), 0xffff037f);
  assert.equal(word(1), 0xffff3800);
  assert.equal(word(2), 0xffff3fff);
  assert.equal(word(4) & 0xffff, 0x10);
  assert.equal(word(5), 0x2000);
  assert.equal(word(6), 0xffff0018);
});

test('the environment in 16-bit real-mode format has 20-bit pointers', () => {
  const p = processor(16);
  p.state.segments[L.DS]!.selector = 0x1234;
  p.state.segments[L.DS]!.base = 0;
  p.memory.view.setInt16(0x2000, -5, true);
  p.run(0xdf, ...at(16, 0, 0x2000)); // fild word [2000h]
  p.run(0xd9, ...at(16, 6, 0x3000));
  const operand =
    p.memory.view.getUint16(0x300a, true) | ((p.memory.view.getUint16(0x300c, true) & 0xf000) << 4);
  assert.equal(operand, 0x12340 + 0x2000);
});

for (const bits of [16, 32] as const) {
  test(`FNSAVE and FRSTOR are inverse in ${bits}-bit code`, () => {
    const p = processor(bits);
    p.run(0xd9, 0xe8); // fld1
    p.run(0xd9, 0xea); // fldl2e
    p.run(0xd9, 0xee); // fldz
    const before = p.state.u8.slice(L.FPR, L.FPR + 128);
    p.run(0xdd, ...at(bits, 6, 0x3000));
    assert.equal(p.state.get32(L.FTW), 0);
    assert.equal(p.state.get32(L.FSW), 0);
    const tags = p.memory.view.getUint16(0x3000 + (bits === 32 ? 8 : 4), true);
    assert.equal(tags, 0b00_00_01_11_11_11_11_11);
    p.state.u8.fill(0, L.FPR, L.FPR + 128);
    p.run(0xdd, ...at(bits, 4, 0x3000));
    assert.equal(p.state.get32(L.FTW), 0xe0);
    assert.equal(p.state.get32(L.FSW), 5 << 11);
    assert.deepEqual(p.state.u8.slice(L.FPR, L.FPR + 128), before);
  });
}

test('an unmasked exception is pending until the next waiting instruction', () => {
  const p = processor(32);
  p.state.set32(L.FCW, 0x37e); // invalid operation unmasked
  p.run(0xd9, 0xe8); // fld1
  p.run(0xd9, 0xe0); // fchs
  assert.equal(p.faultOf(0xd9, 0xfa), -1); // fsqrt of -1
  assert.equal(p.state.get32(L.FSW) & 0x8081, 0x8081);
  assert.equal(p.faultOf(0xdf, 0xe0), -1); // fnstsw ax
  assert.equal(p.faultOf(0xd9, 0xe8), MF);
  assert.equal(p.faultOf(0x9b), MF);
  assert.equal(p.faultOf(0xdb, 0xe2), -1); // fnclex
  assert.equal(p.faultOf(0x9b), -1);
});

test('CR0.TS and CR0.MP', () => {
  const p = processor(32);
  p.state.set32(L.X87_TRAP, NM);
  assert.equal(p.faultOf(0xd9, 0xe8), NM);
  p.state.cr0 = CR0_TS;
  assert.equal(p.faultOf(0x9b), -1);
  p.state.cr0 = CR0_TS | CR0_MP;
  assert.equal(p.faultOf(0x9b), NM);
});

test('a store that faults leaves the x87 state alone', () => {
  const p = processor(32);
  p.run(0xd9, 0xeb); // fldpi
  const before = p.state.u8.slice(L.FPR, L.XMM);
  // fstp dword [80000000h], fstp tbyte, fistp qword, fnsave
  for (const [opcode, extension] of [
    [0xd9, 3],
    [0xdb, 7],
    [0xdf, 7],
    [0xdd, 6],
  ] as const) {
    assert.equal(p.faultOf(opcode, (extension << 3) | 5, 0, 0, 0, 0x80), PF);
    assert.deepEqual(p.state.u8.slice(L.FPR, L.XMM), before);
  }
});

test('FXSAVE and FXRSTOR: alignment and reserved MXCSR bits', () => {
  const p = processor(64);
  p.state.setGpr(L.RDI, 0x3008n);
  assert.equal(p.faultOf(0x0f, 0xae, 0x07), GP);
  p.state.setGpr(L.RDI, 0x3010n);
  p.state.set64(L.XMM + 15 * 16, 77n);
  p.run(0x0f, 0xae, 0x07);
  p.state.set64(L.XMM + 15 * 16, 0n);
  p.memory.view.setUint32(0x3010 + 24, 0x1ffc0, true);
  assert.equal(p.faultOf(0x0f, 0xae, 0x0f), GP);
  assert.equal(p.state.get64(L.XMM + 15 * 16), 0n);
  p.memory.view.setUint32(0x3010 + 24, 0x1f81, true);
  p.run(0x0f, 0xae, 0x0f);
  assert.equal(p.state.get64(L.XMM + 15 * 16), 77n);
  assert.equal(p.state.get32(L.MXCSR), 0x1f81);
});

test('XSAVE and XRSTOR: components, header, initial configuration', () => {
  const p = processor(64);
  p.state.setGpr(L.RDI, 0x3040n);
  p.state.setGpr(L.RAX, 0xffffffffn);
  p.state.setGpr(L.RDX, 0xffffffffn);
  assert.equal(p.faultOf(0x0f, 0xae, 0x27), UD);
  p.state.cr4 = CR4_OSXSAVE;
  p.state.set64(L.XCR0, 3n);
  p.run(0xd9, 0xe8);
  p.state.set64(L.XMM, 5n);
  p.run(0x0f, 0xae, 0x27); // xsave
  assert.equal(p.memory.view.getBigUint64(0x3040 + 512, true), 3n);
  p.run(0xdb, 0xe3);
  p.state.set64(L.XMM, 6n);
  p.state.setGpr(L.RAX, 2n); // SSE only
  p.run(0x0f, 0xae, 0x2f); // xrstor
  assert.equal(p.state.get64(L.XMM), 5n);
  assert.equal(p.state.get32(L.FTW), 0);
  p.state.setGpr(L.RAX, 3n);
  p.run(0x0f, 0xae, 0x2f);
  assert.equal(p.state.get32(L.FTW), 0x80);
  p.memory.view.setBigUint64(0x3040 + 512, 0n, true); // both in their initial configuration
  p.run(0x0f, 0xae, 0x2f);
  assert.equal(p.state.get32(L.FTW), 0);
  assert.equal(p.state.get64(L.XMM), 0n);
  p.memory.view.setBigUint64(0x3040 + 520, 1n, true);
  assert.equal(p.faultOf(0x0f, 0xae, 0x2f), GP);
  p.memory.view.setBigUint64(0x3040 + 520, 0n, true);
  p.memory.view.setBigUint64(0x3040 + 512, 4n, true);
  assert.equal(p.faultOf(0x0f, 0xae, 0x2f), GP);
  p.state.setGpr(L.RDI, 0x3050n);
  assert.equal(p.faultOf(0x0f, 0xae, 0x27), GP);
});
