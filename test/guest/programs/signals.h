// Signals as the kernel delivers them: the handler's frame, and a catcher that records it.
#ifndef SIGNALS_H
#define SIGNALS_H
#include "system.h"

enum {
  SIGINT = 2, SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGKILL = 9, SIGUSR1 = 10, SIGSEGV = 11,
  SIGUSR2 = 12, SIGPIPE = 13, SIGALRM = 14, SIGCHLD = 17, SIGSTOP = 19, SIGVTALRM = 26
};
enum {
  SI_USER = 0, SI_KERNEL = 0x80, SEGV_MAPERR = 1, SEGV_ACCERR = 2, FPE_INTDIV = 1, FPE_FLTDIV = 3,
  FPE_FLTOVF = 4, FPE_FLTUND = 5, FPE_FLTRES = 6, FPE_FLTINV = 7, ILL_ILLOPN = 2, BUS_ADRALN = 1, TRAP_TRACE = 2,
  TRAP_HWBKPT = 4
};
enum { SA_SIGINFO = 4, SA_ONSTACK = 0x08000000, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000 };

// siginfo_t: the beginning of it.
struct information {
  int number, error, code;
#ifdef __x86_64__
  int pad;
#endif
  uword address;
};

// The registers in ucontext_t, in the kernel's order.
#ifdef __x86_64__
struct registers {
  uword r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags, selectors, error, trap,
      mask, cr2, fpstate;
};
struct context {
  uword flags, link, stack[3];
  struct registers registers;
};
#else
struct registers {
  uword gs, fs, es, ds, di, si, bp, sp, bx, dx, cx, ax, trap, error, ip, cs, flags, sp_at_signal, ss, fpstate, mask,
      cr2;
};
struct context {
  uword flags, link, stack[3];
  struct registers registers;
};
#endif

typedef void (*handler)(int number, struct information *information, struct context *context);
void handle(int number, handler handler, uword flags);

// ---- the catcher: runs a piece of code that faults, and records how ----
struct caught {
  int count, number, code;
  uword address, ip, error, trap, flags;
};
extern volatile struct caught caught;
// Handles the signals of faults: records, then goes on at `resume` (a label in the faulting function).
void catch_faults(void);
extern void *volatile resume;

// Runs `code` (one asm text without operands; `input` is in CX) and continues after it whatever it raises.
#ifdef __x86_64__
#define AT_CX "(%%rcx)"
#define JUMP_REGISTER "rcx"
#define RESUME_HERE(target) "leaq " target "(%%rip), %%rax\n movq %%rax, resume\n"
#define CLOBBERS "rax", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "memory", "cc"
#else
#define AT_CX "(%%ecx)"
#define JUMP_REGISTER "ecx"
#define RESUME_HERE(target) "movl $" target ", %%eax\n movl %%eax, resume\n"
#define CLOBBERS "eax", "edx", "esi", "edi", "xmm0", "xmm1", "memory", "cc"
#endif
#define FAULTING(code, input) \
  do { \
    caught.count = 0; \
    uword input_ = (uword)(input); \
    __asm__ volatile(RESUME_HERE("9f") code "\n9:\n" : "+c"(input_) : : CLOBBERS); \
  } while (0)

#endif
