// The x87 arithmetic of this folder against the host's own x87.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNative } from '../../../test/isa/native/native.ts';
import { randomExtended, randomNear, randomSource } from '../../../test/isa/native/operands.ts';
import { add, subtract } from './add.ts';
import { beginX87, type FloatEnvironment, stopped, x87Environment } from './environment.ts';
import { roundToIntegral } from './integer.ts';
import { divide, multiply, squareRoot } from './multiply.ts';
import { packExtended, type RawExtended, unpackExtended } from './packing.ts';
import { partialRemainder, remainderReport } from './remainder.ts';
import { scale } from './scale.ts';
import { type Unpacked, unpacked } from './unpacked.ts';

const native = openNative();
const skip = typeof native === 'string' ? native : false;
const COUNT = Number(process.env.DOPPEL_FPU_CASES ?? 20000);

type Operation = (env: FloatEnvironment, a: Unpacked, b: Unpacked, out: Unpacked) => void;

/** A control word with all masks set most of the time, any rounding and precision. */
function randomControl(random: () => number): number {
  const masks = random() % 4 === 0 ? random() & 63 : 63;
  const precision = [0, 2, 3, 3][random() & 3];
  return 0x40 | masks | (precision << 8) | ((random() & 3) << 10);
}

/** FNINIT, FLDCW, load b and a (so that ST0 is a and ST1 is b), the instruction, FXSAVE, FNINIT. */
function x87Code(instruction: readonly number[]): number[] {
  return [
    ...[0xdb, 0xe3, 0xd9, 0xaf, 0, 0, 0, 0], // fninit; fldcw [rdi]
    ...[0xdb, 0xaf, 0x20, 0, 0, 0, 0xdb, 0xaf, 0x10, 0, 0, 0], // fld m80 [rdi + 20h]; fld m80 [rdi + 10h]
    ...instruction,
    ...[0x0f, 0xae, 0x87, 0, 2, 0, 0, 0xdb, 0xe3, 0xc3], // fxsave [rdi + 200h]; fninit; ret
  ];
}

const a = unpacked();
const b = unpacked();
const out = unpacked();
const raw: RawExtended = { signExponent: 0, high: 0, low: 0 };
const env = x87Environment();

function unpack80(bits: bigint, into: Unpacked): void {
  unpackExtended(Number(bits >> 64n), Number((bits >> 32n) & 0xffffffffn), Number(bits & 0xffffffffn), into);
}

function bits80(value: Unpacked): bigint {
  packExtended(value, raw);
  return (BigInt(raw.signExponent) << 64n) | (BigInt(raw.high) << 32n) | BigInt(raw.low);
}

function put80(state: DataView, offset: number, bits: bigint): void {
  state.setBigUint64(offset, bits & 0xffffffffffffffffn, true);
  state.setUint16(offset + 8, Number(bits >> 64n), true);
}

function get80(state: DataView, offset: number): bigint {
  return (BigInt(state.getUint16(offset + 8, true)) << 64n) | state.getBigUint64(offset, true);
}

function hex(bits: bigint): string {
  return `${(bits >> 64n).toString(16).padStart(4, '0')}:${(bits & 0xffffffffffffffffn).toString(16).padStart(16, '0')}`;
}

interface Expectation {
  /** ST0 after the instruction. */
  result: bigint;
  /** Exception flags and C1; other condition bits where the instruction defines them. */
  status: number;
  /** Bits of FSW to compare. */
  mask: number;
}

function differential(
  name: string,
  instruction: number[],
  expected: (x: bigint, y: bigint) => Expectation,
): void {
  test(`${name} agrees with the host`, { skip }, () => {
    if (typeof native === 'string') return;
    const run = native.load(x87Code(instruction));
    const random = randomSource(0x1234567 + name.length * 7919 + instruction[1]);
    const { state } = native;
    const failures: string[] = [];
    let failed = 0;
    for (let index = 0; index < COUNT; index++) {
      const control = randomControl(random);
      const x = randomExtended(random);
      const y = random() % 2 ? randomNear(random, x) : randomExtended(random);
      state.setUint16(0, control, true);
      put80(state, 0x10, x);
      put80(state, 0x20, y);
      run();
      const hostResult = get80(state, 0x220);
      const hostStatus = state.getUint16(0x202, true);
      beginX87(env, control);
      const want = expected(x, y);
      if (hostResult !== want.result || ((hostStatus ^ want.status) & want.mask) !== 0) {
        failed++;
        if (failures.length < Number(process.env.DOPPEL_SHOW ?? 6))
          failures.push(
            `fcw ${control.toString(16)} ${hex(x)} ${hex(y)}: host ${hex(hostResult)} ${(hostStatus & want.mask).toString(16)}, ` +
              `ours ${hex(want.result)} ${(want.status & want.mask).toString(16)}`,
          );
      }
    }
    assert.equal(failed, 0, `${failed} of ${COUNT} differ\n${failures.join('\n')}`);
  });
}

function binary(name: string, instruction: number[], operation: Operation): void {
  differential(name, instruction, (x, y) => {
    unpack80(x, a);
    unpack80(y, b);
    operation(env, a, b, out);
    return {
      result: stopped(env) ? x : bits80(out),
      status: env.flags | (env.roundedUp ? 0x200 : 0),
      mask: 0x23f,
    };
  });
}

binary('FADD', [0xd8, 0xc1], add);
binary('FSUB', [0xd8, 0xe1], subtract);
binary('FSUBR', [0xd8, 0xe9], (e, x, y, o) => subtract(e, y, x, o));
binary('FMUL', [0xd8, 0xc9], multiply);
binary('FDIV', [0xd8, 0xf1], divide);
binary('FSQRT', [0xd9, 0xfa], (e, x, _y, o) => squareRoot(e, x, o));
binary('FRNDINT', [0xd9, 0xfc], (e, x, _y, o) => roundToIntegral(e, x, e.rounding, true, true, o));
binary('FSCALE', [0xd9, 0xfd], scale);

for (const [name, opcode, nearest] of [
  ['FPREM', 0xf8, false],
  ['FPREM1', 0xf5, true],
] as const) {
  differential(name, [0xd9, opcode], (x, y) => {
    unpack80(x, a);
    unpack80(y, b);
    partialRemainder(env, a, b, nearest, out);
    const { incomplete, quotient } = remainderReport;
    const condition =
      (incomplete ? 0x400 : 0) | ((quotient & 4) << 6) | ((quotient & 2) << 13) | ((quotient & 1) << 9);
    return { result: stopped(env) ? x : bits80(out), status: env.flags | condition, mask: 0x473f };
  });
}
