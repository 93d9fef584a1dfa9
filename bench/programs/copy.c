// Memory moved in bulk: REP MOVS and REP STOS of bytes and of whole words, REPE CMPS and REPNE SCAS, and loops that
// copy word by word, over blocks from 16 bytes to 256 KiB.
#include "program.h"

#define SIZE (256 * 1024)
static u8 from[SIZE + 64], to[SIZE + 64];

static void copy_words(void *target, const void *source, u32 count) {
  __asm__ volatile("rep movsl" : "+D"(target), "+S"(source), "+c"(count)::"memory");
}
static void fill_words(void *target, u32 value, u32 count) {
  __asm__ volatile("rep stosl" : "+D"(target), "+c"(count) : "a"(value) : "memory");
}
static u32 equal_bytes(const void *a, const void *b, uword count) {
  uword left = count;
  __asm__ volatile("repe cmpsb" : "+S"(a), "+D"(b), "+c"(left)::"memory", "cc");
  return (u32)(count - left);
}
static u32 bytes_before(const void *in, u8 wanted, uword count) {
  uword left = count;
  __asm__ volatile("repne scasb" : "+D"(in), "+c"(left) : "a"(wanted) : "memory", "cc");
  return (u32)(count - left);
}
static void copy_by_loop(u8 *target, const u8 *source, u32 count) {
  for (u32 i = 0; i < count; i += sizeof(uword)) *(volatile uword *)(target + i) = *(const uword *)(source + i);
}

u64 run(u32 units) {
  u64 sum = 1;
  for (u32 i = 0; i < sizeof from; i++) from[i] = (u8)(i * 7 + (i >> 8) + 1);
  for (u32 unit = 0; unit < units * 3; unit++) {
    from[unit * 97 % SIZE] ^= (u8)unit;
    for (int i = 0; i < 8; i++) {
      memcpy(to + i, from, SIZE);
      sum = add_to(sum, to[unit * 97 % SIZE + 3]);
      memset(to, i, SIZE);
      copy_words(to, from + 4 * i, SIZE / 4);
      copy_by_loop(to, from, SIZE);
      fill_words(to, unit, SIZE / 8);
    }
    for (u32 i = 0; i < 20000; i++) {
      memcpy(to + i * 8, from + i, 16 + (i & 31));
      if ((i & 3) == 0) memset(to + i, (int)i, 24);
    }
    memcpy(to, from, SIZE);
    to[SIZE / 8 + unit % 999] ^= 1;
    sum = add_to(sum, equal_bytes(from, to, SIZE));
    fill_words(to, 0, SIZE / 32);
    to[SIZE / 16 + unit % 999] = 0xa5;
    sum = add_to(sum, bytes_before(to, 0xa5, SIZE));
    sum = add_to(sum, to[SIZE / 16 - 5]);
  }
  return sum;
}
