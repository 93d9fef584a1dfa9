// Hot code that changes: loops that run often enough to be translated are rewritten from outside and by themselves,
// through another mapping, over page ends, and have their pages replaced, moved and forbidden. Only run when asked
// for ("PROGRAM stress").
#include "signals.h"

typedef u32 (*function)(u32);
enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2 };

static u8 *code_pages(uword count) { return pages(count, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE); }
static u8 *put(u8 *at, const char *bytes, uword count) {
  memcpy(at, bytes, count);
  return at + count;
}
static u8 *put32(u8 *at, u32 value) {
  memcpy(at, &value, 4);
  return at + 4;
}
#ifdef __x86_64__
#define GET_COUNT "\x89\xf9" // mov %edi, %ecx
#else
#define GET_COUNT "\x8b\x4c\x24\x04" // mov 4(%esp), %ecx
#endif

// u32 f(u32 n): adds `addend` n times. 30 bytes or less; *immediate gets where the addend is.
static u8 *summing(u8 *at, u32 addend, u8 **immediate) {
  at = put(at, GET_COUNT "\x31\xc0", sizeof GET_COUNT - 1 + 2); // xor %eax, %eax
  u8 *top = at;
  at = put(at, "\x05", 1); // 1: add $addend, %eax
  if (immediate) *immediate = at;
  at = put32(at, addend);
  at = put(at, "\xff\xc9\x75", 3); // dec %ecx; jnz 1b
  at[0] = (u8)(top - (at + 1));
  at[1] = 0xc3;
  return at + 2;
}
static u32 run(u8 *at, u32 count) { return ((function)at)(count); }

static void between_runs(void) {
  u8 *code = code_pages(1), *immediate;
  summing(code + 100, 1, &immediate);
  for (u32 i = 0; i < 300; i++) {
    u32 value = i * 0x10003 + 1;
    if (i % 3 == 0) put32(immediate, value);
    else if (i % 3 == 1) for (int b = 0; b < 4; b++) immediate[b] = (u8)(value >> (8 * b));
    else summing(code + 100, value, 0);
    EQUAL(run(code + 100, 8000), value * 8000);
  }
}

// A loop that writes a new addend into itself whenever the low bits of its counter are zero.
static u8 *self_writing(u8 *at, u8 mask, uword distance) {
  at = put(at, GET_COUNT "\x31\xc0", sizeof GET_COUNT - 1 + 2);
  u8 *top = at;
  at = put(at, "\x05", 1);
  u8 *immediate = at;
  at = put32(at, 7);
  at = put(at, "\xf6\xc1", 2); // test $mask, %cl
  *at++ = mask;
  at = put(at, "\x75\x06", 2); // jnz 2f
  at = put(at, "\x89\x0d", 2); // mov %ecx, addend
#ifdef __x86_64__
  at = put32(at, (u32)(immediate + distance - (at + 4)));
#else
  at = put32(at, (u32)(uword)(immediate + distance));
#endif
  at = put(at, "\xff\xc9\x75", 3); // 2: dec %ecx; jnz 1b
  at[0] = (u8)(top - (at + 1));
  at[1] = 0xc3;
  return at + 2;
}
static u32 self_writing_sum(u32 count, u32 mask) {
  u32 sum = 0, addend = 7;
  for (u32 n = count; n != 0; n--) {
    sum += addend;
    if ((n & mask) == 0) addend = n;
  }
  return sum;
}
static void by_itself(void) {
  u8 *code = code_pages(1);
  static const struct { u8 mask; u32 count; } runs[] = {{0, 20000}, {15, 100000}, {127, 600000}, {255, 1000000}};
  for (uword i = 0; i < sizeof runs / sizeof *runs; i++) {
    self_writing(code + 64 * i, runs[i].mask, 0);
    EQUAL(run(code + 64 * i, runs[i].count), self_writing_sum(runs[i].count, runs[i].mask));
  }
}

// The same at every place around a page's end.
static void over_a_page_end(void) {
  u8 *code = code_pages(3), *immediate;
  for (uword offset = 0; offset < 36; offset++) {
    u8 *at = code + PAGE - offset;
    summing(at, (u32)offset + 5, &immediate);
    EQUAL(run(at, 20000), ((u32)offset + 5) * 20000);
    for (int b = 3; b >= 0; b--) {
      immediate[b] ^= 0x81;
      u32 value;
      memcpy(&value, immediate, 4);
      EQUAL(run(at, 9000), value * 9000);
    }
    self_writing(at, 127, 0);
    EQUAL(run(at, 30000), self_writing_sum(30000, 127));
  }
}

// A page twice: written through one mapping, executed in the other, by the program and by the loop itself.
static void two_mappings(void) {
  long file = CALL2(SYS_memfd_create, "code", 0);
  EQUAL(CALL2(SYS_ftruncate, file, 2 * PAGE), 0);
  u8 *writable = map(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)file, 0), *immediate;
  u8 *executable = map(0, 2 * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, (int)file, 0);
  summing(writable + PAGE - 12, 1, &immediate);
  for (u32 i = 1; i < 200; i++) {
    put32(immediate, i << 20 | i);
    EQUAL(run(executable + PAGE - 12, 7000), (i << 20 | i) * 7000);
  }
  u8 *both = map(0, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, (int)file, 0);
  self_writing(both + 50, 255, (uword)(writable - both));
  EQUAL(run(both + 50, 300000), self_writing_sum(300000, 255));
  // And the other way round: the copy that runs was just written by the other.
  self_writing(both + 200, 63, (uword)(writable - both));
  for (int i = 0; i < 3; i++) {
    EQUAL(run(both + 200, 40000), self_writing_sum(40000, 63));
    self_writing(both + 200, 63, (uword)(writable - both));
  }
}

// Pages under a hot function are exchanged: by MAP_FIXED, mremap, mprotect, madvise, a fresh file page.
static void pages_exchanged(void) {
  catch_faults();
  u8 *code = code_pages(1);
  long file = CALL2(SYS_memfd_create, "code", 0);
  EQUAL(CALL2(SYS_ftruncate, file, 8 * PAGE), 0);
  u8 *contents = map(0, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)file, 0);
  for (u32 i = 0; i < 8; i++) summing(contents + i * PAGE, 1000 + i, 0);
  for (u32 i = 0; i < 240; i++) {
    u32 which = i % 8;
    map(code, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, (int)file, which * PAGE);
    EQUAL(run(code, 5000), (1000 + which) * 5000);
  }
  for (u32 i = 0; i < 60; i++) {
    u8 *fresh = code_pages(1);
    summing(fresh, i, 0);
    EQUAL(run(fresh, 5000), i * 5000);
    EQUAL((uword)call6(SYS_mremap, (long)fresh, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (long)code, 0), (uword)code);
    EQUAL(run(code, 5000), i * 5000);
    protect(code, PAGE, PROT_NONE);
    FAULTING("jmp *%%" JUMP_REGISTER, code);
    EQUAL(caught.number, SIGSEGV);
    EQUAL(caught.ip, (uword)code);
    protect(code, PAGE, PROT_READ | PROT_EXEC);
    EQUAL(run(code, 3000), i * 3000);
    protect(code, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    summing(code, i + 1, 0);
    EQUAL(run(code, 3000), (i + 1) * 3000);
  }
}

// A compiler's way: functions of several lengths into fresh memory, run hot, memory used again.
static void generated(void) {
  enum { PAGES = 16, FUNCTIONS = 150 };
  u8 *code = code_pages(PAGES), *starts[FUNCTIONS];
  u32 addends[FUNCTIONS], random = 12345;
  for (int round = 0; round < 6; round++) {
    u8 *at = code;
    for (int i = 0; i < FUNCTIONS; i++) {
      random = random * 1664525 + 1013904223;
      for (u32 gap = (random >> 16) % 200; gap > 0; gap--) *at++ = 0x90;
      starts[i] = at;
      addends[i] = random >> 8;
      at = summing(at, addends[i], 0);
    }
    CHECK(at < code + PAGES * PAGE);
    for (int again = 0; again < 3; again++)
      for (int i = 0; i < FUNCTIONS; i++) EQUAL(run(starts[i], 400), addends[i] * 400);
    // Some are replaced while their neighbours stay.
    for (int i = 0; i < FUNCTIONS; i += 7) summing(starts[i], addends[i] ^= 0x55aa55aa, 0);
    for (int i = 0; i < FUNCTIONS; i++) EQUAL(run(starts[i], 400), addends[i] * 400);
  }
}

// Parent and child with the same pages until one of them writes.
static void after_fork(void) {
  u8 *code = code_pages(1), *immediate;
  summing(code + 2000, 3, &immediate);
  EQUAL(run(code + 2000, 100000), 300000);
  for (u32 i = 0; i < 8; i++) {
    long child = fork();
    if (child == 0) {
      put32(immediate, 100 + i);
      exit_now(run(code + 2000, 50000) == (100 + i) * 50000 ? 0 : 1);
    }
    if (i & 1) put32(immediate, 4 + i);
    u32 addend;
    memcpy(&addend, immediate, 4);
    EQUAL(run(code + 2000, 50000), addend * 50000);
    EQUAL(wait_for(child), 0);
  }
}

// A breakpoint comes and goes in a hot loop: the handler puts the byte back and goes on there.
static u8 *broken;
static volatile int breaks;
static void mend(int number, struct information *information, struct context *context) {
  (void)number;
  (void)information;
  if (context->registers.ip != (uword)broken + 1) exit_now(91);
  *broken = 0xff;
  context->registers.ip--;
  breaks++;
}
static void breakpoints(void) {
  handle(SIGTRAP, mend, 0);
  u8 *code = code_pages(1), *immediate;
  summing(code + 40, 9, &immediate);
  broken = immediate + 4; // the DEC
  for (int i = 1; i <= 200; i++) {
    EQUAL(run(code + 40, 5000), 45000);
    *broken = 0xcc;
    EQUAL(run(code + 40, 5000), 45000);
    EQUAL(breaks, i);
  }
}

const struct test stress_code_tests[] = {
    {"stress-rewritten-between-runs", between_runs},
    {"stress-rewritten-by-itself", by_itself},
    {"stress-over-a-page-end", over_a_page_end},
    {"stress-two-mappings", two_mappings},
    {"stress-pages-exchanged", pages_exchanged},
    {"stress-generated-code", generated},
    {"stress-after-fork", after_fork},
    {"stress-breakpoints", breakpoints},
    {0, 0},
};
