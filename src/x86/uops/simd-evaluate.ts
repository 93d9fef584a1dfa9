// The wasm SIMD instructions on plain bytes, for the reference evaluator: `simd` micro-operations
// by their names in the WebAssembly specification (core, 4.3 and 5.4.9). Loads and stores of
// vectors are not among them. NaN results carry whatever payload JavaScript gives.
import { type RuntimeValue, roundToEven, saturate32 } from './operators.ts';

type Operation = (args: readonly RuntimeValue[], lane: number, lanes: readonly number[]) => RuntimeValue;
type Lanes =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

const operations = new Map<string, Operation>();

/** Result of a wasm SIMD instruction. `lane` is that of extract_lane and replace_lane, `lanes` those of i8x16.shuffle. */
export function evaluateSimd(
  name: string,
  args: readonly RuntimeValue[],
  lane = 0,
  lanes: readonly number[] = [],
): RuntimeValue {
  const operation = operations.get(name);
  if (!operation) throw new Error(`no SIMD operation ${name}`);
  return operation(args, lane, lanes);
}

/** Names that evaluateSimd knows. */
export function simdNames(): readonly string[] {
  return [...operations.keys()];
}

// ---- lanes ----

type Shape = 'i8x16' | 'i16x8' | 'i32x4' | 'f32x4' | 'f64x2';
const SIGNED = {
  i8x16: Int8Array,
  i16x8: Int16Array,
  i32x4: Int32Array,
  f32x4: Float32Array,
  f64x2: Float64Array,
} as const;
const UNSIGNED = {
  i8x16: Uint8Array,
  i16x8: Uint16Array,
  i32x4: Uint32Array,
  f32x4: Float32Array,
  f64x2: Float64Array,
} as const;
const BITS = { i8x16: 8, i16x8: 16, i32x4: 32, f32x4: 32, f64x2: 64 } as const;

/** Lanes of a vector as numbers: a fresh view or copy, little-endian. */
function lanesOf(shape: Shape, value: RuntimeValue, signed = true): Lanes {
  const bytes = (value as Uint8Array).slice();
  return new (signed ? SIGNED : UNSIGNED)[shape](bytes.buffer);
}
function wide(value: RuntimeValue): BigInt64Array {
  return new BigInt64Array((value as Uint8Array).slice().buffer);
}
function bytesOf(lanes: Lanes | BigInt64Array): Uint8Array {
  return new Uint8Array(lanes.buffer as ArrayBuffer);
}
/** A vector of so many lanes; integers are truncated to the lane, floats rounded. */
function build(shape: Shape, lane: (i: number) => number): Uint8Array {
  const result = new SIGNED[shape](128 / BITS[shape]);
  for (let i = 0; i < result.length; i++) result[i] = lane(i);
  return bytesOf(result);
}
function build64(lane: (i: number) => bigint): Uint8Array {
  return bytesOf(BigInt64Array.of(BigInt.asIntN(64, lane(0)), BigInt.asIntN(64, lane(1))));
}

// ---- makers ----

function define(name: string, operation: Operation): void {
  operations.set(name, operation);
}
function lanewise1(name: string, shape: Shape, compute: (a: number) => number, signed = true): void {
  define(name, ([a]) => {
    const x = lanesOf(shape, a!, signed);
    return build(shape, (i) => compute(x[i]!));
  });
}
function lanewise2(
  name: string,
  shape: Shape,
  compute: (a: number, b: number) => number,
  signed = true,
): void {
  define(name, ([a, b]) => {
    const x = lanesOf(shape, a!, signed);
    const y = lanesOf(shape, b!, signed);
    return build(shape, (i) => compute(x[i]!, y[i]!));
  });
}
/** A comparison: each lane becomes all ones or zero. Floats give integer lanes of the same width. */
function compareLanes(
  name: string,
  shape: Shape,
  holds: (a: number, b: number) => boolean,
  signed = true,
): void {
  define(name, ([a, b]) => {
    const x = lanesOf(shape, a!, signed);
    const y = lanesOf(shape, b!, signed);
    if (shape === 'f64x2') return build64((i) => (holds(x[i]!, y[i]!) ? -1n : 0n));
    return build(shape === 'f32x4' ? 'i32x4' : shape, (i) => (holds(x[i]!, y[i]!) ? -1 : 0));
  });
}
function lanewise64(name: string, compute: (a: bigint, b: bigint) => bigint): void {
  define(name, ([a, b]) => {
    const x = wide(a!);
    const y = b === undefined ? x : wide(b);
    return build64((i) => compute(x[i]!, y[i]!));
  });
}

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

// ---- integers of 8, 16 and 32 bits ----

for (const shape of ['i8x16', 'i16x8', 'i32x4'] as const) {
  const bits = BITS[shape];
  const top = 2 ** bits;
  lanewise2(`${shape}.add`, shape, (a, b) => a + b);
  lanewise2(`${shape}.sub`, shape, (a, b) => a - b);
  lanewise1(`${shape}.neg`, shape, (a) => -a);
  lanewise1(`${shape}.abs`, shape, (a) => Math.abs(a));
  compareLanes(`${shape}.eq`, shape, (a, b) => a === b);
  compareLanes(`${shape}.ne`, shape, (a, b) => a !== b);
  for (const [suffix, signed] of [
    ['s', true],
    ['u', false],
  ] as const) {
    compareLanes(`${shape}.lt_${suffix}`, shape, (a, b) => a < b, signed);
    compareLanes(`${shape}.gt_${suffix}`, shape, (a, b) => a > b, signed);
    compareLanes(`${shape}.le_${suffix}`, shape, (a, b) => a <= b, signed);
    compareLanes(`${shape}.ge_${suffix}`, shape, (a, b) => a >= b, signed);
    lanewise2(`${shape}.min_${suffix}`, shape, Math.min, signed);
    lanewise2(`${shape}.max_${suffix}`, shape, Math.max, signed);
    if (bits < 32) {
      const [low, high] = signed ? [-top / 2, top / 2 - 1] : [0, top - 1];
      lanewise2(`${shape}.add_sat_${suffix}`, shape, (a, b) => clamp(a + b, low, high), signed);
      lanewise2(`${shape}.sub_sat_${suffix}`, shape, (a, b) => clamp(a - b, low, high), signed);
    }
  }
  // Shift counts are taken modulo the lane's width.
  shift(`${shape}.shl`, shape, true, (a, n) => a << n);
  shift(`${shape}.shr_s`, shape, true, (a, n) => a >> n);
  shift(`${shape}.shr_u`, shape, false, (a, n) => a >>> n);
  define(`${shape}.all_true`, ([a]) => Number(lanesOf(shape, a!).every((lane: number) => lane !== 0)));
  define(`${shape}.bitmask`, ([a]) =>
    [...lanesOf(shape, a!)].reduce((mask, lane, i) => mask | (lane < 0 ? 1 << i : 0), 0),
  );
}
function shift(name: string, shape: Shape, signed: boolean, compute: (a: number, n: number) => number): void {
  define(name, ([a, count]) => {
    const x = lanesOf(shape, a!, signed);
    const n = (count as number) & (BITS[shape] - 1);
    return build(shape, (i) => compute(x[i]!, n));
  });
}

lanewise1('i8x16.popcnt', 'i8x16', (a) => a.toString(2).replaceAll('0', '').length, false);
lanewise2('i8x16.avgr_u', 'i8x16', (a, b) => (a + b + 1) >> 1, false);
lanewise2('i16x8.avgr_u', 'i16x8', (a, b) => (a + b + 1) >> 1, false);
lanewise2('i16x8.mul', 'i16x8', Math.imul);
lanewise2('i32x4.mul', 'i32x4', Math.imul);
lanewise2('i16x8.q15mulr_sat_s', 'i16x8', (a, b) => clamp((a * b + 0x4000) >> 15, -0x8000, 0x7fff));
define('i32x4.dot_i16x8_s', ([a, b]) => {
  const x = lanesOf('i16x8', a!);
  const y = lanesOf('i16x8', b!);
  return build('i32x4', (i) => x[2 * i]! * y[2 * i]! + x[2 * i + 1]! * y[2 * i + 1]!);
});

// Narrowing takes signed lanes and saturates; widening takes one half.
for (const [narrow, broad] of [
  ['i8x16', 'i16x8'],
  ['i16x8', 'i32x4'],
] as const) {
  const top = 2 ** BITS[narrow];
  const half = 128 / BITS[broad];
  for (const [suffix, signed] of [
    ['s', true],
    ['u', false],
  ] as const) {
    const [least, most] = signed ? [-top / 2, top / 2 - 1] : [0, top - 1];
    define(`${narrow}.narrow_${broad}_${suffix}`, ([a, b]) => {
      const x = [...lanesOf(broad, a!), ...lanesOf(broad, b!)];
      return build(narrow, (i) => clamp(x[i]!, least, most));
    });
    define(`${broad}.extadd_pairwise_${narrow}_${suffix}`, ([a]) => {
      const x = lanesOf(narrow, a!, signed);
      return build(broad, (i) => x[2 * i]! + x[2 * i + 1]!);
    });
    for (const [part, start] of [
      ['low', 0],
      ['high', half],
    ] as const) {
      define(`${broad}.extend_${part}_${narrow}_${suffix}`, ([a]) => {
        const x = lanesOf(narrow, a!, signed);
        return build(broad, (i) => x[start + i]!);
      });
      define(`${broad}.extmul_${part}_${narrow}_${suffix}`, ([a, b]) => {
        const x = lanesOf(narrow, a!, signed);
        const y = lanesOf(narrow, b!, signed);
        return build(broad, (i) => x[start + i]! * y[start + i]!);
      });
    }
  }
}

// ---- integers of 64 bits ----

lanewise64('i64x2.add', (a, b) => a + b);
lanewise64('i64x2.sub', (a, b) => a - b);
lanewise64('i64x2.mul', (a, b) => a * b);
lanewise64('i64x2.neg', (a) => -a);
lanewise64('i64x2.abs', (a) => (a < 0n ? -a : a));
lanewise64('i64x2.eq', (a, b) => (a === b ? -1n : 0n));
lanewise64('i64x2.ne', (a, b) => (a !== b ? -1n : 0n));
lanewise64('i64x2.lt_s', (a, b) => (a < b ? -1n : 0n));
lanewise64('i64x2.gt_s', (a, b) => (a > b ? -1n : 0n));
lanewise64('i64x2.le_s', (a, b) => (a <= b ? -1n : 0n));
lanewise64('i64x2.ge_s', (a, b) => (a >= b ? -1n : 0n));
define('i64x2.shl', ([a, count]) => build64((i) => wide(a!)[i]! << BigInt((count as number) & 63)));
define('i64x2.shr_s', ([a, count]) => build64((i) => wide(a!)[i]! >> BigInt((count as number) & 63)));
define('i64x2.shr_u', ([a, count]) =>
  build64((i) => BigInt.asUintN(64, wide(a!)[i]!) >> BigInt((count as number) & 63)),
);
define('i64x2.all_true', ([a]) => Number(wide(a!).every((lane) => lane !== 0n)));
define('i64x2.bitmask', ([a]) => Number(wide(a!)[0]! < 0n) | (Number(wide(a!)[1]! < 0n) << 1));
for (const [suffix, signed] of [
  ['s', true],
  ['u', false],
] as const) {
  for (const [part, start] of [
    ['low', 0],
    ['high', 2],
  ] as const) {
    define(`i64x2.extend_${part}_i32x4_${suffix}`, ([a]) => {
      const x = lanesOf('i32x4', a!, signed);
      return build64((i) => BigInt(x[start + i]!));
    });
    define(`i64x2.extmul_${part}_i32x4_${suffix}`, ([a, b]) => {
      const x = lanesOf('i32x4', a!, signed);
      const y = lanesOf('i32x4', b!, signed);
      return build64((i) => BigInt(x[start + i]!) * BigInt(y[start + i]!));
    });
  }
}

// ---- floats ----

/** min and max of wasm: NaN wins, and -0 is below +0. */
const minimum = (a: number, b: number) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.min(a, b));
const maximum = (a: number, b: number) => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b));
/** pmin and pmax: the second operand where the comparison holds, so a NaN or zero of either sign comes from the first. */
const firstUnless = (takesSecond: (a: number, b: number) => boolean) => (a: number, b: number) =>
  takesSecond(a, b) ? b : a;
for (const shape of ['f32x4', 'f64x2'] as const) {
  lanewise2(`${shape}.add`, shape, (a, b) => a + b);
  lanewise2(`${shape}.sub`, shape, (a, b) => a - b);
  lanewise2(`${shape}.mul`, shape, (a, b) => a * b);
  lanewise2(`${shape}.div`, shape, (a, b) => a / b);
  lanewise2(`${shape}.min`, shape, minimum);
  lanewise2(`${shape}.max`, shape, maximum);
  lanewise2(
    `${shape}.pmin`,
    shape,
    firstUnless((a, b) => b < a),
  );
  lanewise2(
    `${shape}.pmax`,
    shape,
    firstUnless((a, b) => a < b),
  );
  lanewise1(`${shape}.sqrt`, shape, Math.sqrt);
  lanewise1(`${shape}.ceil`, shape, Math.ceil);
  lanewise1(`${shape}.floor`, shape, Math.floor);
  lanewise1(`${shape}.trunc`, shape, Math.trunc);
  lanewise1(`${shape}.nearest`, shape, roundToEven);
  compareLanes(`${shape}.eq`, shape, (a, b) => a === b);
  compareLanes(`${shape}.ne`, shape, (a, b) => a !== b);
  compareLanes(`${shape}.lt`, shape, (a, b) => a < b);
  compareLanes(`${shape}.gt`, shape, (a, b) => a > b);
  compareLanes(`${shape}.le`, shape, (a, b) => a <= b);
  compareLanes(`${shape}.ge`, shape, (a, b) => a >= b);
}
// neg and abs change the sign bit alone, of NaNs too.
const signBits = (a: RuntimeValue, last: number, change: (byte: number) => number) =>
  (a as Uint8Array).map((byte, i) => (i % (last + 1) === last ? change(byte) : byte));
define('f32x4.neg', ([a]) => signBits(a!, 3, (byte) => byte ^ 0x80));
define('f64x2.neg', ([a]) => signBits(a!, 7, (byte) => byte ^ 0x80));
define('f32x4.abs', ([a]) => signBits(a!, 3, (byte) => byte & 0x7f));
define('f64x2.abs', ([a]) => signBits(a!, 7, (byte) => byte & 0x7f));

// ---- conversions ----

const saturateUnsigned = (a: number) => (Number.isNaN(a) ? 0 : clamp(Math.trunc(a), 0, 0xffff_ffff));
for (const [suffix, signed, saturate] of [
  ['s', true, saturate32],
  ['u', false, saturateUnsigned],
] as const) {
  define(`i32x4.trunc_sat_f32x4_${suffix}`, ([a]) => {
    const x = lanesOf('f32x4', a!);
    return build('i32x4', (i) => saturate(x[i]!));
  });
  define(`i32x4.trunc_sat_f64x2_${suffix}_zero`, ([a]) => {
    const x = lanesOf('f64x2', a!);
    return build('i32x4', (i) => (i < 2 ? saturate(x[i]!) : 0));
  });
  define(`f32x4.convert_i32x4_${suffix}`, ([a]) => {
    const x = lanesOf('i32x4', a!, signed);
    return build('f32x4', (i) => x[i]!);
  });
  define(`f64x2.convert_low_i32x4_${suffix}`, ([a]) => {
    const x = lanesOf('i32x4', a!, signed);
    return build('f64x2', (i) => x[i]!);
  });
}
define('f32x4.demote_f64x2_zero', ([a]) => {
  const x = lanesOf('f64x2', a!);
  return build('f32x4', (i) => (i < 2 ? x[i]! : 0));
});
define('f64x2.promote_low_f32x4', ([a]) => {
  const x = lanesOf('f32x4', a!);
  return build('f64x2', (i) => x[i]!);
});

// ---- lanes in and out, bits, shuffles ----

for (const shape of ['i8x16', 'i16x8', 'i32x4', 'f32x4', 'f64x2'] as const) {
  define(`${shape}.splat`, ([a]) => build(shape, () => a as number));
  define(`${shape}.replace_lane`, ([a, value], lane) => {
    const x = lanesOf(shape, a!);
    x[lane] = value as number;
    return bytesOf(x);
  });
}
for (const shape of ['i32x4', 'f32x4', 'f64x2'] as const) {
  define(`${shape}.extract_lane`, ([a], lane) => lanesOf(shape, a!)[lane]!);
}
for (const shape of ['i8x16', 'i16x8'] as const) {
  define(`${shape}.extract_lane_s`, ([a], lane) => lanesOf(shape, a!)[lane]!);
  define(`${shape}.extract_lane_u`, ([a], lane) => lanesOf(shape, a!, false)[lane]!);
}
define('i64x2.splat', ([a]) => build64(() => a as bigint));
define('i64x2.extract_lane', ([a], lane) => wide(a!)[lane]!);
define('i64x2.replace_lane', ([a, value], lane) =>
  build64((i) => (i === lane ? (value as bigint) : wide(a!)[i]!)),
);

function bitwise(name: string, compute: (a: number, b: number, c: number) => number): void {
  define(name, ([a, b, c]) => {
    const [x, y, z] = [a, b ?? a, c ?? a] as [Uint8Array, Uint8Array, Uint8Array];
    return x.map((byte, i) => compute(byte, y[i]!, z[i]!));
  });
}
bitwise('v128.not', (a) => ~a);
bitwise('v128.and', (a, b) => a & b);
bitwise('v128.andnot', (a, b) => a & ~b);
bitwise('v128.or', (a, b) => a | b);
bitwise('v128.xor', (a, b) => a ^ b);
bitwise('v128.bitselect', (a, b, c) => (a & c) | (b & ~c));
define('v128.any_true', ([a]) => Number((a as Uint8Array).some((byte) => byte !== 0)));
define('i8x16.swizzle', ([a, b]) =>
  (b as Uint8Array).map((index) => (index < 16 ? (a as Uint8Array)[index]! : 0)),
);
define('i8x16.shuffle', ([a, b], _lane, lanes) => {
  const both = [...(a as Uint8Array), ...(b as Uint8Array)];
  return Uint8Array.from(lanes, (lane) => both[lane]!);
});
