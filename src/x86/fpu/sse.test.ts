// Arithmetic in round-to-nearest against JavaScript's own numbers, which are binary64: works on any host.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBinary32, randomBinary64, randomSource } from '../../../test/isa/native/operands.ts';
import { beginSse, sseEnvironment } from './environment.ts';
import { FLAG_DE, FLAG_IE, FLAG_OE, FLAG_PE, FLAG_UE, FLAG_ZE } from './format.ts';
import * as sse from './sse.ts';

const env = sseEnvironment();
const pair = { high: 0, low: 0 };
const view = new DataView(new ArrayBuffer(8));

function toNumber(high: number, low: number): number {
  view.setUint32(0, high);
  view.setUint32(4, low);
  return view.getFloat64(0);
}

function single(bits: number): number {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}

const JS: readonly [sse.BinaryOperation, (a: number, b: number) => number][] = [
  [sse.SSE_ADD, (a, b) => a + b],
  [sse.SSE_SUBTRACT, (a, b) => a - b],
  [sse.SSE_MULTIPLY, (a, b) => a * b],
  [sse.SSE_DIVIDE, (a, b) => a / b],
];

test('binary64 arithmetic is that of JavaScript', () => {
  const random = randomSource(11);
  for (let index = 0; index < 20000; index++) {
    const a = randomBinary64(random);
    const b = randomBinary64(random);
    const [aHigh, aLow] = [Number(a >> 32n), Number(a & 0xffffffffn)];
    const [bHigh, bLow] = [Number(b >> 32n), Number(b & 0xffffffffn)];
    const [operation, model] = JS[index & 3]!;
    beginSse(env, 0x1f80);
    sse.arithmetic64(env, operation, aHigh, aLow, bHigh, bLow, pair);
    const want = model(toNumber(aHigh, aLow), toNumber(bHigh, bLow));
    assert.ok(
      Object.is(toNumber(pair.high, pair.low), want),
      `${a.toString(16)} ${b.toString(16)} ${index & 3}`,
    );
    sse.squareRoot64(env, aHigh, aLow, pair);
    assert.ok(Object.is(toNumber(pair.high, pair.low), Math.sqrt(toNumber(aHigh, aLow))));
  }
});

test('binary32 arithmetic is that of Math.fround', () => {
  const random = randomSource(12);
  for (let index = 0; index < 20000; index++) {
    const a = randomBinary32(random);
    const b = randomBinary32(random);
    const [operation, model] = JS[index & 3]!;
    beginSse(env, 0x1f80);
    const result = single(sse.arithmetic32(env, operation, a, b));
    assert.ok(Object.is(result, Math.fround(model(single(a), single(b)))), `${a} ${b} ${index & 3}`);
  }
});

test('flags, flush to zero and denormals as zeros', () => {
  const flagsOf = (mxcsr: number, operation: sse.BinaryOperation, a: number, b: number): [number, number] => {
    beginSse(env, mxcsr);
    const result = sse.arithmetic32(env, operation, a, b);
    return [result, env.flags];
  };
  const one = 0x3f800000;
  const three = 0x40400000;
  const largest = 0x7f7fffff;
  const smallest = 0x00800000;
  const half = 0x3f000000;
  assert.deepEqual(flagsOf(0x1f80, sse.SSE_DIVIDE, one, three), [0x3eaaaaab, FLAG_PE]);
  assert.deepEqual(flagsOf(0x1f80, sse.SSE_DIVIDE, one, 0), [0x7f800000, FLAG_ZE]);
  assert.deepEqual(flagsOf(0x1f80, sse.SSE_DIVIDE, 0, 0), [0xffc00000, FLAG_IE]);
  assert.deepEqual(flagsOf(0x1f80, sse.SSE_ADD, largest, largest), [0x7f800000, FLAG_OE | FLAG_PE]);
  assert.deepEqual(flagsOf(0x7f80, sse.SSE_ADD, largest, largest), [largest, FLAG_OE | FLAG_PE]);
  assert.deepEqual(flagsOf(0x1f80, sse.SSE_MULTIPLY, smallest, half), [0x00400000, 0]);
  assert.deepEqual(flagsOf(0x1f80, sse.SSE_MULTIPLY, smallest | 1, half), [0x00400000, FLAG_UE | FLAG_PE]);
  assert.deepEqual(flagsOf(0x9f80, sse.SSE_MULTIPLY, smallest, half), [0, FLAG_UE | FLAG_PE]);
  assert.deepEqual(flagsOf(0x1f80, sse.SSE_ADD, 1, 0), [1, FLAG_DE]);
  assert.deepEqual(flagsOf(0x1fc0, sse.SSE_ADD, 1, 0), [0, 0]);
  assert.deepEqual(flagsOf(0x1f80, sse.SSE_ADD, 0x7f800001, one), [0x7fc00001, FLAG_IE]);
  assert.deepEqual(flagsOf(0x1f80, sse.SSE_ADD, 0x7fc00001, 0x7fc00002), [0x7fc00001, 0]);
});
