// Signals: delivery, masks, stacks, restarted calls; and the faults of the processor as signals, with the
// address and the cause that they must carry.
#include "signals.h"

volatile struct caught caught;
void *volatile resume;

struct action {
  handler handler;
  uword flags;
  void (*restorer)(void);
  u64 mask;
};

#ifdef __x86_64__
__asm__("restorer: mov $15, %eax\n syscall\n");
void restorer(void);
#endif

void handle(int number, handler handler, uword flags) {
  struct action action = {handler, flags | SA_SIGINFO, 0, 0};
#ifdef __x86_64__
  action.flags |= 0x04000000; // SA_RESTORER; i386 returns through the vDSO
  action.restorer = restorer;
#endif
  EQUAL(CALL4(SYS_rt_sigaction, number, &action, 0, 8), 0);
}

static void record(int number, struct information *information, struct context *context) {
  caught.count++;
  caught.number = number;
  caught.code = information->code;
  caught.address = information->address;
  caught.ip = context->registers.ip;
  caught.error = context->registers.error;
  caught.trap = context->registers.trap;
  caught.flags = context->registers.flags;
  if (caught.count > 1) exit_now(90); // not resumed: would go round for ever
  context->registers.ip = (uword)resume;
  context->registers.flags &= ~0x40100ul; // TF, AC
}
void catch_faults(void) {
  handle(SIGSEGV, record, 0);
  handle(SIGILL, record, 0);
  handle(SIGFPE, record, 0);
  handle(SIGBUS, record, 0);
  handle(SIGTRAP, record, 0);
}

static volatile int received;
static void count(int number, struct information *information, struct context *context) {
  (void)context;
  EQUAL(information->number, number);
  received++;
}

static void kill_self(void) {
  handle(SIGUSR1, count, 0);
  long me = CALL1(SYS_getpid, 0);
  for (int i = 1; i <= 50; i++) {
    EQUAL(CALL2(SYS_kill, me, SIGUSR1), 0);
    EQUAL(received, i);
  }
}

static void mask(void) {
  u64 set = 1 << (SIGUSR1 - 1), pending = 0, none = 0;
  handle(SIGUSR1, count, 0);
  EQUAL(CALL4(SYS_rt_sigprocmask, 0, &set, 0, 8), 0);
  CALL2(SYS_kill, CALL1(SYS_getpid, 0), SIGUSR1);
  EQUAL(received, 0);
  EQUAL(CALL2(SYS_rt_sigpending, &pending, 8), 0);
  EQUAL(pending, set);
  EQUAL(CALL2(SYS_rt_sigsuspend, &none, 8), -EINTR);
  EQUAL(received, 1);
}

static int nested_depth;
static void nest(int number, struct information *information, struct context *context) {
  (void)information;
  (void)context;
  if (++nested_depth < 20) CALL2(SYS_kill, CALL1(SYS_getpid, 0), number);
}
static void nested(void) {
  handle(SIGUSR2, nest, SA_NODEFER);
  CALL2(SYS_kill, CALL1(SYS_getpid, 0), SIGUSR2);
  EQUAL(nested_depth, 20);
}

static uword handler_stack;
static void where(int number, struct information *information, struct context *context) {
  (void)number;
  (void)information;
  (void)context;
  handler_stack = (uword)__builtin_frame_address(0);
}
static void alternate_stack(void) {
  u8 *room = pages(8, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  struct { void *at; int flags; uword size; } stack = {room, 0, 8 * PAGE};
  EQUAL(CALL2(SYS_sigaltstack, &stack, 0), 0);
  handle(SIGUSR1, where, SA_ONSTACK);
  CALL2(SYS_kill, CALL1(SYS_getpid, 0), SIGUSR1);
  CHECK(handler_stack > (uword)room && handler_stack <= (uword)room + 8 * PAGE);
}

// A child sends a signal to a parent that sleeps in read.
static long interrupted_read(uword flags) {
  int ends[2];
  char byte = 0;
  EQUAL(pipe_new(ends), 0);
  handle(SIGUSR1, count, flags);
  long parent = CALL1(SYS_getpid, 0);
  long child = fork();
  if (child == 0) {
    sleep_ns(30000000);
    CALL2(SYS_kill, parent, SIGUSR1);
    sleep_ns(30000000);
    write_all(ends[1], "x", 1);
    exit_now(0);
  }
  long result = CALL3(SYS_read, ends[0], &byte, 1);
  wait_for(child);
  EQUAL(received, 1);
  return result;
}
static void interrupted_call(void) { EQUAL(interrupted_read(0), -EINTR); }
static void restarted_call(void) { EQUAL(interrupted_read(SA_RESTART), 1); }

static void death_by_signal(void) {
  static const u8 deadly[] = {SIGKILL, SIGUSR1, SIGSEGV, SIGALRM};
  for (uword i = 0; i < sizeof deadly; i++) {
    long child = fork();
    if (child == 0) {
      CALL2(SYS_kill, CALL1(SYS_getpid, 0), deadly[i]);
      exit_now(1);
    }
    EQUAL(wait_for(child) & 0x7f, deadly[i]);
  }
  long child = fork();
  if (child == 0) {
    *(volatile int *)8 = 1;
    exit_now(1);
  }
  EQUAL(wait_for(child) & 0x7f, SIGSEGV);
}

// Registers survive a handler that spoils them all.
static void spoil(int number, struct information *information, struct context *context) {
  (void)number;
  (void)information;
  (void)context;
  received++;
  __asm__ volatile(
      "pcmpeqd %%xmm0, %%xmm0\n movdqa %%xmm0, %%xmm3\n movdqa %%xmm0, %%xmm7\n fninit\n fldpi\n fldpi\n std\n cld\n"
      "stc\n" ::: "xmm3", "xmm7", CLOBBERS);
}
static void frame_preserves_state(void) {
  handle(SIGUSR1, spoil, 0);
  long me = CALL1(SYS_getpid, 0);
  u64 in[2] = {0x0123456789abcdefull, 0xfedcba9876543210ull}, out[2] = {0, 0};
  u16 control = 0x027f, control_after = 0;
  double number = 0;
  long result, carry;
#ifdef __x86_64__
  __asm__ volatile(
      "fninit\n fldcw %[control]\n fldln2\n movdqu %[in], %%xmm3\n"
      "movq $62, %%rax\n syscall\n setc %%cl\n movzbl %%cl, %%ecx\n"
      "movdqu %%xmm3, %[out]\n fstpl %[number]\n fnstcw %[after]\n fninit"
      : "=&a"(result), [out] "=m"(out), [number] "=m"(number), [after] "=m"(control_after), "=&c"(carry)
      : "D"(me), "S"((long)SIGUSR1), [in] "m"(in), [control] "m"(control)
      : "r11", "memory", "cc", "xmm3");
#else
  __asm__ volatile(
      "fninit\n fldcw %[control]\n fldln2\n movdqu %[in], %%xmm3\n"
      "pushl %%ebx\n movl %%edi, %%ebx\n movl $10, %%ecx\n clc\n movl $37, %%eax\n int $0x80\n popl %%ebx\n"
      "setc %%cl\n movzbl %%cl, %%ecx\n"
      "movdqu %%xmm3, %[out]\n fstpl %[number]\n fnstcw %[after]\n fninit"
      : "=&a"(result), [out] "=m"(out), [number] "=m"(number), [after] "=m"(control_after), "=&c"(carry)
      : "D"(me), [in] "m"(in), [control] "m"(control)
      : "memory", "cc");
#endif
  EQUAL(result, 0);
  EQUAL(received, 1);
  EQUAL(out[0], in[0]);
  EQUAL(out[1], in[1]);
  EQUAL(control_after, 0x027f);
  u64 bits;
  memcpy(&bits, &number, 8);
  EQUAL(bits, 0x3fe62e42fefa39efull);
}

// ---- faults ----

static void segv_unmapped(void) {
  catch_faults();
  u8 *page = pages(2, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  EQUAL(CALL2(SYS_munmap, page + PAGE, PAGE), 0);
  FAULTING("movb " AT_CX ", %%al", 0x123);
  EQUAL(caught.number, SIGSEGV);
  EQUAL(caught.code, SEGV_MAPERR);
  EQUAL(caught.address, 0x123);
  EQUAL(caught.error, 4);
  EQUAL(caught.trap, 14);
  FAULTING("movl $1, " AT_CX, page + PAGE + 12);
  EQUAL(caught.code, SEGV_MAPERR);
  EQUAL(caught.address, (uword)page + PAGE + 12);
  EQUAL(caught.error, 6);
  // Over the edge: the address is the first one of the page that is missing, and nothing is written.
  FAULTING("movl $-1, " AT_CX, page + PAGE - 2);
  EQUAL(caught.address, (uword)page + PAGE);
  EQUAL(page[PAGE - 2], 0);
  EQUAL(page[PAGE - 1], 0);
  FAULTING("movups %%xmm0, " AT_CX, page + PAGE - 5);
  EQUAL(caught.address, (uword)page + PAGE);
  EQUAL(page[PAGE - 5], 0);
  FAULTING("lock addl $1, " AT_CX, page + PAGE - 1);
  EQUAL(caught.address, (uword)page + PAGE);
  EQUAL(caught.error, 6);
}

static void segv_protected(void) {
  catch_faults();
  u8 *page = pages(2, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  page[7] = 9;
  protect(page, PAGE, PROT_READ);
  FAULTING("addb $1, " AT_CX, page + 7);
  EQUAL(caught.number, SIGSEGV);
  EQUAL(caught.code, SEGV_ACCERR);
  EQUAL(caught.address, (uword)page + 7);
  EQUAL(caught.error, 7);
  EQUAL(page[7], 9);
  protect(page, PAGE, PROT_READ | PROT_WRITE);
  FAULTING("addb $1, " AT_CX, page + 7);
  EQUAL(caught.count, 0);
  EQUAL(page[7], 10);
  protect(page, PAGE, PROT_NONE);
  FAULTING("movb " AT_CX ", %%al", page + 7);
  EQUAL(caught.code, SEGV_ACCERR);
}

static void segv_kernel_address(void) {
  catch_faults();
#ifdef __x86_64__
  FAULTING("movb " AT_CX ", %%al", 0xffffffff81000000ul);
  EQUAL(caught.number, SIGSEGV);
  EQUAL(caught.address, 0xffffffff81000000ul);
  FAULTING("movb " AT_CX ", %%al", 0x8000000000000000ul); // not canonical: #GP, which has no address
  EQUAL(caught.number, SIGSEGV);
  EQUAL(caught.code, SI_KERNEL);
  EQUAL(caught.trap, 13);
#else
  FAULTING("movb " AT_CX ", %%al", 0xffffe000ul);
  EQUAL(caught.number, SIGSEGV);
#endif
}

static void segv_execute(void) {
  catch_faults();
  u8 *page = pages(1, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  page[0] = 0xc3;
#ifdef __x86_64__
  FAULTING("call *%%rcx", page);
  __asm__ volatile("" ::: "memory");
#else
  FAULTING("call *%%ecx", page);
#endif
  if (caught.count == 0) skip(" (no execute-disable on this kernel)");
  EQUAL(caught.number, SIGSEGV);
  EQUAL(caught.code, SEGV_ACCERR);
  EQUAL(caught.address, (uword)page);
  EQUAL(caught.ip, (uword)page);
  EQUAL(caught.error & 0x14, 0x14);
  exit_now(0); // the return address is still on the stack
}

static void privileged(void) {
  catch_faults();
  FAULTING("hlt", 0);
  EQUAL(caught.number, SIGSEGV);
  EQUAL(caught.code, SI_KERNEL);
  EQUAL(caught.trap, 13);
  FAULTING("cli", 0);
  EQUAL(caught.trap, 13);
  FAULTING("inb $0x80, %%al", 0);
  EQUAL(caught.trap, 13);
  FAULTING("wbinvd", 0);
  EQUAL(caught.trap, 13);
  FAULTING("rdmsr", 0x10);
  EQUAL(caught.trap, 13);
  FAULTING("int $0x81", 0);
  EQUAL(caught.trap, 13);
  EQUAL(caught.error, 0x81 * 8 + 2);
#ifdef __x86_64__
  FAULTING("movq %%cr0, %%rax", 0);
#else
  FAULTING("movl %%cr0, %%eax", 0);
#endif
  EQUAL(caught.trap, 13);
  FAULTING("movw %%cx, %%es", 0xfff8 | 3);
  EQUAL(caught.trap, 13);
  EQUAL(caught.error, 0xfff8);
}

static void illegal(void) {
  catch_faults();
  FAULTING("ud2", 0);
  EQUAL(caught.number, SIGILL);
  EQUAL(caught.code, ILL_ILLOPN);
  EQUAL(caught.address, caught.ip);
  EQUAL(*(u16 *)caught.ip, 0x0b0f);
  FAULTING(".byte 0xf0, 0x01, 0xc0", 0); // LOCK ADD on a register
  EQUAL(caught.number, SIGILL);
  FAULTING(".byte 0x0f, 0xff, 0xc0", 0); // UD0
  EQUAL(caught.number, SIGILL);
#ifdef __x86_64__
  FAULTING(".byte 0x06", 0); // PUSH ES
  EQUAL(caught.number, SIGILL);
  FAULTING(".byte 0x27", 0); // DAA
  EQUAL(caught.number, SIGILL);
#endif
}

static void divide_errors(void) {
  catch_faults();
  FAULTING("movl $7, %%eax\n xorl %%edx, %%edx\n divl %%ecx", 0);
  EQUAL(caught.number, SIGFPE);
  EQUAL(caught.code, FPE_INTDIV);
  EQUAL(caught.address, caught.ip);
  FAULTING("movl $0x80000000, %%eax\n cltd\n idivl %%ecx", -1);
  EQUAL(caught.number, SIGFPE);
  EQUAL(caught.code, FPE_INTDIV);
  FAULTING("movl $0x1000, %%eax\n divb %%cl", 4);
  EQUAL(caught.number, SIGFPE);
  FAULTING("movw $0x7fff, %%ax\n divb %%cl", 128);
  EQUAL(caught.count, 0);
}

static void floating_errors(void) {
  catch_faults();
  u16 control = 0x037f;
  u32 mxcsr = 0x1f80;
  static const struct { u16 unmask; u8 code; } exceptions[] = {{4, FPE_FLTDIV}, {1, FPE_FLTINV}, {32, FPE_FLTRES}};
  for (int i = 0; i < 3; i++) {
    u16 unmasked = control & (u16)~exceptions[i].unmask;
    __asm__ volatile("fninit\n fldcw %0" : : "m"(unmasked));
    if (i == 0) FAULTING("fld1\n fldz\n fdivrp\n fdivp\n fwait", 0);
    if (i == 1) FAULTING("fld1\n fchs\n fsqrt\n fwait", 0);
    if (i == 2) FAULTING("fld1\n fldpi\n fdivrp\n fwait", 0);
    if (i != 0) {
      EQUAL(caught.number, SIGFPE);
      EQUAL(caught.code, exceptions[i].code);
      EQUAL(caught.trap, 16);
    }
    __asm__ volatile("fninit");
    u32 open = mxcsr & ~((u32)exceptions[i].unmask << 7);
    __asm__ volatile("ldmxcsr %0" : : "m"(open));
    if (i == 0) FAULTING("movl $1, %%eax\n cvtsi2sd %%eax, %%xmm0\n xorps %%xmm1, %%xmm1\n divsd %%xmm1, %%xmm0", 0);
    if (i == 1) FAULTING("movl $-1, %%eax\n cvtsi2sd %%eax, %%xmm0\n sqrtsd %%xmm0, %%xmm0", 0);
    if (i == 2) FAULTING("movl $3, %%eax\n cvtsi2sd %%eax, %%xmm0\n movl $1, %%eax\n cvtsi2sd %%eax, %%xmm1\n divsd %%xmm0, %%xmm1", 0);
    EQUAL(caught.number, SIGFPE);
    EQUAL(caught.code, exceptions[i].code);
    EQUAL(caught.trap, 19);
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
  }
}

static void breakpoint(void) {
  catch_faults();
  FAULTING("int3", 0);
  EQUAL(caught.number, SIGTRAP);
  EQUAL(caught.code, SI_KERNEL);
  EQUAL(caught.trap, 3);
  EQUAL(((u8 *)caught.ip)[-1], 0xcc);
  FAULTING(".byte 0xf1", 0); // INT1
  EQUAL(caught.number, SIGTRAP);
#ifndef __x86_64__
  FAULTING("movb $0x7f, %%al\n addb $1, %%al\n into", 0);
  EQUAL(caught.number, SIGSEGV);
  EQUAL(caught.trap, 4);
  static int bounds[2] = {-5, 5};
  FAULTING("movl $6, %%eax\n bound %%eax, (%%ecx)", bounds);
  EQUAL(caught.number, SIGSEGV);
  EQUAL(caught.trap, 5);
#endif
}

static void alignment(void) {
  catch_faults();
  u32 words[2] = {1, 2};
  uword flags = 0;
#ifdef __x86_64__
#define SET_AC "pushfq\n orl $0x40000, (%%rsp)\n popfq\n"
#define CLEAR_AC "pushfq\n andl $~0x40000, (%%rsp)\n popfq\n"
#else
#define SET_AC "pushfl\n orl $0x40000, (%%esp)\n popfl\n"
#define CLEAR_AC "pushfl\n andl $~0x40000, (%%esp)\n popfl\n"
#endif
  FAULTING(SET_AC "movl " AT_CX ", %%eax\n" CLEAR_AC, words);
  EQUAL(caught.count, 0);
  FAULTING(SET_AC "movl " AT_CX ", %%eax\n" CLEAR_AC, (u8 *)words + 1);
  EQUAL(caught.number, SIGBUS);
  EQUAL(caught.code, BUS_ADRALN);
  EQUAL(caught.trap, 17);
  (void)flags;
}

const struct test signal_tests[] = {
    {"signal-to-self", kill_self},
    {"signal-mask", mask},
    {"signal-nested", nested},
    {"signal-stack", alternate_stack},
    {"interrupted-call", interrupted_call},
    {"restarted-call", restarted_call},
    {"death-by-signal", death_by_signal},
    {"signal-preserves-state", frame_preserves_state},
    {"segv-unmapped", segv_unmapped},
    {"segv-protected", segv_protected},
    {"segv-kernel-address", segv_kernel_address},
    {"segv-execute", segv_execute},
    {"privileged-instructions", privileged},
    {"illegal-instructions", illegal},
    {"divide-errors", divide_errors},
    {"floating-errors", floating_errors},
    {"breakpoint", breakpoint},
    {"alignment-check", alignment},
    {0, 0},
};
