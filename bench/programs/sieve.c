// Byte stores at a stride and a scan: the sieve of Eratosthenes over 512 KiB, which is more than a first-level
// cache and than the entries of a small TLB.
#include "program.h"

#define LIMIT (512 * 1024)
static u8 composite[LIMIT];

u64 run(u32 units) {
  u64 sum = 1;
  for (u32 unit = 0; unit < units * 10; unit++) {
    for (u32 i = 0; i < LIMIT; i++) composite[i] = 0;
    for (u32 i = 2; i * i < LIMIT; i++) {
      if (composite[i]) continue;
      for (u32 j = i * i; j < LIMIT; j += i) composite[j] = 1;
    }
    u32 count = 0, last = 0;
    for (u32 i = 2 + unit; i < LIMIT; i++) {
      if (composite[i]) continue;
      count++;
      last = i;
    }
    sum = add_to(add_to(sum, count), last);
  }
  return sum;
}
