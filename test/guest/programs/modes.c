// The processor's modes as a program can reach them: segments of the LDT with limits, 16-bit code,
// and on x86-64 the way to 32-bit code and back; INT 0x80 from 64-bit code.
#include "signals.h"

struct descriptor { u32 entry, base, limit, flags; };
enum { SEG_32BIT = 1, CONTENTS_STACK = 1 << 1, CONTENTS_CODE = 2 << 1, READ_EXEC_ONLY = 8, LIMIT_IN_PAGES = 16, NOT_PRESENT = 32, USEABLE = 64 };

// An LDT entry; its selector. Ends the test as skipped where the kernel has no LDTs.
static u32 segment(u32 entry, void *base, u32 limit, u32 flags) {
  struct descriptor descriptor = {entry, (u32)(uword)base, limit, flags};
  long result = CALL3(SYS_modify_ldt, 1, &descriptor, sizeof descriptor);
  if ((int)result == -38) skip("this kernel has no modify_ldt");
  EQUAL((int)result, 0);
  return entry * 8 + 7;
}
// A buffer below 4 GiB, where segment bases reach.
static u8 area[4 * PAGE] __attribute__((aligned(4096)));

static void segment_limits(void) {
  catch_faults();
  u32 data = segment(0, area, 99, SEG_32BIT);
  u32 value;
  area[96] = 1, area[97] = 2, area[98] = 3, area[99] = 4, area[100] = 5;
  __asm__ volatile("movw %w1, %%fs" ::"r"(0), "r"(data));
#ifdef __x86_64__
  // In 64-bit mode limits do not count, the base of FS does.
  __asm__ volatile("movl %%fs:97, %0" : "=r"(value));
  EQUAL(value, 0x05040302);
  __asm__ volatile("movw %w0, %%fs" ::"r"(0));
#else
  __asm__ volatile("movl %%fs:96, %0" : "=r"(value));
  EQUAL(value, 0x04030201);
  FAULTING("movl %%fs:97, %%eax", 0);
  EQUAL(caught.number, SIGSEGV);
  EQUAL(caught.trap, 13);
  EQUAL(caught.error, 0);
  FAULTING("movb %%fs:100, %%al", 0);
  EQUAL(caught.trap, 13);
  FAULTING("movb %%fs:99, %%al", 0);
  EQUAL(caught.count, 0);
  // Read-only, then expand-down: valid above the limit.
  u32 fixed = segment(1, area, 99, SEG_32BIT | READ_EXEC_ONLY);
  __asm__ volatile("movw %w0, %%fs" ::"r"(fixed));
  FAULTING("movb $1, %%fs:5", 0);
  EQUAL(caught.trap, 13);
  u32 down = segment(2, area, 99, SEG_32BIT | CONTENTS_STACK);
  __asm__ volatile("movw %w0, %%fs" ::"r"(down));
  FAULTING("movb %%fs:99, %%al", 0);
  EQUAL(caught.trap, 13);
  FAULTING("movb %%fs:100, %%al", 0);
  EQUAL(caught.count, 0);
  __asm__ volatile("movw %w0, %%fs" ::"r"(0));
  FAULTING("movb %%fs:0, %%al", 0);
  EQUAL(caught.trap, 13);
#endif
  u32 absent = segment(3, area, 99, SEG_32BIT | NOT_PRESENT);
  FAULTING("movw %%cx, %%fs", absent);
  EQUAL(caught.trap, 11);
  EQUAL(caught.error, absent & 0xfffc);
}

static void inspection(void) {
  u32 data = segment(4, area, 0x1234, SEG_32BIT), limit = 0, rights = 0;
  u8 good = 0, read = 0, write = 0;
  __asm__ volatile("lsll %2, %0\n setz %1" : "=r"(limit), "=q"(good) : "r"(data) : "cc");
  EQUAL(limit, 0x1234);
  EQUAL(good, 1);
  __asm__ volatile("larl %2, %0\n setz %1" : "=r"(rights), "=q"(good) : "r"(data) : "cc");
  EQUAL(good, 1);
  EQUAL(rights & 0xfe00, 0xf200); // present, DPL 3, data, writable
  __asm__ volatile("verr %w1\n setz %0" : "=q"(read) : "r"(data) : "cc");
  __asm__ volatile("verw %w1\n setz %0" : "=q"(write) : "r"(data) : "cc");
  EQUAL(read + write, 2);
  limit = 77;
  __asm__ volatile("lsll %2, %0\n setz %1" : "+r"(limit), "=q"(good) : "r"(0xfff7) : "cc");
  EQUAL(limit, 77);
  EQUAL(good, 0);
}

// A far call to `selector`:`offset` on a stack below 4 GiB (other code segments use ESP); EAX before and after.
// A global: the operand may not be found through the stack pointer, which changes.
struct { u32 offset; u16 selector; } far_target;
static NOINLINE u32 far_call(u32 selector, u32 offset, u32 eax) {
  far_target.offset = offset;
  far_target.selector = (u16)selector;
#ifdef __x86_64__
  uword saved;
  u8 *stack = area + 4 * PAGE - 64;
  __asm__ volatile("movq %%rsp, %1\n movq %2, %%rsp\n lcall *far_target(%%rip)\n movq %1, %%rsp"
                   : "+a"(eax), "=&b"(saved)
                   : "r"(stack)
                   : "rcx", "memory", "cc");
#else
  __asm__ volatile("lcall *far_target" : "+a"(eax) : : "ecx", "memory", "cc");
#endif
  return eax;
}

// 16-bit code: mov $0x1234, %ax; add %ax, %ax; lret of 32-bit size.
static void sixteen_bit_code(void) {
  static const u8 program[] = {0xb8, 0x34, 0x12, 0x01, 0xc0, 0x66, 0xcb};
  memcpy(area, program, sizeof program);
  protect(area, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
  u32 code = segment(5, area, 0xfff, CONTENTS_CODE);
  for (int i = 0; i < 20; i++) EQUAL(far_call(code, 0, 0xabcd0000), 0xabcd2468);
}

#ifdef __x86_64__
static void compatibility_mode(void) {
  static const u8 program[] = {
      0x40,             // inc %eax: a REX prefix in 64-bit mode
      0x6a, 0x11, 0x59, // push $17; pop %ecx
      0x01, 0xc8,       // add %ecx, %eax
      0x27,             // daa: not there in 64-bit mode
      0xcb,             // lret
  };
  memcpy(area + PAGE, program, sizeof program);
  protect(area + PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
  // 7 + 1 + 17 = 0x19, which DAA leaves as it is.
  for (int i = 0; i < 50; i++) EQUAL(far_call(0x23, (u32)(uword)(area + PAGE), 7), 0x19);
  // 9 + 1 + 17 = 0x1b: adjusted.
  EQUAL(far_call(0x23, (u32)(uword)(area + PAGE), 9), 0x21);
}

static void old_system_call(void) {
  long me;
  __asm__ volatile("int $0x80" : "=a"(me) : "0"(20) : "r8", "r9", "r10", "r11", "memory");
  EQUAL(me, CALL1(SYS_getpid, 0));
}

// SYSCALL keeps the return address in RCX and the flags in R11.
static void system_call_registers(void) {
  uword rcx, r11, here, flags;
  long me;
  __asm__ volatile(
      "stc\n std\n pushfq\n popq %3\n leaq 1f(%%rip), %2\n movl $39, %%eax\n syscall\n 1: movq %%rcx, %0\n movq %%r11, %1\n cld"
      : "=&r"(rcx), "=&r"(r11), "=&r"(here), "=&r"(flags), "=&a"(me)
      :
      : "rcx", "r11", "memory", "cc");
  EQUAL(rcx, here);
  EQUAL(r11, flags);
  CHECK(flags & 1 && flags & 0x400);
}
#else
static void old_system_call(void) {
  EQUAL(CALL1(SYS_getpid, 0), CALL1(SYS_getpid, 0));
}
#endif

// Port access by permission bitmap: the delay port of every PC.
static void ports(void) {
  catch_faults();
  FAULTING("outb %%al, $0x80", 0);
  EQUAL(caught.trap, 13);
  long result = CALL3(SYS_ioperm, 0x80, 1, 1);
  if ((int)result == -EPERM || (int)result == -38) skip("not allowed to use ports");
  EQUAL((int)result, 0);
  FAULTING("outb %%al, $0x80", 0);
  EQUAL(caught.count, 0);
  FAULTING("outb %%al, $0x81", 0);
  EQUAL(caught.trap, 13);
  FAULTING("outw %%ax, $0x80", 0);
  EQUAL(caught.trap, 13);
}

static void processor_identity(void) {
  u32 a, b, c, d;
  __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "0"(1), "2"(0));
  CHECK(d & 1);       // FPU
  CHECK(d & 1 << 8);  // CMPXCHG8B
  CHECK(d & 1 << 26); // SSE2
  // What is claimed works: RDRAND does not give the same twice.
  if (c & 1u << 30) {
    u32 first = 0, second = 0;
    u8 ok;
    __asm__ volatile("rdrand %0\n rdrand %1\n setc %2" : "=r"(first), "=r"(second), "=q"(ok) : : "cc");
    EQUAL(ok, 1);
    CHECK(first != second);
  }
}

const struct test mode_tests[] = {
    {"segment-limits", segment_limits},
    {"segment-inspection", inspection},
    {"16-bit-code", sixteen_bit_code},
#ifdef __x86_64__
    {"compatibility-mode", compatibility_mode},
    {"system-call-registers", system_call_registers},
#endif
    {"int-0x80", old_system_call},
    {"ports", ports},
    {"cpuid", processor_identity},
    {0, 0},
};
