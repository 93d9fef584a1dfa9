// Memory: mappings, protection, sharing, and instructions that fault in the middle of their work.
#include "signals.h"

static void anonymous_pages(void) {
  uword count = 600;
  uword *area = pages(count, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  uword words = PAGE / sizeof(uword);
  for (uword i = 0; i < count; i++) EQUAL(area[i * words + i % words], 0);
  for (uword i = 0; i < count; i++) area[i * words + i % words] = i * 77;
  for (uword i = 0; i < count; i++) EQUAL(area[i * words + i % words], i * 77);
  EQUAL(CALL3(SYS_madvise, area, 300 * PAGE, 4), 0); // MADV_DONTNEED
  for (uword i = 0; i < count; i++) EQUAL(area[i * words + i % words], i < 300 ? 0 : i * 77);
  EQUAL(CALL2(SYS_munmap, area, count * PAGE), 0);
}

static void holes(void) {
  catch_faults();
  u8 *area = pages(9, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  for (int i = 0; i < 9; i++) area[(uword)i * PAGE] = (u8)i;
  for (int i = 1; i < 9; i += 2) EQUAL(CALL2(SYS_munmap, area + (uword)i * PAGE, PAGE), 0);
  for (int i = 0; i < 9; i++) {
    FAULTING("movb " AT_CX ", %%al", area + (uword)i * PAGE);
    EQUAL(caught.count, i & 1);
    if (!(i & 1)) EQUAL(area[(uword)i * PAGE], i);
  }
  // A new page where an old one was is empty, whatever the TLB remembers.
  for (int i = 0; i < 9; i += 2) map(area + (uword)i * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  for (int i = 0; i < 9; i += 2) EQUAL(area[(uword)i * PAGE], 0);
}

static void moved_mapping(void) {
  catch_faults();
  u8 *area = pages(3, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  area[0] = 1, area[PAGE] = 2, area[2 * PAGE] = 3;
  u8 *there = pages(40, PROT_NONE, MAP_PRIVATE);
  long moved = call6(SYS_mremap, (long)area, 3 * PAGE, 20 * PAGE, 3, (long)there, 0);
  EQUAL((uword)moved, (uword)there);
  EQUAL(there[0] + 10 * there[PAGE] + 100 * there[2 * PAGE], 321);
  FAULTING("movb " AT_CX ", %%al", area);
  EQUAL(caught.number, SIGSEGV);
}

static void shared_memory(void) {
  volatile u32 *shared = pages(2, PROT_READ | PROT_WRITE, MAP_SHARED);
  long children[4];
  for (u32 c = 0; c < 4; c++) {
    children[c] = fork();
    if (children[c] == 0) {
      for (u32 i = 0; i < 5000; i++) {
        u32 one = 1;
        __asm__ volatile("lock xaddl %0, %1" : "+r"(one), "+m"(shared[0]));
        if (i % 512 == 0) CALL1(SYS_sched_yield, 0);
      }
      shared[PAGE / 4 + c] = 1000 + c;
      exit_now(0);
    }
  }
  for (u32 c = 0; c < 4; c++) EQUAL(wait_for(children[c]), 0);
  EQUAL(shared[0], 20000);
  for (u32 c = 0; c < 4; c++) EQUAL(shared[PAGE / 4 + c], 1000 + c);
}

static void shared_file(void) {
  long file = CALL2(SYS_memfd_create, "file", 0);
  CHECK(file >= 0);
  EQUAL(CALL2(SYS_ftruncate, file, 4 * PAGE), 0);
  u8 *one = map(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)file, 0);
  u8 *two = map(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)file, 2 * PAGE);
  u8 *own = map(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, (int)file, 0);
  one[2 * PAGE + 5] = 11;
  EQUAL(two[5], 11);
  EQUAL(own[2 * PAGE + 5], 11);
  own[2 * PAGE + 5] = 12;
  two[6] = 13;
  EQUAL(one[2 * PAGE + 5], 11);
  EQUAL(one[2 * PAGE + 6], 13);
  EQUAL(own[2 * PAGE + 6], 0);
  EQUAL(write_all((int)file, "hello", 5), 5);
  CHECK(memcmp(one, "hello", 5) == 0);
}

// ---- a handler that repairs: the instruction is started again where it stopped ----
static u8 *repaired_page;
static int repairs;
static struct registers seen;
static void repair(int number, struct information *information, struct context *context) {
  (void)number;
  if (information->address < (uword)repaired_page || information->address >= (uword)repaired_page + PAGE) exit_now(91);
  repairs++;
  seen = context->registers;
  CALL3(SYS_mprotect, repaired_page, PAGE, PROT_READ | PROT_WRITE);
}

static void string_move_restarts(void) {
  handle(SIGSEGV, repair, 0);
  u8 *from = pages(2, PROT_READ | PROT_WRITE, MAP_PRIVATE), *to = pages(2, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  for (u32 i = 0; i < 2 * PAGE; i++) from[i] = (u8)(i * 7 + (i >> 8));
  protect(to + PAGE, PAGE, PROT_NONE);
  repaired_page = to + PAGE;
  memcpy(to + 100, from, 6000);
  EQUAL(repairs, 1);
  CHECK(memcmp(to + 100, from, 6000) == 0);
  // The registers show exactly how far it came.
  EQUAL(seen.cx, 6000 - (PAGE - 100));
  EQUAL(seen.di, (uword)to + PAGE);
  EQUAL(seen.si, (uword)from + PAGE - 100);
  // Words backwards, over the lower edge of a page that may only be read.
  protect(from, PAGE, PROT_READ);
  repaired_page = from;
  u8 *end = from + PAGE + 400;
  uword count = 200, fill = 0x5aa5;
  u8 *at = end;
  __asm__ volatile("std\n rep stosw\n cld" : "+D"(at), "+c"(count), "+a"(fill)::"memory");
  EQUAL(repairs, 1); // the last word written is the second one of the upper page
  count = 8;
  __asm__ volatile("std\n rep stosw\n cld" : "+D"(at), "+c"(count), "+a"(fill)::"memory");
  EQUAL(repairs, 2);
  EQUAL(count, 0);
  EQUAL(seen.di, (uword)from + PAGE - 2);
  EQUAL(seen.cx, 7);
  EQUAL(*(u16 *)(from + PAGE - 14), 0x5aa5);
  EQUAL(*(u16 *)(from + PAGE - 16), (u8)((PAGE - 16) * 7 + 15) | (u8)((PAGE - 15) * 7 + 15) << 8);
}

static void instructions_restart(void) {
  handle(SIGSEGV, repair, 0);
  u8 *page = pages(2, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  repaired_page = page + PAGE;
  // PUSH from memory: the stack pointer may not move before the fault.
  for (int round = 0; round < 4; round++) {
    *(uword *)(page + PAGE) = 1000;
    protect(repaired_page, PAGE, PROT_NONE);
    uword value = 0, cell = (uword)repaired_page;
    u8 carry = 0;
#ifdef __x86_64__
    if (round == 0) __asm__ volatile("pushq (%1)\n popq %0" : "=&r"(value) : "r"(cell) : "memory");
#else
    if (round == 0) __asm__ volatile("pushl (%1)\n popl %0" : "=&r"(value) : "r"(cell) : "memory");
#endif
    // ADC: the carry that it reads is still there the second time.
    if (round == 1) {
      __asm__ volatile("stc\n adcl $4, (%1)\n setc %0" : "=&q"(carry) : "r"(cell) : "memory", "cc");
      value = *(u32 *)cell - 5;
    }
    // XADD and CMPXCHG: the registers are exchanged once.
    if (round == 2) {
      u32 add = 23;
      __asm__ volatile("xaddl %0, (%1)" : "+r"(add) : "r"(cell) : "memory", "cc");
      EQUAL(add, 1000);
      value = *(u32 *)cell - 23;
    }
    if (round == 3) {
      u32 expected = 1000;
      __asm__ volatile("lock cmpxchgl %2, (%1)" : "+a"(expected) : "r"(cell), "r"(4321) : "memory", "cc");
      EQUAL(*(u32 *)cell, 4321);
      value = expected;
    }
    EQUAL(value, 1000);
    EQUAL(carry, 0);
    EQUAL(repairs, round + 1);
  }
}

static void stack_grows(void) {
  // Reaches 400 KiB down, a page at a time, as deep recursion does.
  volatile u8 bottom = 1;
  for (uword depth = 1; depth < 100; depth++) {
    volatile u8 *at = &bottom - depth * PAGE;
#ifdef __x86_64__
    __asm__ volatile("movq %%rsp, %%rdx\n movq %0, %%rsp\n pushq $7\n movq %%rdx, %%rsp" ::"r"(at) : "rdx", "memory");
#else
    __asm__ volatile("movl %%esp, %%edx\n movl %0, %%esp\n pushl $7\n movl %%edx, %%esp" ::"r"(at) : "edx", "memory");
#endif
  }
}

const struct test memory_tests[] = {
    {"anonymous-pages", anonymous_pages},
    {"holes", holes},
    {"moved-mapping", moved_mapping},
    {"shared-memory", shared_memory},
    {"shared-file", shared_file},
    {"string-move-restarts", string_move_restarts},
    {"instructions-restart", instructions_restart},
    {"stack-grows", stack_grows},
    {0, 0},
};
