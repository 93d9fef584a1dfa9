// SIMD on integers (SSE2): bytes blended as an image is, sums of absolute differences, 16-bit multiplications, a
// search for a byte sixteen at a time, and eight lanes of a generator.
#include "program.h"

typedef u8 bytes __attribute__((vector_size(16)));
typedef u16 words __attribute__((vector_size(16)));
typedef u32 dwords __attribute__((vector_size(16)));
typedef char signed_bytes __attribute__((vector_size(16)));
typedef i64 qwords __attribute__((vector_size(16)));

#define VECTORS 4096
static bytes front[VECTORS], back[VECTORS], mixed[VECTORS];

static void blend(u16 weight) {
  words w = {weight, weight, weight, weight, weight, weight, weight, weight}, rest = 256 - w;
  for (int i = 0; i < VECTORS; i++) {
    words f = (words)front[i], b = (words)back[i];
    words low = ((f & 255) * w + (b & 255) * rest) >> 8, high = ((f >> 8) * w + (b >> 8) * rest) & 0xff00;
    mixed[i] = (bytes)(low | high);
  }
}

static u32 difference(void) {
  qwords total = {0, 0};
  for (int i = 0; i < VECTORS; i++) {
    signed_bytes d = (signed_bytes)mixed[i];
    __asm__("psadbw %1, %0" : "+x"(d) : "x"(front[i]));
    total += (qwords)d;
  }
  return (u32)(total[0] + total[1]);
}

static u32 count_byte(u8 wanted) {
  u32 found = 0;
  bytes pattern = {wanted, wanted, wanted, wanted, wanted, wanted, wanted, wanted,
                   wanted, wanted, wanted, wanted, wanted, wanted, wanted, wanted};
  for (int i = 0; i < VECTORS; i++) {
    bytes equal = (bytes)(mixed[i] == pattern);
    u32 mask;
    __asm__("pmovmskb %1, %0" : "=r"(mask) : "x"(equal));
    for (; mask; mask &= mask - 1) found++;
  }
  return found;
}

static dwords generator = {1, 22, 333, 4444};
static void fill(bytes *to) {
  for (int i = 0; i < VECTORS; i++) {
    generator ^= generator << 13;
    generator ^= generator >> 17;
    generator ^= generator << 5;
    to[i] = (bytes)generator;
  }
}

u64 run(u32 units) {
  u64 sum = 1;
  for (u32 unit = 0; unit < units * 8; unit++) {
    fill(front);
    fill(back);
    for (u16 weight = 0; weight < 256; weight += 16) {
      blend(weight);
      sum = add_to(add_to(sum, difference()), count_byte((u8)weight));
    }
  }
  return sum;
}
