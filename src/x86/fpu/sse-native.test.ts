// The SSE layer against the host's own SSE, unmasked exceptions included.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNative, TRAP_MXCSR } from '../../../test/isa/native/native.ts';
import { randomBinary32, randomBinary64, randomSource } from '../../../test/isa/native/operands.ts';
import { beginSse, type FloatEnvironment, sseEnvironment } from './environment.ts';
import * as sse from './sse.ts';

const native = openNative();
const skip = typeof native === 'string' ? native : false;
if (typeof native !== 'string') native.trap();
const COUNT = Number(process.env.DOPPEL_FPU_CASES ?? 10000);
const SHOW = Number(process.env.DOPPEL_SHOW ?? 6);

/** LEA R11 (where to go on), LDMXCSR, operands to XMM0 and XMM1, RAX to XMM1's bits, the instruction. */
function sseCode(instruction: readonly number[]): number[] {
  const before = [
    ...[0x0f, 0x10, 0x87, 0x10, 0, 0, 0], // movups xmm0, [rdi + 10h]
    ...[0x0f, 0x10, 0x8f, 0x20, 0, 0, 0], // movups xmm1, [rdi + 20h]
    ...[0x48, 0x8b, 0x87, 0x20, 0, 0, 0], // mov rax, [rdi + 20h]
    ...[0x0f, 0xae, 0x97, 0, 0, 0, 0], // ldmxcsr [rdi]
  ];
  return [
    ...[0x4c, 0x8d, 0x1d, before.length + instruction.length, 0, 0, 0], // lea r11, [rip + ...]
    ...before,
    ...instruction,
    ...[0x0f, 0xae, 0x9f, 4, 0, 0, 0], // stmxcsr [rdi + 4]
    ...[0x0f, 0xae, 0x97, 8, 0, 0, 0], // ldmxcsr [rdi + 8]
    ...[0x0f, 0x11, 0x87, 0x30, 0, 0, 0], // movups [rdi + 30h], xmm0
    ...[0x48, 0x89, 0x87, 0x40, 0, 0, 0, 0xc3], // mov [rdi + 40h], rax; ret
  ];
}

function randomMxcsr(random: () => number): number {
  const masks = random() % 4 === 0 ? random() & 63 : 63;
  const flush = random() % 3 === 0 ? random() & 0x8040 : 0;
  return flush | (masks << 7) | ((random() & 3) << 13);
}

const env = sseEnvironment();
const pair = { high: 0, low: 0 };
const pairBits = (): bigint => (BigInt(pair.high) << 32n) | BigInt(pair.low);
const high = (bits: bigint): number => Number(bits >> 32n);
const low = (bits: bigint): number => Number(bits & 0xffffffffn);

type Operand = 32 | 64 | 'integer';
type Model = (e: FloatEnvironment, x: bigint, y: bigint) => bigint;

/** `result` is where the result lies: 'xmm' of 32 or 64 bits, 'rax' of 32 or 64 bits. */
function differential(
  name: string,
  instruction: number[],
  operand: Operand,
  result: { where: 'xmm' | 'rax'; width: 32 | 64 },
  model: Model,
): void {
  test(`${name} agrees with the host`, { skip }, () => {
    if (typeof native === 'string') return;
    const run = native.load(sseCode(instruction));
    const random = randomSource(instruction.reduce((sum, byte) => sum * 31 + byte, 17));
    const { state } = native;
    const failures: string[] = [];
    let failed = 0;
    const draw = (): bigint => {
      if (operand === 32) return BigInt(randomBinary32(random));
      if (operand === 64) return randomBinary64(random);
      const bits = (BigInt(random()) << 32n) | BigInt(random());
      return BigInt.asUintN(64, BigInt.asIntN(64, bits) >> BigInt(random() % 64));
    };
    for (let index = 0; index < COUNT; index++) {
      const mxcsr = randomMxcsr(random);
      const x = draw();
      const y = random() % 16 === 0 ? x : random() % 4 === 0 ? x ^ BigInt(random() & 15) : draw();
      state.setUint32(0, mxcsr, true);
      state.setUint32(8, 0x1f80, true);
      state.setUint32(TRAP_MXCSR, 0, true);
      state.setBigUint64(0x10, x, true);
      state.setBigUint64(0x20, y, true);
      run();
      const trap = state.getUint32(TRAP_MXCSR, true);
      const hostFlags = (trap || state.getUint32(4, true)) & 63;
      const cut = (bits: bigint): bigint => BigInt.asUintN(result.width, bits);
      const host = cut(state.getBigUint64(result.where === 'xmm' ? 0x30 : 0x40, true));
      beginSse(env, mxcsr);
      let ours = cut(model(env, x, y));
      const trapped = (env.flags & ~env.masks) !== 0;
      if (trapped) ours = cut(result.where === 'xmm' ? x : y);
      if (host !== ours || hostFlags !== env.flags || trapped !== (trap !== 0)) {
        failed++;
        if (failures.length < SHOW)
          failures.push(
            `mxcsr ${mxcsr.toString(16)} ${x.toString(16)} ${y.toString(16)}: host ${host.toString(16)} ` +
              `${hostFlags.toString(16)} ${trap !== 0}, ours ${ours.toString(16)} ${env.flags.toString(16)} ${trapped}`,
          );
      }
    }
    assert.equal(failed, 0, `${failed} of ${COUNT} differ\n${failures.join('\n')}`);
  });
}

const XMM32 = { where: 'xmm', width: 32 } as const;
const XMM64 = { where: 'xmm', width: 64 } as const;
const RAX32 = { where: 'rax', width: 32 } as const;
const RAX64 = { where: 'rax', width: 64 } as const;

for (const [name, opcode, operation] of [
  ['ADD', 0x58, sse.SSE_ADD],
  ['SUB', 0x5c, sse.SSE_SUBTRACT],
  ['MUL', 0x59, sse.SSE_MULTIPLY],
  ['DIV', 0x5e, sse.SSE_DIVIDE],
] as const) {
  differential(`${name}SS`, [0xf3, 0x0f, opcode, 0xc1], 32, XMM32, (e, x, y) =>
    BigInt(sse.arithmetic32(e, operation, Number(x), Number(y))),
  );
  differential(`${name}SD`, [0xf2, 0x0f, opcode, 0xc1], 64, XMM64, (e, x, y) => {
    sse.arithmetic64(e, operation, high(x), low(x), high(y), low(y), pair);
    return pairBits();
  });
}
differential('SQRTSS', [0xf3, 0x0f, 0x51, 0xc1], 32, XMM32, (e, _x, y) =>
  BigInt(sse.squareRoot32(e, Number(y))),
);
differential('SQRTSD', [0xf2, 0x0f, 0x51, 0xc1], 64, XMM64, (e, _x, y) => {
  sse.squareRoot64(e, high(y), low(y), pair);
  return pairBits();
});
for (const [name, opcode, maximum] of [
  ['MIN', 0x5d, false],
  ['MAX', 0x5f, true],
] as const) {
  differential(`${name}SS`, [0xf3, 0x0f, opcode, 0xc1], 32, XMM32, (e, x, y) =>
    BigInt(sse.extremum32(e, maximum, Number(x), Number(y))),
  );
  differential(`${name}SD`, [0xf2, 0x0f, opcode, 0xc1], 64, XMM64, (e, x, y) => {
    sse.extremum64(e, maximum, high(x), low(x), high(y), low(y), pair);
    return pairBits();
  });
}
for (let predicate = 0; predicate < 8; predicate++) {
  differential(`CMPSS ${predicate}`, [0xf3, 0x0f, 0xc2, 0xc1, predicate], 32, XMM32, (e, x, y) =>
    sse.predicate32(e, predicate, Number(x), Number(y)) ? 0xffffffffn : 0n,
  );
  differential(`CMPSD ${predicate}`, [0xf2, 0x0f, 0xc2, 0xc1, predicate], 64, XMM64, (e, x, y) =>
    sse.predicate64(e, predicate, high(x), low(x), high(y), low(y)) ? 0xffffffffffffffffn : 0n,
  );
}
differential('CVTSS2SD', [0xf3, 0x0f, 0x5a, 0xc1], 32, XMM64, (e, _x, y) => {
  sse.widen(e, Number(y), pair);
  return pairBits();
});
differential('CVTSD2SS', [0xf2, 0x0f, 0x5a, 0xc1], 64, XMM32, (e, _x, y) =>
  BigInt(sse.narrow(e, high(y), low(y))),
);
for (const [truncate, opcode] of [
  [false, 0x2d],
  [true, 0x2c],
] as const) {
  const t = truncate ? 'T' : '';
  for (const [width, rex, where] of [
    [32, [], RAX32],
    [64, [0x48], RAX64],
  ] as const) {
    differential(`CVT${t}SS2SI ${width}`, [0xf3, ...rex, 0x0f, opcode, 0xc1], 32, where, (e, _x, y) => {
      sse.integerFrom32(e, Number(y), width, truncate, pair);
      return pairBits();
    });
    differential(`CVT${t}SD2SI ${width}`, [0xf2, ...rex, 0x0f, opcode, 0xc1], 64, where, (e, _x, y) => {
      sse.integerFrom64(e, high(y), low(y), width, truncate, pair);
      return pairBits();
    });
  }
}
differential('CVTSI2SS', [0xf3, 0x48, 0x0f, 0x2a, 0xc0], 'integer', XMM32, (e, _x, y) =>
  BigInt(sse.binary32FromInteger(e, high(y), low(y))),
);
differential('CVTSI2SD', [0xf2, 0x48, 0x0f, 0x2a, 0xc0], 'integer', XMM64, (e, _x, y) => {
  sse.binary64FromInteger(e, high(y), low(y), pair);
  return pairBits();
});
for (const immediate of [0, 1, 2, 3, 4, 8, 12]) {
  differential(`ROUNDSS ${immediate}`, [0x66, 0x0f, 0x3a, 0x0a, 0xc1, immediate], 32, XMM32, (e, _x, y) =>
    BigInt(sse.roundToIntegral32(e, Number(y), immediate)),
  );
  differential(`ROUNDSD ${immediate}`, [0x66, 0x0f, 0x3a, 0x0b, 0xc1, immediate], 64, XMM64, (e, _x, y) => {
    sse.roundToIntegral64(e, high(y), low(y), immediate, pair);
    return pairBits();
  });
}
