// Random floating-point operands with a strong bias to what breaks implementations: zeros, denormals, the
// edges of the exponent range, NaNs of both kinds, infinities, and runs of ones and zeros in the significand.

/** A small reproducible generator (xorshift32); returns unsigned 32-bit numbers. */
export function randomSource(seed: number): () => number {
  let state = seed | 0 || 0x2545f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** 64 bits that are often runs of ones or zeros, or have few bits set. */
function significandBits(random: () => number): bigint {
  const bits = (BigInt(random()) << 32n) | BigInt(random());
  switch (random() % 6) {
    case 0:
      return 0n;
    case 1:
      return BigInt.asUintN(64, -1n << BigInt(random() % 64));
    case 2:
      return (1n << BigInt(random() % 64)) | (1n << BigInt(random() % 64));
    case 3:
      return BigInt.asUintN(64, (bits >> BigInt(random() % 64)) << BigInt(random() % 64));
    default:
      return bits;
  }
}

function biasedExponent(random: () => number, bits: number): number {
  const maximum = (1 << bits) - 1;
  const bias = maximum >> 1;
  switch (random() % 8) {
    case 0:
      return 0;
    case 1:
      return maximum;
    case 2:
      return Math.min(maximum, random() % (bits > 8 ? 70 : 30));
    case 3:
      return Math.max(0, maximum - (random() % (bits > 8 ? 70 : 30)));
    case 4:
    case 5:
    case 6:
      return bias - 70 + (random() % 140);
    default:
      return random() & maximum;
  }
}

export function randomBinary32(random: () => number): number {
  const exponent = biasedExponent(random, 8);
  const fraction = Number(significandBits(random) >> 41n);
  return (((random() & 1) << 31) | (exponent << 23) | fraction) >>> 0;
}

export function randomBinary64(random: () => number): bigint {
  const exponent = BigInt(biasedExponent(random, 11));
  const fraction = significandBits(random) >> 12n;
  return (BigInt(random() & 1) << 63n) | (exponent << 52n) | fraction;
}

/** An extended number as 80 bits; now and then an unsupported encoding. */
export function randomExtended(random: () => number): bigint {
  const exponent = biasedExponent(random, 15);
  let bits = significandBits(random);
  if (random() % 16 !== 0) {
    if (exponent !== 0) bits |= 1n << 63n;
    else if (random() % 4 !== 0) bits &= ~(1n << 63n);
  }
  return (BigInt(((random() & 1) << 15) | exponent) << 64n) | bits;
}

/** An extended number that is close to another in exponent (or the same, or its negative). */
export function randomNear(random: () => number, other: bigint): bigint {
  const exponent = Number((other >> 64n) & 0x7fffn) + (random() % 9) - 4;
  if (random() % 8 === 0) return other ^ (BigInt(random() & 1) << 79n);
  if (exponent <= 0 || exponent >= 0x7fff) return randomExtended(random);
  const bits = random() % 4 === 0 ? other : significandBits(random) | (1n << 63n);
  return (BigInt(((random() & 1) << 15) | exponent) << 64n) | BigInt.asUintN(64, bits);
}
