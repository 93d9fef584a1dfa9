// Calls and returns: Fibonacci numbers, Ackermann's function and the towers of Hanoi, where little is done between
// a call and the return.
#include "program.h"

static NOINLINE u32 fibonacci(u32 n) {
  if (n < 2) return n;
  u32 before = fibonacci(n - 1);
  __asm__ volatile("" : "+r"(before)); // each call stays a call
  return before + fibonacci(n - 2);
}

static NOINLINE u32 ackermann(u32 m, u32 n) {
  if (m == 0) return n + 1;
  u32 inner = n == 0 ? 1 : ackermann(m, n - 1);
  __asm__ volatile("" : "+r"(inner));
  return ackermann(m - 1, inner);
}

static u32 moves;
static NOINLINE void hanoi(int discs, int from, int to, int spare) {
  if (discs == 0) return;
  hanoi(discs - 1, from, spare, to);
  moves += (u32)(from * 3 + to);
  hanoi(discs - 1, spare, to, from);
}

u64 run(u32 units) {
  u64 sum = 1;
  for (u32 unit = 0; unit < units * 6; unit++) {
    sum = add_to(sum, fibonacci(24 + unit % 2));
    sum = add_to(sum, ackermann(2, 400) + ackermann(3, 5));
    moves = 0;
    hanoi(15 + (int)(unit % 2), 0, 2, 1);
    sum = add_to(sum, moves);
  }
  return sum;
}
