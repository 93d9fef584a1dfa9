// Integer work as compilers write it, with published results: SHA-256, sorting, big numbers, CRC-32.
#include "recorded.h"
#include "system.h"

static u32 rotate(u32 value, int count) { return value >> count | value << (32 - count); }

// FIPS 180-4. The constants are the cube roots of the first primes: computed here, in integers.
static u32 fraction_of_root(u32 prime, int cube) {
  // The largest r with r^2 or r^3 <= prime * 2^(64 or 96), then its low 32 bits.
  u64 low = 0, high = 1ull << 40;
  while (high - low > 1) {
    u64 r = (low + high) >> 1;
    // Both sides in 32-bit digits.
    u32 digit[5] = {(u32)r, (u32)(r >> 32), 0, 0, 0}, product[5] = {1, 0, 0, 0, 0};
    for (int power = 0; power < (cube ? 3 : 2); power++) {
      u32 next[5] = {0, 0, 0, 0, 0};
      for (int i = 0; i < 5; i++) {
        u64 carry = 0;
        for (int j = 0; i + j < 5; j++) {
          carry += (u64)product[i] * digit[j] + next[i + j];
          next[i + j] = (u32)carry;
          carry >>= 32;
        }
      }
      memcpy(product, next, sizeof product);
    }
    int top = cube ? 3 : 2;
    int above = product[4] != 0 || (top == 2 && product[3] != 0) || product[top] >= prime;
    if (above) high = r;
    else low = r;
  }
  return (u32)low;
}

static void sha256(const u8 *text, u32 length, u32 *hash) {
  static u32 constants[64], start[8];
  if (!start[0]) {
    u32 found = 0;
    for (u32 n = 2; found < 64; n++) {
      int prime = 1;
      for (u32 d = 2; d * d <= n; d++) {
        if (n % d == 0) prime = 0;
      }
      if (!prime) continue;
      if (found < 8) start[found] = fraction_of_root(n, 0);
      constants[found++] = fraction_of_root(n, 1);
    }
  }
  for (int i = 0; i < 8; i++) hash[i] = start[i];
  for (u32 block = 0; block * 64 < length + 9; block++) {
    u32 w[64], v[8];
    for (u32 i = 0; i < 16; i++) {
      w[i] = 0;
      for (u32 k = 0; k < 4; k++) {
        u32 at = block * 64 + i * 4 + k;
        w[i] = w[i] << 8 | (at < length ? text[at] : at == length ? 0x80u : 0);
      }
    }
    if ((block + 1) * 64 >= length + 9) w[15] = length * 8;
    for (int i = 16; i < 64; i++) {
      u32 a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
      u32 b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
      w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    for (int i = 0; i < 8; i++) v[i] = hash[i];
    for (int i = 0; i < 64; i++) {
      u32 one = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[i] + w[i];
      u32 two = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
      for (int k = 7; k > 0; k--) v[k] = v[k - 1];
      v[4] += one;
      v[0] = one + two;
    }
    for (int i = 0; i < 8; i++) hash[i] += v[i];
  }
}
static void sha(void) {
  u32 hash[8];
  sha256((const u8 *)"abc", 3, hash);
  EQUAL(hash[0], 0xba7816bf);
  EQUAL(hash[7], 0xf20015ad);
  sha256((const u8 *)"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hash);
  EQUAL(hash[0], 0x248d6a61);
  EQUAL(hash[7], 0x19db06c1);
}

static void sorting(void) {
  enum { COUNT = 5000 };
  static u32 numbers[COUNT];
  u32 seed = 7, sum = 0, after = 0;
  for (int i = 0; i < COUNT; i++) {
    seed = seed * 1664525u + 1013904223u;
    numbers[i] = seed;
    sum += seed;
  }
  // Heap sort.
  for (int phase = 0, end = COUNT; phase < 2; phase++) {
    for (int i = phase ? COUNT - 1 : COUNT / 2 - 1; i >= (phase ? 1 : 0); i--) {
      int at = i;
      if (phase) {
        u32 top = numbers[0];
        numbers[0] = numbers[i];
        numbers[i] = top;
        end = i;
        at = 0;
      }
      while (1) {
        int child = 2 * at + 1;
        if (child >= end) break;
        if (child + 1 < end && numbers[child + 1] > numbers[child]) child++;
        if (numbers[at] >= numbers[child]) break;
        u32 moved = numbers[at];
        numbers[at] = numbers[child];
        numbers[child] = moved;
        at = child;
      }
    }
  }
  for (int i = 0; i < COUNT; i++) {
    after += numbers[i];
    if (i) CHECK(numbers[i - 1] <= numbers[i]);
  }
  EQUAL(after, sum);
}

// 300 decimal digits of e in an array of small numbers (a spigot): division by a variable.
static void digits(void) {
  enum { DIGITS = 300, LENGTH = DIGITS + 20 };
  static u32 cell[LENGTH];
  static const char first[] = "71828182845904523536028747135266249775724709369995";
  u32 sum = 0;
  for (int i = 0; i < LENGTH; i++) cell[i] = 1;
  for (int n = 0; n < DIGITS; n++) {
    u32 carry = 0;
    for (u32 i = LENGTH; i-- > 0;) {
      u32 value = cell[i] * 10 + carry;
      carry = value / (i + 2);
      cell[i] = value % (i + 2);
    }
    if (n < 50) EQUAL(carry, first[n] - '0');
    sum = sum * 11 + carry;
  }
  EQUAL(sum, DIGITS_OF_E);
}

static void crc32(void) {
  u32 crc = 0xffffffff;
  for (const char *at = "123456789"; *at; at++) {
    crc ^= (u8)*at;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
  }
  EQUAL(~crc, 0xcbf43926);
}

// Multiplication and division of all widths, by their own inverse.
static void division(void) {
  u64 seed = 0x9e3779b97f4a7c15ull;
  for (int i = 0; i < 2000; i++) {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    u32 a = (u32)seed, b = (u32)(seed >> 32) >> (i % 31), low, high, quotient, rest;
    if (b == 0) b = 1;
    __asm__("mull %3" : "=a"(low), "=d"(high) : "0"(a), "r"(b) : "cc");
    EQUAL((u64)high << 32 | low, (u64)a * b);
    rest = a % b;
    u64 sum = ((u64)high << 32 | low) + rest;
    __asm__("divl %4" : "=a"(quotient), "=d"(high) : "0"((u32)sum), "1"((u32)(sum >> 32)), "r"(b) : "cc");
    EQUAL(quotient, a);
    EQUAL(high, rest);
    int x = (int)a, y = (int)b, product = x * y;
    if (y != -1 && y != 0) EQUAL((u32)(x / y * y + x % y), (u32)x);
    EQUAL((u32)product, low);
  }
}

const struct test compute_tests[] = {
    {"sha-256", sha},
    {"sorting", sorting},
    {"digits-of-e", digits},
    {"crc-32", crc32},
    {"division", division},
    {0, 0},
};
