// Threads: clone with shared memory, futexes, thread-local storage through FS and GS.
#include "system.h"

enum { FUTEX_WAIT = 0, FUTEX_WAKE = 1 };
// VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, PARENT_SETTID, CHILD_CLEARTID
#define THREAD_FLAGS 0x350f00L

struct thread {
  volatile u32 id; // cleared by the kernel and woken when the thread ends
  void (*run)(void *);
  void *argument;
};

#ifdef __x86_64__
// clone(flags, stack, parent_tid, child_tid, tls); the child calls run(argument) on its own stack.
__asm__(
    ".globl clone_thread\nclone_thread:\n"
    " mov %rcx, %r10\n mov $56, %eax\n syscall\n test %rax, %rax\n jnz 1f\n"
    " pop %rax\n pop %rdi\n call *%rax\n mov $60, %eax\n xor %edi, %edi\n syscall\n hlt\n"
    "1: ret\n");
#else
__asm__(
    ".globl clone_thread\nclone_thread:\n"
    " push %ebx\n push %esi\n push %edi\n mov 16(%esp), %ebx\n mov 20(%esp), %ecx\n mov 24(%esp), %edx\n"
    " mov 28(%esp), %edi\n xor %esi, %esi\n mov $120, %eax\n int $0x80\n test %eax, %eax\n jnz 1f\n"
    " pop %eax\n call *%eax\n mov $1, %eax\n xor %ebx, %ebx\n int $0x80\n hlt\n"
    "1: pop %edi\n pop %esi\n pop %ebx\n ret\n");
#endif
long clone_thread(long flags, void *stack, volatile u32 *parent_id, volatile u32 *child_id);

static void start(struct thread *thread, void (*run)(void *), void *argument) {
  uword *stack = (uword *)((u8 *)pages(8, PROT_READ | PROT_WRITE, MAP_PRIVATE) + 8 * PAGE - 64);
  stack[0] = (uword)run;
  stack[1] = (uword)argument;
  CHECK(clone_thread(THREAD_FLAGS, stack, &thread->id, &thread->id) > 0);
}
static void join(struct thread *thread) {
  u32 id;
  while ((id = thread->id) != 0) CALL4(SYS_futex, &thread->id, FUTEX_WAIT, id, 0);
}

static volatile u32 counter;
static u64 wide_counter __attribute__((aligned(8)));
static void count(void *argument) {
  (void)argument;
  for (int i = 0; i < 20000; i++) {
    __asm__ volatile("lock incl %0" : "+m"(counter));
    u64 old = *(volatile u64 *)&wide_counter;
    while (!__builtin_expect(__atomic_compare_exchange_n(&wide_counter, &old, old + 0x100000001ull, 0, 5, 5), 1)) {
    }
  }
}
static void threads_count(void) {
  struct thread threads[6];
  for (int i = 0; i < 6; i++) start(&threads[i], count, 0);
  for (int i = 0; i < 6; i++) join(&threads[i]);
  EQUAL(counter, 120000);
  EQUAL(wide_counter, 120000 * 0x100000001ull);
}

// A lock of three states: 0 free, 1 taken, 2 taken and somebody sleeps.
static volatile u32 lock;
static volatile u32 guarded[2];
static u32 swap(volatile u32 *cell, u32 value) {
  __asm__ volatile("xchgl %0, %1" : "+r"(value), "+m"(*cell)::"memory");
  return value;
}
static void take(void) {
  u32 expected = 0;
  if (__atomic_compare_exchange_n(&lock, &expected, 1, 0, 5, 5)) return;
  while (swap(&lock, 2) != 0) CALL4(SYS_futex, &lock, FUTEX_WAIT, 2, 0);
}
static void release(void) {
  if (swap(&lock, 0) == 2) CALL3(SYS_futex, &lock, FUTEX_WAKE, 1);
}
static void guarded_work(void *argument) {
  (void)argument;
  for (int i = 0; i < 400; i++) {
    take();
    u32 value = guarded[0];
    if (i % 16 == 0) CALL1(SYS_sched_yield, 0);
    guarded[0] = value + 1;
    guarded[1] = guarded[0] * 3;
    release();
  }
}
static void futex_lock(void) {
  struct thread threads[5];
  for (int i = 0; i < 5; i++) start(&threads[i], guarded_work, 0);
  for (int i = 0; i < 5; i++) join(&threads[i]);
  EQUAL(guarded[0], 2000);
  EQUAL(guarded[1], 6000);
}

static volatile u32 ball;
static void play(void *argument) {
  u32 mine = (u32)(uword)argument;
  for (u32 i = 0; i < 500; i++) {
    u32 now;
    while ((now = ball) % 2 != mine) CALL4(SYS_futex, &ball, FUTEX_WAIT, now, 0);
    ball = now + 1;
    CALL3(SYS_futex, &ball, FUTEX_WAKE, 1);
  }
}
static void ping_pong(void) {
  struct thread a, b;
  start(&a, play, (void *)0);
  start(&b, play, (void *)1);
  join(&a);
  join(&b);
  EQUAL(ball, 1000);
}

// Spins without a system call until another thread writes: needs preemption.
static volatile u32 flag;
static void raise_flag(void *argument) {
  (void)argument;
  flag = 1;
}
static void preemption(void) {
  struct thread thread;
  start(&thread, raise_flag, 0);
  while (!flag) {
  }
  join(&thread);
}

static volatile u32 local_failures;
static void use_local(void *argument) {
  uword area[4] = {(uword)argument * 1111, 2, 3, 4};
#ifdef __x86_64__
  if (CALL2(SYS_arch_prctl, 0x1002, area) != 0) local_failures++; // ARCH_SET_FS
  if (CALL2(SYS_arch_prctl, 0x1001, area + 1) != 0) local_failures++; // ARCH_SET_GS
#else
  struct { u32 entry; uword base; u32 limit, flags; } descriptor = {(u32)-1, (uword)area, 0xfffff, 0x51};
  if (CALL1(SYS_set_thread_area, &descriptor) != 0) local_failures++;
  u32 selector = descriptor.entry * 8 + 3;
  __asm__ volatile("movw %w0, %%gs\n movw %w0, %%fs" ::"r"(selector));
#endif
  for (int i = 0; i < 2000; i++) {
    uword first, second;
#ifdef __x86_64__
    __asm__ volatile("movq %%fs:0, %0\n movq %%gs:0, %1" : "=r"(first), "=r"(second));
#else
    __asm__ volatile("movl %%gs:0, %0\n movl %%fs:4, %1" : "=r"(first), "=r"(second));
#endif
    if (first != (uword)argument * 1111 || second != 2) local_failures++;
    if (i % 64 == 0) CALL1(SYS_sched_yield, 0);
  }
#ifndef __x86_64__
  __asm__ volatile("movw %w0, %%gs\n movw %w0, %%fs" ::"r"(0));
#endif
}
static void thread_local(void) {
  struct thread threads[4];
  for (uword i = 0; i < 4; i++) start(&threads[i], use_local, (void *)(i + 1));
  for (int i = 0; i < 4; i++) join(&threads[i]);
  EQUAL(local_failures, 0);
}

// x87 and SSE registers belong to the thread.
static volatile u32 mixed;
static void keep_state(void *argument) {
  u32 number = (u32)(uword)argument, got;
  __asm__ volatile("fninit\n" ::: "memory");
  for (int i = 0; i < 300; i++) {
    u32 value = number * 1000003u + (u32)i, x87 = value >> 1, x87_got;
    long result;
#ifdef __x86_64__
    __asm__ volatile("movd %[v], %%xmm5\n fildl %[x]\n movl $24, %%eax\n syscall\n movd %%xmm5, %[g]\n fistpl %[y]"
                     : [g] "=&r"(got), [y] "=m"(x87_got), "=&a"(result)
                     : [v] "r"(value), [x] "m"(x87)
                     : "rcx", "r11", "xmm5", "memory");
#else
    __asm__ volatile("movd %[v], %%xmm5\n fildl %[x]\n movl $158, %%eax\n int $0x80\n movd %%xmm5, %[g]\n fistpl %[y]"
                     : [g] "=&r"(got), [y] "=m"(x87_got), "=&a"(result)
                     : [v] "r"(value), [x] "m"(x87)
                     : "xmm5", "memory");
#endif
    if (got != value || x87_got != x87) mixed++;
  }
}
static void state_of_threads(void) {
  struct thread threads[4];
  for (uword i = 0; i < 4; i++) start(&threads[i], keep_state, (void *)(i + 1));
  for (int i = 0; i < 4; i++) join(&threads[i]);
  EQUAL(mixed, 0);
}

const struct test thread_tests[] = {
    {"threads-count", threads_count},
    {"futex-lock", futex_lock},
    {"futex-ping-pong", ping_pong},
    {"preemption", preemption},
    {"thread-local", thread_local},
    {"floating-state-of-threads", state_of_threads},
    {0, 0},
};
