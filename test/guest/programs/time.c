// Time: clocks by system call and through the vDSO, sleeping, interval timers, the time-stamp counter.
#include "signals.h"

struct span { long seconds, nanoseconds; };

static u64 in_ns(struct span span) { return (u64)span.seconds * 1000000000u + (u64)span.nanoseconds; }

static void sleeping(void) {
  for (u64 ns = 1000000; ns <= 100000000; ns *= 10) {
    u64 before = monotonic();
    sleep_ns(ns);
    u64 passed = monotonic() - before;
    CHECK(passed >= ns);
    CHECK(passed < ns + 2000000000u);
  }
}

static void monotonic_clock(void) {
  u64 last = monotonic(), start = last;
  for (int i = 0; i < 3000; i++) {
    u64 now = monotonic();
    CHECK(now >= last);
    last = now;
  }
  CHECK(last > start);
}

static volatile int ticks;
static void tick(int number, struct information *information, struct context *context) {
  (void)number;
  (void)information;
  (void)context;
  ticks++;
}

static void interval_timer(void) {
  struct { struct { long s, us; } interval, value; } every = {{0, 10000}, {0, 10000}}, none = {{0, 0}, {0, 0}};
  handle(SIGALRM, tick, SA_RESTART);
  u64 before = monotonic();
  EQUAL(CALL3(SYS_setitimer, 0, &every, 0), 0);
  while (ticks < 10) __asm__ volatile("pause"); // interrupted while it computes
  EQUAL(CALL3(SYS_setitimer, 0, &none, 0), 0);
  CHECK(monotonic() - before >= 95000000);
}

static void virtual_timer(void) {
  struct { struct { long s, us; } interval, value; } once = {{0, 0}, {0, 20000}};
  handle(SIGVTALRM, tick, SA_RESTART);
  EQUAL(CALL3(SYS_setitimer, 1, &once, 0), 0);
  u64 end = monotonic() + 20000000000u;
  while (ticks == 0 && monotonic() < end) {
    for (volatile int i = 0; i < 10000; i++) {
    }
  }
  EQUAL(ticks, 1);
}

static void timer_file(void) {
  long timer = CALL2(SYS_timerfd_create, 1, 0);
  CHECK(timer >= 0);
  struct { struct span interval, value; } every = {{0, 5000000}, {0, 5000000}};
  u64 total = 0, count, before = monotonic();
  EQUAL(CALL4(SYS_timerfd_settime, timer, 0, &every, 0), 0);
  while (total < 8) {
    EQUAL(CALL3(SYS_read, timer, &count, 8), 8);
    total += count;
  }
  CHECK(monotonic() - before >= 40000000);
}

// ---- the vDSO: an ELF image that the kernel maps; its symbols are found as a dynamic linker does ----
#ifdef __x86_64__
struct header { u8 identity[16]; u16 type, machine; u32 version; u64 entry, programs, sections; u32 flags; u16 size, program_size, program_count, section_size, section_count, names; };
struct program { u32 type, flags; u64 offset, address, physical, file_size, memory_size, alignment; };
struct symbol { u32 name; u8 information, other; u16 section; u64 value, size; };
#else
struct header { u8 identity[16]; u16 type, machine; u32 version, entry, programs, sections, flags; u16 size, program_size, program_count, section_size, section_count, names; };
struct program { u32 type, offset, address, physical, file_size, memory_size, flags, alignment; };
struct symbol { u32 name, value, size; u8 information, other; u16 section; };
#endif

static void *find_in_vdso(const char *name) {
  u8 *image = (u8 *)auxiliary(33);
  struct header *header = (struct header *)image;
  struct program *program = (struct program *)(image + header->programs);
  uword *dynamic = 0, bias = 0;
  for (int i = 0; i < header->program_count; i++) {
    if (program[i].type == 1) bias = (uword)image + program[i].offset - program[i].address;
    if (program[i].type == 2) dynamic = (uword *)(image + program[i].offset);
  }
  CHECK(dynamic != 0);
  struct symbol *symbols = 0;
  const char *names = 0;
  for (; dynamic[0]; dynamic += 2) {
    if (dynamic[0] == 5) names = (const char *)(bias + dynamic[1]);
    if (dynamic[0] == 6) symbols = (struct symbol *)(bias + dynamic[1]);
  }
  CHECK(symbols != 0 && names != 0);
  for (struct symbol *symbol = symbols; (char *)symbol < names; symbol++) {
    if (symbol->section && same_text(names + symbol->name, name)) return (void *)(bias + symbol->value);
  }
  return 0;
}

static void vdso_clock(void) {
  int (*clock)(int, struct span *) = find_in_vdso("__vdso_clock_gettime");
  CHECK(clock != 0);
  struct span now;
  for (int i = 0; i < 200; i++) {
    u64 before = monotonic();
    EQUAL(clock(1, &now), 0);
    u64 after = monotonic();
    CHECK(in_ns(now) >= before && in_ns(now) <= after);
  }
  EQUAL(clock(0, &now), 0);
  CHECK(now.seconds > 900000000);
}

static void vsyscall(void) {
#ifdef __x86_64__
  catch_faults();
  struct { long s, us; } now = {0, 0};
  struct span real;
  FAULTING("movq %%rcx, %%rdi\n xorl %%esi, %%esi\n movq $0xffffffffff600000, %%rax\n call *%%rax", &now);
  if (caught.count) exit_now(77); // the kernel has no vsyscall page; the stack is one word short
  EQUAL(CALL2(SYS_clock_gettime, 0, &real), 0);
  CHECK(real.seconds - now.s <= 5 && now.s <= real.seconds);
#else
  // The vDSO's way into the kernel, SYSENTER where the processor has it.
  uword entry = auxiliary(32);
  CHECK(entry != 0);
  long me;
  for (int i = 0; i < 20; i++) {
    __asm__ volatile("call *%1" : "=a"(me) : "c"(entry), "0"(SYS_getpid) : "memory", "cc");
    EQUAL(me, CALL1(SYS_getpid, 0));
  }
#endif
}

static void time_stamp_counter(void) {
  u64 last = 0;
  for (int i = 0; i < 1000; i++) {
    u32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    u64 now = (u64)high << 32 | low;
    CHECK(now >= last);
    last = now;
  }
  CHECK(last > 0);
}

const struct test time_tests[] = {
    {"sleeping", sleeping},
    {"monotonic-clock", monotonic_clock},
    {"interval-timer", interval_timer},
    {"virtual-timer", virtual_timer},
    {"timer-file", timer_file},
    {"vdso-clock", vdso_clock},
    {"kernel-entry-pages", vsyscall},
    {"time-stamp-counter", time_stamp_counter},
    {0, 0},
};
