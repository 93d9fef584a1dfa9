// Compression: an LZ77 coder of our own with hash chains, its decoder, and a comparison with the original, over
// 64 KiB of text made of words. Byte compares, copies that overlap, unpredictable branches.
#include "program.h"

#define SIZE 65536
#define HASH(p) ((((u32)(p)[0] << 10) ^ ((u32)(p)[1] << 5) ^ (p)[2]) & 0x3fff)
enum { SHORTEST = 3, LONGEST = 66, TRIES = 16 };

static u8 plain[SIZE], packed[2 * SIZE], again[SIZE];
static int newest[0x4000], before[SIZE];

static void make_text(u32 seed) {
  static const char *const words[] = {"the ", "machine ", "of ", "a ", "processor ", "runs ", "and ", "memory ",
                                      "duplicate ", "is ", "isolated, ", "efficient. ", "in ", "guest ", "to ", "\n"};
  for (u32 at = 0; at < SIZE;) {
    u32 random = next_random(&seed);
    const char *word = words[random & 15 & random >> 8];
    if ((random >> 20 & 15) == 0) plain[at++] = (u8)('0' + (random >> 24) % 10);
    while (*word && at < SIZE) plain[at++] = (u8)*word++;
  }
}

// A flag byte for eight items; an item is a byte, or two bytes of distance (10 bits) and length - 3 (6 bits).
static u32 pack(void) {
  u32 out = 0, flags_at = 0, items = 8;
  for (u32 i = 0; i < 0x4000; i++) newest[i] = -1;
  for (u32 at = 0; at < SIZE;) {
    if (items == 8) {
      flags_at = out++;
      packed[flags_at] = 0;
      items = 0;
    }
    u32 best = 0, distance = 0;
    if (at + SHORTEST <= SIZE) {
      u32 limit = SIZE - at < LONGEST ? SIZE - at : LONGEST;
      int from = newest[HASH(plain + at)];
      for (int tries = TRIES; from >= 0 && at - (u32)from < 1024 && tries > 0; tries--, from = before[from]) {
        u32 length = 0;
        while (length < limit && plain[(u32)from + length] == plain[at + length]) length++;
        if (length > best) best = length, distance = at - (u32)from;
      }
    }
    u32 taken = 1;
    if (best >= SHORTEST) {
      packed[flags_at] |= (u8)(1u << items);
      packed[out++] = (u8)distance;
      packed[out++] = (u8)(distance >> 8 | (best - SHORTEST) << 2);
      taken = best;
    } else {
      packed[out++] = plain[at];
    }
    items++;
    for (; taken > 0; taken--, at++) {
      if (at + SHORTEST > SIZE) continue;
      before[at] = newest[HASH(plain + at)];
      newest[HASH(plain + at)] = (int)at;
    }
  }
  return out;
}

static u32 unpack(u32 size) {
  u32 out = 0;
  for (u32 at = 0; at < size;) {
    u32 flags = packed[at++];
    for (u32 item = 0; item < 8 && at < size; item++, flags >>= 1) {
      if (!(flags & 1)) {
        again[out++] = packed[at++];
        continue;
      }
      u32 distance = packed[at] | (packed[at + 1] & 3u) << 8;
      u32 length = (packed[at + 1] >> 2) + SHORTEST;
      at += 2;
      for (; length > 0; length--, out++) again[out] = again[out - distance];
    }
  }
  return out;
}

u64 run(u32 units) {
  u64 sum = 1;
  for (u32 unit = 0; unit < units * 8; unit++) {
    make_text(unit + 1);
    u32 size = pack();
    for (int i = 0; i < 4; i++) CHECK(unpack(size) == SIZE);
    for (u32 i = 0; i < SIZE; i++) CHECK(plain[i] == again[i]);
    sum = add_to(add_to(sum, size), packed[size / 2]);
  }
  return sum;
}
