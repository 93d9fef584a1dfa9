// Single-stepping: by the trap flag in the program itself, and by another process with ptrace, which also
// sets hardware breakpoints.
#include "signals.h"

enum {
  PTRACE_TRACEME = 0, PTRACE_PEEKDATA = 2, PTRACE_POKEDATA = 5, PTRACE_PEEKUSER = 3, PTRACE_POKEUSER = 6,
  PTRACE_CONT = 7, PTRACE_SINGLESTEP = 9, PTRACE_GETREGS = 12, PTRACE_SETREGS = 13, PTRACE_SYSCALL = 24
};

#ifdef __x86_64__
struct user_registers { uword r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, original_ax, ip, cs, flags, sp, ss, fs_base, gs_base, ds, es, fs, gs; };
#define DEBUG_REGISTERS 848
#define PUSH_FLAGS "pushfq\n"
#define POP_FLAGS "popfq\n"
#define STACK "(%%rsp)"
#else
struct user_registers { uword bx, cx, dx, si, di, bp, ax, ds, es, fs, gs, original_ax, ip, cs, flags, sp, ss; };
#define DEBUG_REGISTERS 252
#define PUSH_FLAGS "pushfl\n"
#define POP_FLAGS "popfl\n"
#define STACK "(%%esp)"
#endif

static volatile int steps;
static volatile uword places[64];
static void step(int number, struct information *information, struct context *context) {
  (void)number;
  if (information->code != TRAP_TRACE) exit_now(92);
  if (steps < 64) places[steps] = context->registers.ip;
  steps++;
}

extern u8 stepped_start[], stepped_end[];
static void trap_flag(void) {
  handle(SIGTRAP, step, 0);
  uword count = 3, source = (uword)stepped_start;
  // The instruction after POPF is the first that traps. REP traps after each iteration; MOV SS holds
  // the trap back for an instruction.
  __asm__ volatile(
      PUSH_FLAGS "orl $0x100, " STACK "\n" POP_FLAGS
      "stepped_start: nop\n"
      "xorl %%eax, %%eax\n"
      "1: incl %%eax\n"
      "cmpl $3, %%eax\n"
      "jne 1b\n"
      "movw %%ss, %%dx\n"
      "movw %%dx, %%ss\n"
      "nop\n"
      "rep lodsb\n"
      PUSH_FLAGS "andl $~0x100, " STACK "\n" POP_FLAGS
      "stepped_end: nop\n"
      : "+c"(count), "+S"(source)
      :
      : "eax", "edx", "memory", "cc");
  // nop, xor, 3 * (inc, cmp, jne), mov from ss, mov to ss with nop, 3 * lodsb, pushf, and, popf
  EQUAL(steps, 1 + 1 + 9 + 1 + 1 + 3 + 3);
  EQUAL(places[0], (uword)stepped_start + 1);
  EQUAL(places[steps - 1], (uword)stepped_end);
}

static NOINLINE void traced_work(void) {
  __asm__ volatile("int3\n" ".globl traced_code\n traced_code: xorl %%eax, %%eax\n" "2: incl %%eax\n" "cmpl $50, %%eax\n" "jne 2b\n"
                   ".globl traced_end\n traced_end: nop\n" ::: "eax", "cc");
}
extern u8 traced_code[], traced_end[];

static int next_stop(long child) {
  int status = wait_for(child);
  EQUAL(status & 0xff, 0x7f);
  return status >> 8;
}

static void traced_child(void) {
  struct user_registers registers;
  long child = fork();
  if (child == 0) {
    CALL4(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
    traced_work();
    exit_now(5);
  }
  EQUAL(next_stop(child), SIGTRAP); // INT3
  EQUAL(CALL4(SYS_ptrace, PTRACE_GETREGS, child, 0, &registers), 0);
  EQUAL(registers.ip, (uword)traced_code);
  int count = 0;
  do {
    EQUAL(CALL4(SYS_ptrace, PTRACE_SINGLESTEP, child, 0, 0), 0);
    EQUAL(next_stop(child), SIGTRAP);
    EQUAL(CALL4(SYS_ptrace, PTRACE_GETREGS, child, 0, &registers), 0);
    count++;
  } while (registers.ip != (uword)traced_end);
  EQUAL(count, 1 + 3 * 50);
  EQUAL((u32)registers.ax, 50);
  EQUAL(CALL4(SYS_ptrace, PTRACE_CONT, child, 0, 0), 0);
  EQUAL(wait_for(child), 5 << 8);
}

static volatile u32 watched[2];
static void hardware_breakpoints(void) {
  struct user_registers registers;
  long child = fork();
  if (child == 0) {
    CALL4(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
    traced_work();
    watched[0] = 1;
    watched[1] = 2;
    watched[0]++;
    exit_now(6);
  }
  EQUAL(next_stop(child), SIGTRAP);
  // DR0: execution of traced_end; DR1: writes of four bytes to watched[1].
  EQUAL(CALL4(SYS_ptrace, PTRACE_POKEUSER, child, DEBUG_REGISTERS, traced_end), 0);
  EQUAL(CALL4(SYS_ptrace, PTRACE_POKEUSER, child, DEBUG_REGISTERS + sizeof(uword), &watched[1]), 0);
  EQUAL(CALL4(SYS_ptrace, PTRACE_POKEUSER, child, DEBUG_REGISTERS + 7 * sizeof(uword), 0x00d00005), 0);
  EQUAL(CALL4(SYS_ptrace, PTRACE_CONT, child, 0, 0), 0);
  EQUAL(next_stop(child), SIGTRAP);
  EQUAL(CALL4(SYS_ptrace, PTRACE_GETREGS, child, 0, &registers), 0);
  EQUAL(registers.ip, (uword)traced_end);
  uword status;
  EQUAL(CALL4(SYS_ptrace, PTRACE_PEEKUSER, child, DEBUG_REGISTERS + 6 * sizeof(uword), &status), 0);
  EQUAL(status & 0xf, 1);
  EQUAL(CALL4(SYS_ptrace, PTRACE_CONT, child, 0, 0), 0);
  EQUAL(next_stop(child), SIGTRAP);
  EQUAL(CALL4(SYS_ptrace, PTRACE_PEEKUSER, child, DEBUG_REGISTERS + 6 * sizeof(uword), &status), 0);
  EQUAL(status & 0xf, 2);
  uword word = 0;
  EQUAL(CALL4(SYS_ptrace, PTRACE_PEEKDATA, child, &watched[0], &word), 0);
  EQUAL((u32)word, 1); // the trap comes after the write
#ifdef __x86_64__
  EQUAL(word >> 32, 2);
#endif
  EQUAL(CALL4(SYS_ptrace, PTRACE_CONT, child, 0, 0), 0);
  EQUAL(wait_for(child), 6 << 8);
}

static void system_calls_traced(void) {
  struct user_registers registers;
  long child = fork();
  if (child == 0) {
    CALL4(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
    traced_work();
    for (int i = 0; i < 3; i++) CALL1(SYS_getppid, 0);
    exit_now(7);
  }
  EQUAL(next_stop(child), SIGTRAP);
  for (int i = 0; i < 6; i++) {
    EQUAL(CALL4(SYS_ptrace, PTRACE_SYSCALL, child, 0, 0), 0);
    EQUAL(next_stop(child), SIGTRAP);
    EQUAL(CALL4(SYS_ptrace, PTRACE_GETREGS, child, 0, &registers), 0);
    EQUAL(registers.original_ax, SYS_getppid);
  }
  EQUAL(CALL4(SYS_ptrace, PTRACE_CONT, child, 0, 0), 0);
  EQUAL(wait_for(child), 7 << 8);
}

const struct test trace_tests[] = {
    {"trap-flag", trap_flag},
    {"traced-child", traced_child},
    {"hardware-breakpoints", hardware_breakpoints},
    {"system-calls-traced", system_calls_traced},
    {0, 0},
};
