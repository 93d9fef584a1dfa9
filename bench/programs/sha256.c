// SHA-256 (FIPS 180-4) of a buffer of 64 KiB, again and again: rotations, additions and logic with many live
// values, and the byte swap of big-endian words.
#include "program.h"

static u32 round_constants[64], initial[8];
static u8 buffer[65536];

static u32 rotate(u32 x, int count) { return x >> count | x << (32 - count); }

// The first 32 bits of the fraction of a prime's root: the largest x with x^power <= prime * 2^(32 * power).
static u32 root_fraction(u32 prime, int power) {
  u64 low = 0;
  for (int bit = 36; bit >= 0; bit--) {
    u64 x = low | 1ull << bit;
    // x^power against the prime shifted, in 32-bit digits.
    u32 digits[5] = {1, 0, 0, 0, 0};
    for (int i = 0; i < power; i++) {
      u64 carry = 0, by_high = 0;
      for (int j = 0; j < 5; j++) {
        u64 product = (u64)digits[j] * (u32)x + (u32)carry;
        u64 next = (carry >> 32) + (product >> 32) + (by_high >> 32);
        u64 digit = (u64)(u32)product + (u32)by_high;
        by_high = (u64)digits[j] * (u32)(x >> 32);
        digits[j] = (u32)digit;
        carry = next + (digit >> 32);
      }
    }
    int above = 0;
    for (int j = 4; j > power; j--) above |= digits[j] != 0;
    if (!above && digits[power] < prime) low = x;
  }
  return (u32)low;
}

static void make_constants(void) {
  int found = 0;
  for (u32 n = 2; found < 64; n++) {
    int prime = 1;
    for (u32 d = 2; d * d <= n; d++) prime &= n % d != 0;
    if (!prime) continue;
    if (found < 8) initial[found] = root_fraction(n, 2);
    round_constants[found++] = root_fraction(n, 3);
  }
}

static void compress(u32 state[8], const u8 *block) {
  u32 w[64];
  for (int i = 0; i < 16; i++) w[i] = __builtin_bswap32(((const u32 *)block)[i]);
  for (int i = 16; i < 64; i++) {
    u32 a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
  }
  u32 a = state[0], b = state[1], c = state[2], d = state[3];
  u32 e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    u32 t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + round_constants[i] + w[i];
    u32 t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

u64 run(u32 units) {
  make_constants();
  u64 sum = add_to(1, round_constants[0] + initial[0]);
  CHECK(round_constants[0] == 0x428a2f98 && initial[0] == 0x6a09e667);
  u32 state[8];
  for (int i = 0; i < 8; i++) state[i] = initial[i];
  for (u32 i = 0; i < sizeof buffer; i++) buffer[i] = (u8)(i * 31 + (i >> 8));
  for (u32 unit = 0; unit < units * 24; unit++) {
    for (u32 at = 0; at < sizeof buffer; at += 64) compress(state, buffer + at);
    buffer[unit & 0xffff] ^= (u8)state[0];
    sum = add_to(sum, (u64)state[0] << 32 | state[7]);
  }
  return sum;
}
