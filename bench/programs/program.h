// What every benchmark program stands on: start-up and system calls of the test programs (system.h), and one
// function to give. A program does the same work on x86-64 and i386 and answers the same number there.
#ifndef PROGRAM_H
#define PROGRAM_H
#include "../../test/guest/programs/system.h"

// Does `units` units of work, each some 50 ms under QEMU's TCG; answers a checksum of all results.
u64 run(u32 units);

// One step of a checksum: FNV-1a's, over 64-bit words.
static inline u64 add_to(u64 sum, u64 value) { return (sum ^ value) * 0x100000001b3u; }

// The next number of a pseudo-random sequence (xorshift32; the state is never 0).
static inline u32 next_random(u32 *state) {
  u32 x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

#endif
