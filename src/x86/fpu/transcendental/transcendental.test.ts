// Known values (published constants to 64 bits) and the special operands of the manual's tables. The comparison
// with the host over random operands is in semantics/x87-native.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginX87, type FloatEnvironment, x87Environment } from '../environment.ts';
import { FLAG_IE, FLAG_PE, FLAG_UE, FLAG_ZE } from '../format.ts';
import { packExtended, unpackExtended } from '../packing.ts';
import { type Unpacked, unpacked } from '../unpacked.ts';
import { arctangent } from './arctangent.ts';
import { exponential, logarithmPlusOneTimes, logarithmTimes } from './logarithmic.ts';
import { cosineOf, sineOf, tangentOf, trigonometricOutOfRange } from './trigonometric.ts';

const env = x87Environment();
const a = unpacked();
const b = unpacked();
const out = unpacked();
const raw = { signExponent: 0, high: 0, low: 0 };

function parse(text: string, into: Unpacked): void {
  const [exponent, significand] = text.split(':') as [string, string];
  const bits = BigInt(`0x${significand}`);
  unpackExtended(Number.parseInt(exponent, 16), Number(bits >> 32n), Number(bits & 0xffffffffn), into);
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

type Unary = (e: FloatEnvironment, x: Unpacked, o: Unpacked) => void;
type Binary = (e: FloatEnvironment, x: Unpacked, y: Unpacked, o: Unpacked) => void;

function format(): [string, number] {
  packExtended(out, raw);
  return [`${hex(raw.signExponent, 4)}:${hex(raw.high, 8)}${hex(raw.low, 8)}`, env.flags];
}

function unary(operation: Unary, x: string, control = 0x37f): [string, number] {
  parse(x, a);
  beginX87(env, control);
  operation(env, a, out);
  return format();
}

function binary(operation: Binary, x: string, y: string, control = 0x37f): [string, number] {
  parse(x, a);
  parse(y, b);
  beginX87(env, control);
  operation(env, a, b, out);
  return format();
}

const ZERO = '0000:0000000000000000';
const ONE = '3fff:8000000000000000';
const MINUS_ONE = 'bfff:8000000000000000';
const TWO = '4000:8000000000000000';
const INFINITY = '7fff:8000000000000000';
const MINUS_INFINITY = 'ffff:8000000000000000';
const DEFAULT_NAN = 'ffff:c000000000000000';
const PI = '4000:c90fdaa22168c235';

test('known values', () => {
  // sin 1 = 0.84147098480789650665, cos 1 = 0.54030230586813971740, tan 1 = 1.5574077246549022305
  assert.deepEqual(unary(sineOf, ONE), ['3ffe:d76aa47848677021', FLAG_PE]);
  assert.deepEqual(unary(cosineOf, ONE), ['3ffe:8a51407da8345c92', FLAG_PE]);
  assert.deepEqual(unary(tangentOf, ONE), ['3fff:c75922e5f71d2dc5', FLAG_PE]);
  // 4 atan 1 = pi; log2 10 (the constant of FLDL2T)
  assert.deepEqual(
    binary((e, x, y, o) => arctangent(e, y, x, o), ONE, ONE),
    ['3ffe:c90fdaa22168c235', FLAG_PE],
  );
  assert.deepEqual(binary(logarithmTimes, '4002:a000000000000000', ONE), ['4000:d49a784bcd1b8afe', FLAG_PE]);
  assert.deepEqual(binary(logarithmPlusOneTimes, TWO, ONE)[0], '3fff:cae00d1cfdeb43d0');
  // sqrt(2) - 1
  assert.deepEqual(unary(exponential, '3ffe:8000000000000000'), ['3ffd:d413cccfe7799211', FLAG_PE]);
});

test('rounding control and tiny arguments', () => {
  const tiny = '0001:8000000000000000';
  assert.deepEqual(unary(sineOf, tiny), [tiny, FLAG_PE]);
  assert.deepEqual(unary(sineOf, tiny, 0xf7f), ['0000:7fffffffffffffff', FLAG_PE | FLAG_UE]);
  assert.deepEqual(unary(cosineOf, tiny, 0xf7f), ['3ffe:ffffffffffffffff', FLAG_PE]);
  assert.deepEqual(unary(tangentOf, tiny, 0xb7f), ['0001:8000000000000001', FLAG_PE]);
});

test('special operands', () => {
  assert.deepEqual(unary(sineOf, INFINITY), [DEFAULT_NAN, FLAG_IE]);
  assert.deepEqual(unary(cosineOf, ZERO), [ONE, 0]);
  assert.deepEqual(binary(logarithmTimes, ZERO, ONE), [MINUS_INFINITY, FLAG_ZE]);
  assert.deepEqual(binary(logarithmTimes, ZERO, ZERO), [DEFAULT_NAN, FLAG_IE]);
  assert.deepEqual(binary(logarithmTimes, MINUS_ONE, ONE), [DEFAULT_NAN, FLAG_IE]);
  assert.deepEqual(binary(logarithmTimes, ONE, INFINITY), [DEFAULT_NAN, FLAG_IE]);
  assert.deepEqual(binary(logarithmPlusOneTimes, ZERO, INFINITY), [DEFAULT_NAN, FLAG_IE]);
  const atan2: Binary = (e, x, y, o) => arctangent(e, y, x, o);
  assert.deepEqual(binary(atan2, MINUS_ONE, ZERO), [PI, FLAG_PE]);
  assert.deepEqual(binary(atan2, ONE, ZERO), [ZERO, 0]);
  assert.deepEqual(binary(atan2, MINUS_INFINITY, INFINITY), ['4000:96cbe3f9990e91a8', FLAG_PE]);
});

test('the range of the trigonometric functions ends at 2^63', () => {
  parse('403d:ffffffffffffffff', a);
  assert.equal(trigonometricOutOfRange(a), false);
  parse('403e:8000000000000000', a);
  assert.equal(trigonometricOutOfRange(a), true);
  // The remainder is taken with the 66-bit pi.
  assert.deepEqual(unary(sineOf, '403d:ffffffffffffffff'), ['3ffe:e0ab9300da6d2684', FLAG_PE]);
});
