// What the comparison with the host (test/isa/simd) does not reach: faults, MXCSR loads, EMMS, and the
// precision of the approximations.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GP, MF, NM, PF, UD, XM } from '../../exceptions/fault.ts';
import * as S from '../../state/layout.ts';
import { TestProcessor } from '../testing.ts';

const BUFFER = 0x2000;
const CR4_OSXMMEXCPT = 1 << 10;

function processor(): TestProcessor {
  const cpu = new TestProcessor(64);
  cpu.state.cr4 = CR4_OSXMMEXCPT;
  cpu.state.set32(S.MXCSR, 0x1f80);
  cpu.state.setGpr(S.RSI, BigInt(BUFFER));
  cpu.state.setGpr(S.RDI, BigInt(BUFFER));
  return cpu;
}
const xmm = (cpu: TestProcessor, register = 0) =>
  cpu.state.u8.subarray(S.XMM + 16 * register, S.XMM + 16 * register + 16);

test('128-bit memory operands must be aligned, with the known exceptions', () => {
  const cpu = processor();
  const aligned: Record<string, number[]> = {
    ADDPS: [0x0f, 0x58],
    PADDB: [0x66, 0x0f, 0xfc],
    MOVAPS: [0x0f, 0x28],
    'MOVAPS store': [0x0f, 0x29],
    MOVDQA: [0x66, 0x0f, 0x6f],
    MOVNTDQ: [0x66, 0x0f, 0xe7],
    MOVNTDQA: [0x66, 0x0f, 0x38, 0x2a],
    'PSLLW count': [0x66, 0x0f, 0xf1],
    CVTPD2PI: [0x66, 0x0f, 0x2d],
    PMULLD: [0x66, 0x0f, 0x38, 0x40],
    AESENC: [0x66, 0x0f, 0x38, 0xdc],
  };
  for (const [name, code] of Object.entries(aligned)) {
    assert.equal(cpu.faultOf(...code, 0x46, 1), GP, name);
    assert.equal(cpu.faultOf(...code, 0x46, 16), -1, name);
  }
  const free: Record<string, number[]> = {
    MOVUPS: [0x0f, 0x10],
    'MOVUPS store': [0x0f, 0x11],
    MOVDQU: [0xf3, 0x0f, 0x6f],
    LDDQU: [0xf2, 0x0f, 0xf0],
    ADDSD: [0xf2, 0x0f, 0x58],
    PMOVSXBW: [0x66, 0x0f, 0x38, 0x20],
    CVTPS2PD: [0x0f, 0x5a],
    'PADDB of MMX': [0x0f, 0xfc],
  };
  for (const [name, code] of Object.entries(free)) assert.equal(cpu.faultOf(...code, 0x46, 1), -1, name);
  assert.equal(cpu.faultOf(0x66, 0x0f, 0x3a, 0x63, 0x46, 1, 0), -1, 'PCMPISTRI');
});

test('the units raise #UD and #NM, before the operand is read', () => {
  for (const [trap, code] of [
    [S.SSE_TRAP, [0x0f, 0x58, 0x46, 1]],
    [S.SSE_TRAP, [0x0f, 0xae, 0x16]],
    [S.SSE_TRAP, [0x0f, 0x2a, 0xc1]],
    [S.MMX_TRAP, [0x0f, 0xfc, 0xc1]],
    [S.MMX_TRAP, [0x0f, 0x77]],
  ] as const) {
    for (const vector of [UD, NM]) {
      const cpu = processor();
      cpu.state.set32(trap, vector);
      assert.equal(cpu.faultOf(...code), vector, code.map((b) => b.toString(16)).join(' '));
    }
  }
});

test('a pending x87 exception is raised by MMX instructions and by conversions with MMX operands', () => {
  for (const [code, vector] of [
    [[0x0f, 0xfc, 0xc1], MF],
    [[0x0f, 0x77], MF],
    [[0x0f, 0x2a, 0xc1], MF],
    [[0x0f, 0x2a, 0x06], -1],
    [[0x66, 0x0f, 0xfc, 0xc1], -1],
  ] as const) {
    const cpu = processor();
    cpu.state.set32(S.FSW, 0x8081);
    assert.equal(cpu.faultOf(...code), vector, code.map((b) => b.toString(16)).join(' '));
  }
});

test('an unmasked exception is #XM, or #UD while CR4.OSXMMEXCPT is clear; the destination stays', () => {
  const cpu = processor();
  cpu.state.set32(S.MXCSR, 0x1f80 & ~(4 << 7));
  cpu.state.view.setFloat64(S.XMM, 1, true);
  assert.equal(cpu.faultOf(0xf2, 0x0f, 0x5e, 0xc1), XM);
  assert.equal(cpu.state.view.getFloat64(S.XMM, true), 1);
  assert.equal(cpu.state.get32(S.MXCSR) & 63, 4);
  cpu.state.cr4 = 0;
  assert.equal(cpu.faultOf(0xf2, 0x0f, 0x5e, 0xc1), UD);
});

test('a store that faults changes nothing', () => {
  const cpu = processor();
  cpu.state.setGpr(S.RSI, 0x40000n);
  cpu.state.set32(S.FSW, 0x3800);
  assert.equal(cpu.faultOf(0x0f, 0x7f, 0x06), PF);
  assert.equal(cpu.state.get32(S.FSW), 0x3800);
});

test('LDMXCSR refuses reserved bits, STMXCSR stores', () => {
  const cpu = processor();
  cpu.memory.write32(BUFFER, 0x0001_1f80);
  assert.equal(cpu.faultOf(0x0f, 0xae, 0x16), GP);
  assert.equal(cpu.state.get32(S.MXCSR), 0x1f80);
  cpu.memory.write32(BUFFER, 0xffc0);
  cpu.run(0x0f, 0xae, 0x16);
  cpu.run(0x0f, 0xae, 0x5e, 4);
  assert.equal(cpu.memory.read32(BUFFER + 4), 0xffc0);
});

test('EMMS empties the registers, MMX instructions fill them', () => {
  const cpu = processor();
  cpu.run(0x0f, 0xef, 0xc0);
  assert.equal(cpu.state.get32(S.FTW), 0xff);
  cpu.run(0x0f, 0x77);
  assert.equal(cpu.state.get32(S.FTW), 0);
});

test('a masked store faults even where it writes nothing', () => {
  const cpu = processor();
  cpu.state.setGpr(S.RDI, 0x40000n);
  assert.equal(cpu.faultOf(0x66, 0x0f, 0xf7, 0xc1), PF);
  xmm(cpu, 1)[3] = 0x80;
  assert.equal(cpu.faultOf(0x66, 0x0f, 0xf7, 0xc1), PF);
});

test('the approximations are within 1.5 * 2^-12 and exact where the manual says so', () => {
  const cpu = processor();
  const approximate = (opcode: number, value: number) => {
    cpu.state.view.setFloat32(S.XMM + 16, value, true);
    cpu.run(0xf3, 0x0f, opcode, 0xc1);
    return cpu.state.view.getFloat32(S.XMM, true);
  };
  const [RSQRT, RCP] = [0x52, 0x53];
  for (let i = 0; i < 3000; i++) {
    const value = Math.fround((1 + i / 1009) * 2 ** ((i % 200) - 100));
    const root = approximate(RSQRT, value) * Math.sqrt(value);
    assert.ok(Math.abs(root - 1) < 1.5 * 2 ** -12, `RSQRTSS ${value}`);
    const reciprocal = approximate(RCP, value) * value;
    assert.ok(Math.abs(reciprocal - 1) < 1.5 * 2 ** -12, `RCPSS ${value}`);
  }
  const special: readonly [number, number, number][] = [
    [RCP, 0, Number.POSITIVE_INFINITY],
    [RCP, -0, Number.NEGATIVE_INFINITY],
    [RCP, -(2 ** -130), Number.NEGATIVE_INFINITY],
    [RCP, Number.NEGATIVE_INFINITY, -0],
    [RCP, 2 ** 127, 0],
    [RCP, 4, 0.25],
    [RSQRT, -0, Number.NEGATIVE_INFINITY],
    [RSQRT, -(2 ** -130), Number.NEGATIVE_INFINITY],
    [RSQRT, Number.POSITIVE_INFINITY, 0],
    [RSQRT, -1, Number.NaN],
    [RSQRT, 0.25, 2],
  ];
  for (const [opcode, value, expected] of special) {
    assert.ok(Object.is(approximate(opcode, value), expected), `${opcode.toString(16)} ${value}`);
  }
  assert.equal(cpu.state.get32(S.MXCSR), 0x1f80);
});

test('AES agrees with the example of FIPS 197, appendix B', () => {
  const cpu = processor();
  const bytes = (text: string) => Uint8Array.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));
  // State after the first AddRoundKey, and the second round key; the start of round 2 comes out.
  xmm(cpu, 0).set(bytes('193de3bea0f4e22b9ac68d2ae9f84808'));
  xmm(cpu, 1).set(bytes('a0fafe1788542cb123a339392a6c7605'));
  cpu.run(0x66, 0x0f, 0x38, 0xdc, 0xc1);
  assert.deepEqual(xmm(cpu, 0), bytes('a49c7ff2689f352b6b5bea43026a5049'));
});
