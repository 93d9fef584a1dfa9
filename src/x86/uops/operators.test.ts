// The reference evaluator's operators against the host's WebAssembly: every SIMD instruction and every
// scalar operator that wasm has, on random and awkward operands.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModuleBuilder } from '../../wasm/module.ts';
import { run } from '../../wasm/testing.ts';
import type { BinaryOperator, UnaryOperator, ValueType } from './ir.ts';
import { bytesOfScalar, evaluateBinary, evaluateUnary, type RuntimeValue } from './operators.ts';
import { evaluateSimd, simdNames } from './simd-evaluate.ts';
import { binaryResult, simdTypes, unaryResult } from './types.ts';

const ROUNDS = 40;
const RESULT = 64;
const LANES = Array.from({ length: 16 }, (_, i) => (i * 7 + 3) % 32);

interface Case {
  readonly name: string;
  readonly args: readonly ValueType[];
  readonly result: ValueType;
  readonly emit: (fn: ReturnType<ModuleBuilder['defineFunction']>) => void;
  readonly evaluate: (args: readonly RuntimeValue[]) => RuntimeValue;
}

/** Deterministic (xorshift), so that a failure comes again. */
let seed = 0x2545_f491;
function random(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
}
const AWKWARD = [
  0n,
  0xffff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0x7fff_ffff_7fff_ffffn,
  0x8000_8000_8080_8080n,
  0x3f80_0000_bf80_0000n,
  0x7f80_0000_ff80_0000n,
  0x7fc0_0000_8000_0000n,
  0x3fe0_0000_0000_0000n,
  0xc004_0000_0000_0000n,
  0x41e0_0000_0000_0000n,
  0xc3e0_0000_0000_0000n,
  0x7ff0_0000_0000_0000n,
  0x3f00_0000_4020_0000n,
  0x4f00_0000_cf00_0000n,
  0x0000_0001_4b80_0001n,
];
function operandBytes(): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const at of [0, 8]) {
    const value =
      random() % 2 ? AWKWARD[random() % AWKWARD.length]! : (BigInt(random()) << 32n) | BigInt(random());
    view.setBigUint64(at, value, true);
  }
  return bytes;
}
function valueFrom(type: ValueType, bytes: Uint8Array): RuntimeValue {
  const view = new DataView(bytes.buffer);
  if (type === 'i32') return view.getInt32(0, true);
  if (type === 'i64') return view.getBigInt64(0, true);
  if (type === 'f32') return view.getFloat32(0, true);
  if (type === 'f64') return view.getFloat64(0, true);
  return bytes;
}

const WIDTH: Record<ValueType, number> = { i32: 4, i64: 8, f32: 4, f64: 8, v128: 16 };
/** NaNs are equal: their payloads are open. `lane` tells what the bytes are made of. */
function normalized(type: ValueType, name: string, bytes: Uint8Array): string {
  const copy = bytes.slice(0, WIDTH[type]);
  const view = new DataView(copy.buffer);
  const lanes = type === 'f32' || /^f32x4\.(?!eq|ne$|lt|gt|le|ge|abs|neg$)/.test(name) ? 4 : 8;
  if (type === 'f32' || type === 'f64' || (type === 'v128' && /^f/.test(name))) {
    for (let at = 0; at + lanes <= copy.length; at += lanes) {
      if (lanes === 4 && Number.isNaN(view.getFloat32(at, true))) view.setUint32(at, 0x7fc0_0000, true);
      if (lanes === 8 && Number.isNaN(view.getFloat64(at, true))) view.setBigUint64(at, 0x7ff8n << 48n, true);
    }
  }
  return Buffer.from(copy).toString('hex');
}

function compare(cases: readonly Case[]): void {
  const module = new ModuleBuilder();
  const memory = module.defineMemory({ min: 1 });
  module.exportMemory('memory', memory);
  for (const { name, args, result, emit } of cases) {
    const fn = module.defineFunction(name, [], []);
    fn.i32Const(0);
    args.forEach((type, i) => {
      fn.i32Const(0);
      fn.load(`${type}.load`, 16 * i);
    });
    emit(fn);
    fn.store(`${result}.store`, RESULT);
    module.exportFunction(name, fn.index);
  }
  const exports = run(module);
  const bytes = new Uint8Array((exports.memory as unknown as WebAssembly.Memory).buffer);
  let compared = 0;
  for (const { name, args, result, evaluate } of cases) {
    for (let round = 0; round < ROUNDS; round++) {
      const operands = args.map(operandBytes);
      for (const [i, operand] of operands.entries()) bytes.set(operand, 16 * i);
      try {
        exports[name]!();
      } catch {
        assert.match(name, /div|rem/);
        continue; // zero divisor or overflow
      }
      compared++;
      const expected = bytes.slice(RESULT, RESULT + 16);
      const found = bytesOfScalar(result, evaluate(args.map((type, i) => valueFrom(type, operands[i]!))));
      assert.equal(
        normalized(result, name, found),
        normalized(result, name, expected),
        `${name} of ${operands.map((operand) => Buffer.from(operand).toString('hex')).join(' ')}`,
      );
    }
  }
  assert.ok(compared > cases.length * (ROUNDS - 5));
}

test('SIMD instructions', () => {
  const names = simdNames();
  assert.ok(names.length > 200);
  compare(
    names.map((name) => {
      const { args, result } = simdTypes(name);
      const lane = name.includes('_lane') ? 1 : undefined;
      const lanes = name === 'i8x16.shuffle' ? LANES : undefined;
      return {
        name,
        args,
        result,
        emit: (fn) => {
          if (lanes) fn.shuffle(lanes);
          else if (lane !== undefined) fn.lane(name as never, lane);
          else fn.op(name as never);
        },
        evaluate: (operands) => evaluateSimd(name, operands, lane, lanes),
      };
    }),
  );
});

const BINARY: readonly BinaryOperator[] = [
  ...(['add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr_u', 'shr_s', 'rotl', 'rotr'] as const),
  ...(['eq', 'ne', 'lt_u', 'lt_s', 'le_u', 'le_s', 'gt_u', 'gt_s', 'ge_u', 'ge_s'] as const),
  ...(['div_u', 'div_s', 'rem_u', 'rem_s'] as const),
  ...(['fadd', 'fsub', 'fmul', 'fdiv', 'feq', 'fne', 'flt', 'fle', 'fgt', 'fge'] as const),
];
const UNARY: readonly UnaryOperator[] = [
  ...(['eqz', 'clz', 'ctz', 'popcnt', 'extend8_s', 'extend16_s', 'extend32_s'] as const),
  ...(['fsqrt', 'fnearest', 'ffloor', 'fceil', 'ftrunc'] as const),
];
/** Conversions by their names in wasm. */
const CONVERSIONS: Partial<Record<UnaryOperator, string>> = {
  wrap: 'i32.wrap_i64',
  extend_u: 'i64.extend_i32_u',
  extend_s: 'i64.extend_i32_s',
  promote: 'f64.promote_f32',
  demote: 'f32.demote_f64',
  f64_from_i32_s: 'f64.convert_i32_s',
  f64_from_i64_s: 'f64.convert_i64_s',
  f32_from_i32_s: 'f32.convert_i32_s',
  f32_from_i64_s: 'f32.convert_i64_s',
  i32_from_f32_s: 'i32.trunc_sat_f32_s',
  i32_from_f64_s: 'i32.trunc_sat_f64_s',
  i64_from_f32_s: 'i64.trunc_sat_f32_s',
  i64_from_f64_s: 'i64.trunc_sat_f64_s',
};

test('scalar operators', () => {
  const cases: Case[] = [];
  for (const type of ['i32', 'i64', 'f32', 'f64'] as const) {
    for (const operator of BINARY) {
      const result = binaryResult(operator, type);
      if (!result) continue;
      const name = `${type}.${operator.replace(/^f/, '')}`;
      cases.push({
        name,
        args: [type, type],
        result,
        emit: (fn) => fn.op(name as never),
        evaluate: ([a, b]) => evaluateBinary(operator, type, a!, b!),
      });
    }
    for (const operator of [...UNARY, ...(Object.keys(CONVERSIONS) as UnaryOperator[])]) {
      const result = unaryResult(operator, type);
      if (!result || (operator === 'extend32_s' && type === 'i32')) continue;
      const name = CONVERSIONS[operator] ?? `${type}.${operator.replace(/^f(?!rom)/, '')}`;
      cases.push({
        name,
        args: [type],
        result,
        emit: (fn) => fn.op(name as never),
        evaluate: ([a]) => evaluateUnary(operator, type, a!),
      });
    }
  }
  compare(cases);
});

test('the high half of a product', () => {
  const extremes = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n)];
  for (const a of extremes) {
    for (const b of extremes) {
      const unsigned = BigInt.asUintN(64, a) * BigInt.asUintN(64, b);
      assert.equal(evaluateBinary('mulhi_u', 'i64', a, b), BigInt.asIntN(64, unsigned >> 64n));
      assert.equal(evaluateBinary('mulhi_s', 'i64', a, b), (a * b) >> 64n);
    }
  }
});
