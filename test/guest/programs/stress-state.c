// Hot loops that are interrupted: faults whose handlers look at every register and flag and go on, timers, single
// steps, a tracer, threads, a growing stack. Only run when asked for ("PROGRAM stress").
#include "signals.h"

#ifdef __x86_64__
#define WORD "q"
#define REG(name) "%%r" name
#else
#define WORD "l"
#define REG(name) "%%e" name
#endif
#define STATUS 0x8d5

// ---- a fault in the middle of a hot loop: every register and flag is what it must be there ----

static volatile u32 faults;
static u32 divisor_for(u32 n) { return n % 1000 == 0 ? 0 : n | 1; }
// Flags after `cmp $0x80000000, n * 3`.
static uword flags_of_compare(u32 a) {
  u32 b = 0x80000000u, r = a - b;
  u8 low = (u8)r;
  uword flags = 0;
  if (a < b) flags |= 1;
  int ones = 0;
  for (int i = 0; i < 8; i++) ones += low >> i & 1;
  if (!(ones & 1)) flags |= 4;
  if (((a ^ b ^ r) & 0x10) != 0) flags |= 0x10;
  if (r == 0) flags |= 0x40;
  if (r >> 31) flags |= 0x80;
  if ((((a ^ b) & (a ^ r)) >> 31) != 0) flags |= 0x800;
  return flags;
}
static void divided(int number, struct information *information, struct context *context) {
  struct registers *r = &context->registers;
  (void)number;
  u32 n = (u32)r->di;
  if (information->code != FPE_INTDIV || information->address != r->ip || n % 1000 != 0) exit_now(80);
  if ((u32)r->si != n * 3 || (u32)r->ax != n * 5 || (u32)r->dx != 0 || (u32)r->cx != 0) exit_now(81);
  if ((r->flags & STATUS) != flags_of_compare(n * 3)) exit_now(82);
#ifdef __x86_64__
  if (r->r8 != (u64)n * 0x100000001ull || (u32)r->r9 != ~n || r->r10 != (u64)n << 32) exit_now(83);
#endif
  r->cx = 1;
  faults++;
}
static void precise_faults(void) {
  handle(SIGFPE, divided, 0);
  enum { COUNT = 1000000 };
  u32 sum = 0, expected = 0, n = COUNT;
  __asm__ volatile(
      "1: imull $3, %%edi, %%esi\n"
      "lea (" REG("di") "," REG("di") ",4), %%eax\n"
#ifdef __x86_64__
      "movl %%edi, %%r8d\n movq %%r8, %%r10\n shlq $32, %%r10\n addq %%r10, %%r8\n movl %%edi, %%r9d\n notl %%r9d\n"
#endif
      // The divisor: 0 when n is a multiple of 1000, else n | 1.
      "push " REG("ax") "\n xorl %%edx, %%edx\n movl %%edi, %%eax\n movl $1000, %%ecx\n divl %%ecx\n pop " REG("ax") "\n"
      "movl $0, %%ecx\n testl %%edx, %%edx\n jz 2f\n movl %%edi, %%ecx\n orl $1, %%ecx\n"
      "2: xorl %%edx, %%edx\n"
      "cmpl $0x80000000, %%esi\n"
      "divl %%ecx\n"
      "addl %%eax, %[sum]\n roll $3, %[sum]\n"
      "decl %%edi\n jnz 1b\n"
      : [sum] "+m"(sum), "+D"(n)
      :
      : "eax", "ecx", "edx", "esi",
#ifdef __x86_64__
        "r8", "r9", "r10",
#endif
        "memory", "cc");
  for (u32 i = COUNT; i != 0; i--) {
    u32 divisor = divisor_for(i);
    expected += i * 5 / (divisor ? divisor : 1);
    expected = expected << 3 | expected >> 29;
  }
  EQUAL(sum, expected);
  EQUAL(faults, COUNT / 1000);
}

// ---- read-modify-write on pages whose rights come back in the handler ----

static u8 *area;
enum { AREA_PAGES = 16 };
static void unprotect(int number, struct information *information, struct context *context) {
  (void)number;
  (void)context;
  uword address = information->address & ~(PAGE - 1);
  if (address < (uword)area || address >= (uword)area + AREA_PAGES * PAGE) exit_now(84);
  protect((void *)address, PAGE, PROT_READ | PROT_WRITE);
  faults++;
}
static void protected_updates(void) {
  handle(SIGSEGV, unprotect, 0);
  area = pages(AREA_PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  for (u32 pass = 1; pass <= 60; pass++) {
    // A dword in four lies over a page's end in odd passes.
    u8 *first = area + (pass & 1 ? 2 : 0);
    uword count = AREA_PAGES * PAGE / 4 - 1;
    protect(area + PAGE * (pass % AREA_PAGES), PAGE, pass % 3 ? PROT_READ : PROT_NONE);
    protect(area + PAGE * (pass * 7 % AREA_PAGES), PAGE, PROT_READ);
    __asm__ volatile("1: addl $3, (" REG("si") ")\n lock incl (" REG("si") ")\n add" WORD " $4, " REG("si") "\n dec" WORD " " REG("cx") "\n jnz 1b\n"
                     : "+S"(first), "+c"(count)::"memory", "cc");
    if (pass & 1) {
      // Back again, for the sums to stay aligned.
      first = area + 2;
      count = AREA_PAGES * PAGE / 4 - 1;
      __asm__ volatile("1: subl $4, (" REG("si") ")\n add" WORD " $4, " REG("si") "\n dec" WORD " " REG("cx") "\n jnz 1b\n"
                       : "+S"(first), "+c"(count)::"memory", "cc");
    }
  }
  for (uword i = 0; i < AREA_PAGES * PAGE / 4 - 1; i++) EQUAL(((u32 *)area)[i], 30 * 4);
  CHECK(faults >= 60);
}

// ---- an illegal instruction on a path that is seldom taken ----

static void skip_illegal(int number, struct information *information, struct context *context) {
  (void)number;
  (void)information;
  context->registers.ip += 2;
  context->registers.ax += 1000;
  context->registers.flags ^= 1; // CF goes on into the ADC
  faults++;
}
static void illegal_seldom(void) {
  handle(SIGILL, skip_illegal, 0);
  u32 sum = 0, n = 1000000;
  __asm__ volatile(
      "1: testl $0xfff, %%ecx\n jnz 2f\n stc\n ud2\n"
      "2: adcl $1, %%eax\n decl %%ecx\n jnz 1b\n"
      : "+a"(sum), "+c"(n)::"memory", "cc");
  // TEST clears CF; STC sets it, the handler clears it again.
  EQUAL(faults, 244);
  EQUAL(sum, 1000000 + 244 * 1000);
}

// ---- a timer ----

static volatile u32 ticks;
static void tick(int number, struct information *information, struct context *context) {
  (void)number;
  (void)information;
  (void)context;
  ticks++;
  __asm__ volatile(
      "pcmpeqd %%xmm0, %%xmm0\n movdqa %%xmm0, %%xmm1\n movdqa %%xmm0, %%xmm5\n movdqa %%xmm0, %%xmm7\n fninit\n fldpi\n fldz\n stc\n"
      ::: "xmm5", "xmm7", CLOBBERS);
}
static void timer(u32 microseconds) {
  long interval[4] = {0, (long)microseconds, 0, (long)microseconds};
  handle(SIGALRM, tick, SA_RESTART);
  EQUAL(CALL3(SYS_setitimer, 0, interval, 0), 0);
}
// Carries from one to the next through flags alone.
static u32 carrying(u32 count) {
  u32 a = 0x12345678, b = 0x9abcdef0, c = 0x0fedcba9;
  __asm__ volatile(
      "clc\n1: adcl %[b], %[a]\n rcll $1, %[c]\n sbbl %[c], %[b]\n rcrl $7, %[a]\n decl %[n]\n jnz 1b\n"
      : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [n] "+r"(count)::"cc");
  return a ^ b ^ c;
}
// Sums on the x87 stack and in XMM registers that live through the whole loop.
static u64 floating(u32 count) {
  static const double step = 0.1, one = 1.0;
  double x87, sse;
  __asm__ volatile(
      "fninit\n fldl %[step]\n fldz\n movsd %[step], %%xmm5\n xorps %%xmm7, %%xmm7\n movsd %[one], %%xmm6\n"
      "1: fadd %%st(1), %%st\n fldl %[one]\n fdivp\n addsd %%xmm5, %%xmm7\n mulsd %%xmm6, %%xmm7\n"
      "decl %[n]\n jnz 1b\n fstpl %[x87]\n fstp %%st(0)\n movsd %%xmm7, %[sse]\n"
      : [x87] "=m"(x87), [sse] "=m"(sse), [n] "+r"(count)
      : [step] "m"(step), [one] "m"(one)
      : "xmm5", "xmm6", "xmm7", "st", "memory", "cc");
  u64 a, b;
  memcpy(&a, &x87, 8);
  memcpy(&b, &sse, 8);
  return a * 3 + b;
}
static void timer_signals(void) {
  u32 expected = carrying(3000000);
  u64 expected_sum = floating(1000000);
  timer(700);
  for (int i = 0; i < 4 || (ticks < 20 && i < 100); i++) {
    EQUAL(carrying(3000000), expected);
    EQUAL(floating(1000000), expected_sum);
  }
  CHECK(ticks > 0);
}

// ---- single steps in a loop that was hot before and is hot again ----

static volatile u32 steps, most_steps;
static void step(int number, struct information *information, struct context *context) {
  (void)number;
  if (information->code != TRAP_TRACE) exit_now(85);
  if (++steps == most_steps) context->registers.flags &= ~0x100ul;
}
static void stepped(void) {
  handle(SIGTRAP, step, 0);
  u32 expected = carrying(20000);
  for (u32 i = 0; i < 150; i++) {
    steps = 0;
    most_steps = 1 + i * 3;
#ifdef __x86_64__
    __asm__ volatile("pushfq\n orl $0x100, (%%rsp)\n popfq\n" ::: "memory", "cc");
#else
    __asm__ volatile("pushfl\n orl $0x100, (%%esp)\n popfl\n" ::: "memory", "cc");
#endif
    u32 result = carrying(20000);
    EQUAL(steps, most_steps);
    EQUAL(result, expected);
  }
}

// ---- a tracer: breakpoints and single steps in a child's hot loop ----

enum { PTRACE_TRACEME = 0, PTRACE_PEEKDATA = 2, PTRACE_POKEDATA = 5, PTRACE_PEEKUSER = 3, PTRACE_POKEUSER = 6, PTRACE_CONT = 7, PTRACE_SINGLESTEP = 9 };
#ifdef __x86_64__
enum { USER_CX = 88, USER_AX = 80, USER_IP = 128 };
#else
enum { USER_CX = 4, USER_AX = 24, USER_IP = 48 };
#endif
extern u8 traced_start[], traced_loop[];
static NOINLINE u32 traced(u32 count) {
  u32 sum = 0;
  __asm__ volatile("traced_start: nop\n traced_loop: addl %%ecx, %%eax\n xorl $0x55, %%eax\n decl %%ecx\n jnz traced_loop\n"
                   : "+a"(sum), "+c"(count)::"memory", "cc");
  return sum;
}
static u32 traced_model(u32 *sum, u32 from, u32 to) {
  for (u32 n = from; n > to; n--) *sum = (*sum + n) ^ 0x55;
  return *sum;
}
static long peek(long child, uword at) {
  long value = 0;
  EQUAL(CALL4(SYS_ptrace, PTRACE_PEEKUSER, child, at, &value), 0);
  return value;
}
static void stops_with(long child, int signal) {
  int status = wait_for(child);
  EQUAL(status & 0xff, 0x7f);
  EQUAL(status >> 8 & 0xff, signal);
}
static void tracer(void) {
  enum { COUNT = 400000, ROUNDS = 12 };
  long child = fork();
  if (child == 0) {
    if (CALL2(SYS_ptrace, PTRACE_TRACEME, 0) != 0) exit_now(77);
    CALL2(SYS_kill, CALL1(SYS_getpid, 0), SIGSTOP);
    u32 sum = 0;
    traced_model(&sum, COUNT, 0);
    for (int i = 0; i < ROUNDS; i++)
      if (traced(COUNT) != sum) exit_now(1);
    exit_now(0);
  }
  int first = wait_for(child);
  if (first == 77 << 8) skip(" (no ptrace here)");
  long word, original;
  for (int round = 0; round < ROUNDS; round++) {
    // A breakpoint before the loop; then some rounds of it in single steps.
    EQUAL(CALL4(SYS_ptrace, PTRACE_PEEKDATA, child, traced_start, &original), 0);
    word = (original & ~0xffl) | 0xcc;
    EQUAL(CALL4(SYS_ptrace, PTRACE_POKEDATA, child, traced_start, word), 0);
    EQUAL(CALL4(SYS_ptrace, PTRACE_CONT, child, 0, 0), 0);
    stops_with(child, SIGTRAP);
    EQUAL(peek(child, USER_IP), (uword)traced_start + 1);
    EQUAL((u32)peek(child, USER_CX), COUNT);
    EQUAL(CALL4(SYS_ptrace, PTRACE_POKEDATA, child, traced_start, original), 0);
    EQUAL(CALL4(SYS_ptrace, PTRACE_POKEUSER, child, USER_IP, traced_start), 0);
    EQUAL(CALL4(SYS_ptrace, PTRACE_SINGLESTEP, child, 0, 0), 0);
    stops_with(child, SIGTRAP);
    u32 sum = 0;
    for (u32 i = 0; i < 10; i++) {
      EQUAL(peek(child, USER_IP), (uword)traced_loop);
      EQUAL((u32)peek(child, USER_AX), sum);
      for (int s = 0; s < 4; s++) {
        EQUAL(CALL4(SYS_ptrace, PTRACE_SINGLESTEP, child, 0, 0), 0);
        stops_with(child, SIGTRAP);
      }
      traced_model(&sum, COUNT - i, COUNT - i - 1);
    }
  }
  EQUAL(CALL4(SYS_ptrace, PTRACE_CONT, child, 0, 0), 0);
  EQUAL(wait_for(child), 0);
}

// ---- the stack grows under recursion ----

static NOINLINE u32 deep(u32 depth, volatile u32 *above) {
  volatile u32 frame[8];
  frame[0] = depth + *above;
  if (depth == 0) return frame[0];
  u32 below = deep(depth - 1, frame);
  return below * 3 + frame[0];
}
static u32 deep_model(u32 depth) {
  u32 result = 0, sum = 1;
  for (u32 d = depth;; d--) {
    sum += d;
    if (d == 0) break;
  }
  result = sum;
  // Back up: each level adds its own sum.
  for (u32 d = 1; d <= depth; d++) {
    sum -= d - 1;
    result = result * 3 + sum;
  }
  return result;
}
static void growing_stack(void) {
  volatile u32 one = 1;
  for (u32 depth = 1000; depth <= 64000; depth *= 2) EQUAL(deep(depth, &one), deep_model(depth));
}

// ---- processes beside each other, each with its own addresses ----

static void side_by_side(void) {
  u32 expected = carrying(1500000);
  u64 expected_sum = floating(500000);
  long children[4];
  for (int i = 0; i < 4; i++) {
    children[i] = fork();
    if (children[i] != 0) continue;
    timer(900 + 131 * (u32)i);
    for (int round = 0; round < 4; round++) {
      if (carrying(1500000) != expected || floating(500000) != expected_sum) exit_now(1);
    }
    exit_now(0);
  }
  for (int i = 0; i < 4; i++) EQUAL(wait_for(children[i]), 0);
}

const struct test stress_state_tests[] = {
    {"stress-precise-faults", precise_faults},
    {"stress-protected-updates", protected_updates},
    {"stress-illegal-seldom", illegal_seldom},
    {"stress-timer-signals", timer_signals},
    {"stress-single-steps", stepped},
    {"stress-tracer", tracer},
    {"stress-growing-stack", growing_stack},
    {"stress-side-by-side", side_by_side},
    {0, 0},
};
