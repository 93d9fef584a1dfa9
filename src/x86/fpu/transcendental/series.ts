// Elementary functions in fixed point: a bigint v stands for v / 2^bits. Plain power series after the argument
// was made small; the error is a few units of the last place, and the callers ask for about 200 bits more than
// they deliver, so that results are correctly rounded but for one argument in 2^100 or so.

/** sin(r), |r| <= 1. */
export function sine(r: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const square = (r * r) >> shift;
  let term = r;
  let sum = r;
  for (let n = 2n; term !== 0n && term !== -1n; n += 2n) {
    term = -((term * square) >> shift) / (n * (n + 1n));
    sum += term;
  }
  return sum;
}

/** cos(r), |r| <= 1. */
export function cosine(r: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const square = (r * r) >> shift;
  let term = 1n << shift;
  let sum = term;
  for (let n = 1n; term !== 0n && term !== -1n; n += 2n) {
    term = -((term * square) >> shift) / (n * (n + 1n));
    sum += term;
  }
  return sum;
}

/** e^t - 1, |t| <= 1. */
export function exponentialMinusOne(t: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  let term = t;
  let sum = t;
  for (let n = 2n; term !== 0n && term !== -1n; n++) {
    term = ((term * t) >> shift) / n;
    sum += term;
  }
  return sum;
}

/** atanh(z) = z + z^3/3 + ..., |z| well below 1. */
export function areaTangent(z: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const square = (z * z) >> shift;
  let power = z;
  let sum = z;
  for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
    power = (power * square) >> shift;
    sum += power / n;
  }
  return sum;
}

/** atan(z) = z - z^3/3 + ..., 0 <= z well below 1. */
function arctangentSeries(z: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const square = (z * z) >> shift;
  let power = z;
  let sum = z;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = (power * square) >> shift;
    sum += n & 2n ? -(power / n) : power / n;
  }
  return sum;
}

/** Bits to which the constants are kept. */
const CONSTANT_BITS = 512;

function cached(compute: (bits: number) => bigint): (bits: number) => bigint {
  let value: bigint | undefined;
  return (bits) => {
    value ??= compute(CONSTANT_BITS + 32) >> 32n;
    return value >> BigInt(CONSTANT_BITS - bits);
  };
}

/** pi, by Machin's formula. */
export const pi = cached((bits) => {
  const one = 1n << BigInt(bits);
  return 16n * arctangentSeries(one / 5n, bits) - 4n * arctangentSeries(one / 239n, bits);
});

/** ln(2) = 2 atanh(1/3). */
export const ln2 = cached((bits) => 2n * areaTangent((1n << BigInt(bits)) / 3n, bits));

/** log2(e) = 1 / ln(2). */
export const log2e = cached((bits) => (1n << BigInt(2 * bits)) / ln2AtFull(bits));

function ln2AtFull(bits: number): bigint {
  return 2n * areaTangent((1n << BigInt(bits)) / 3n, bits);
}

/** atan(k / 8) for k = 1..8. */
const eighths = Array.from({ length: 9 }, (_, k) =>
  cached((bits) => {
    const one = 1n << BigInt(bits);
    // atan(1) = pi / 4 would not converge; the others do, slowly, but once.
    if (k === 8) return 4n * arctangentSeries(one / 5n, bits) - arctangentSeries(one / 239n, bits);
    return arctangentSeries((one * BigInt(k)) / 8n, bits);
  }),
);

/** atan(t), 0 <= t <= 1: atan(c) + atan((t - c) / (1 + t c)) with c the next eighth below. */
export function arctangent(t: bigint, bits: number): bigint {
  const shift = BigInt(bits);
  const k = Number((t << 3n) >> shift);
  if (k === 0) return arctangentSeries(t, bits);
  const c = (BigInt(k) << shift) >> 3n;
  const rest = ((t - c) << shift) / ((1n << shift) + ((t * c) >> shift));
  return eighths[k]!(bits) + arctangentSeries(rest, bits);
}
