// Integer arithmetic in registers with branches that depend on the data: lengths of Collatz sequences, greatest
// common divisors (division), powers modulo a prime (multiplication) and a pseudo-random generator.
#include "program.h"

static u32 collatz_length(u32 start) {
  u32 length = 0;
  for (u64 n = start; n != 1; length++) n = n & 1 ? 3 * n + 1 : n >> 1;
  return length;
}

static u32 common_divisor(u32 a, u32 b) {
  while (b) {
    u32 rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

// Modulo the prime 2^31 - 1, where a reduction is an addition.
static u32 power(u32 base, u32 exponent) {
  u64 result = 1, square = base;
  for (; exponent; exponent >>= 1) {
    if (exponent & 1) {
      result *= square;
      result = (result & 0x7fffffff) + (result >> 31);
    }
    square *= square;
    square = (square & 0x7fffffff) + (square >> 31);
  }
  return (u32)(result % 2 + (result >> 1));
}

u64 run(u32 units) {
  u64 sum = 1;
  u32 random = 12345;
  for (u32 unit = 0; unit < units; unit++) {
    u32 lengths = 0, divisors = 0, powers = 0;
    for (u32 i = 0; i < 36000; i++) lengths += collatz_length(unit * 36000 + i + 1);
    for (u32 i = 0; i < 80000; i++) divisors += common_divisor(next_random(&random), next_random(&random));
    for (u32 i = 0; i < 80000; i++) powers ^= power(next_random(&random) >> 2, next_random(&random));
    sum = add_to(sum, lengths);
    sum = add_to(sum, divisors);
    sum = add_to(sum, powers);
  }
  return sum;
}
