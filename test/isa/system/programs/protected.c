// Protected mode and virtual-8086 mode, seen from inside: a Multiboot kernel that runs one short case
// after another at CPL 0, at CPL 3 or in virtual-8086 mode, each on fresh tables, and writes a line about
// the event that ended it. A case that runs through ends in INT 80h.
#include "bare.h"

__asm__(".section .multiboot,\"a\"\n.align 4\n.long 0x1badb002, 0, -0x1badb002\n"
        ".text\n.globl _start\n_start: mov $stack_top, %esp\n call main\n");
u8 stack[65536] __attribute__((aligned(16)));
__asm__(".globl stack_top\n.set stack_top, stack + 65536 - 64");
u8 user_stack[16384] __attribute__((aligned(16)));
u8 inner_stack[16384] __attribute__((aligned(16)));

u64 gdt[64] __attribute__((aligned(16)));
u64 idt[256] __attribute__((aligned(16)));
u64 ldt[16] __attribute__((aligned(16)));
/** TSS, interrupt redirection bitmap, I/O permission bitmap and its last byte. */
u8 tss[0x68 + 32 + 8192 + 8] __attribute__((aligned(4096)));
u8 tss2[0x68] __attribute__((aligned(256)));
#define REDIRECTION (tss + 0x68)
#define IO_BITMAP (tss + 0x68 + 32)
#define AT32(p, offset) (*(u32 *)((p) + (offset)))
#define AT16(p, offset) (*(u16 *)((p) + (offset)))

/** Selectors; 40h and on are the cases' own. */
enum { KERNEL_CODE = 8, KERNEL_DATA = 16, USER_CODE = 0x1b, USER_DATA = 0x23, TSS = 0x28, LDT = 0x30 };

struct frame {
  u32 gs, fs, es, ds, edi, esi, ebp, esp0, ebx, edx, ecx, eax, vector, error, eip, cs, eflags, esp, ss, v_es, v_ds;
};
u32 saved_stack, case_start, user_flags = 2;
static const char *case_name;
void resume(void);

void report(struct frame *f) {
  int v86 = (f->eflags >> 17) & 1;
  int outer = v86 || (f->cs & 3) == 3;
  u32 flags, dr6, cr2;
  u16 task;
  __asm__ volatile("pushf; pop %0" : "=r"(flags));
  __asm__ volatile("str %0" : "=r"(task));
  __asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
  put_text(case_name);
  put_field("vector", f->vector);
  put_field("error", f->error);
  put_field("cs", f->cs & 0xffff);
  put_field("ip", v86 || f->eip < 0x10000 ? f->eip : f->eip - case_start);
  put_field("flags", f->eflags);
  put_field("a", f->eax);
  put_field("b", f->ebx);
  put_field("c", f->ecx);
  put_field("d", f->edx);
  put_field("si", f->esi);
  put_field("di", f->edi);
  if (outer) {
    put_field("sp", v86 ? f->esp : f->esp - (u32)user_stack);
    put_field("ss", f->ss & 0xffff);
  }
  if (v86) {
    put_field("v_es", f->v_es & 0xffff);
    put_field("v_ds", f->v_ds & 0xffff);
  }
  put_field("ds", f->ds & 0xffff);
  put_field("es", f->es & 0xffff);
  put_field("fs", f->fs & 0xffff);
  put_field("gs", f->gs & 0xffff);
  put_field("tr", task);
  put_field("handler", flags & 0x7700);
  put_field("dr6", dr6 & 0xe00f);
  if (f->vector == 14) {
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    put_field("cr2", cr2);
  }
  put_text("\n");
  resume();
}
__asm__(".text\ncommon: pusha\n"
        " mov %ds, %eax; push %eax; mov %es, %eax; push %eax; mov %fs, %eax; push %eax; mov %gs, %eax; push %eax\n"
        " mov $16, %eax; mov %eax, %ds; mov %eax, %es; cld\n"
        " mov %esp, %eax; push %eax; call report\n"
        "resume: mov saved_stack, %esp; pop %ebp; pop %edi; pop %esi; pop %ebx; ret\n");

#define SAVE " push %ebx; push %esi; push %edi; push %ebp; mov %esp, saved_stack\n"
#define FILL                                                                        \
  " mov $0x11111111, %eax; mov $0x22222222, %ebx; mov $0x33333333, %ecx\n"          \
  " mov $0x44444444, %edx; mov $0x55555555, %esi; mov $0x66666666, %edi\n"
void run_kernel(void *start), run_user(void *start), run_v86(u32 flags);
__asm__(".text\nrun_kernel: mov 4(%esp), %eax\n" SAVE
        " mov %eax, case_start; mov %eax, %ebp; push $2; popf\n" FILL " jmp *%ebp\n"
        "run_user: mov 4(%esp), %eax\n" SAVE
        " mov %eax, case_start; mov $0x23, %ecx; mov %ecx, %ds; mov %ecx, %es; xor %ecx, %ecx; mov %ecx, %fs; mov %ecx, %gs\n"
        " push $0x23; push $user_stack + 8192; push user_flags; push $0x1b; push %eax\n" FILL " iret\n"
        "run_v86: mov 4(%esp), %eax\n" SAVE
        " push $0x5000; push $0x4000; push $0x2100; push $0x2200; push $0x2300; push $0x1000; push %eax\n"
        " push $0x2000; push $0\n" FILL " iret\n");

static void prepare(void) {
  for (int i = 0; i < 64; i++) gdt[i] = 0;
  for (int i = 0; i < 16; i++) ldt[i] = 0;
  for (u32 i = 0; i < sizeof tss; i++) tss[i] = 0;
  for (u32 i = 0; i < sizeof tss2; i++) tss2[i] = 0;
  gdt[1] = segment(0, 0xfffff, 0xc09b);
  gdt[2] = segment(0, 0xfffff, 0xc093);
  gdt[3] = segment(0, 0xfffff, 0xc0fb);
  gdt[4] = segment(0, 0xfffff, 0xc0f3);
  gdt[5] = segment((u32)tss, 0x68 + 32 + 8192, 0x89);
  gdt[6] = segment((u32)ldt, 127, 0x82);
  AT32(tss, 4) = (u32)inner_stack + 16384 - 64;
  AT16(tss, 8) = KERNEL_DATA;
  AT16(tss, 0x66) = 0x68 + 32;
  for (int i = 0; i < 256; i++) {
    idt[i] = gate(KERNEL_CODE, (u32)stubs + i * 16, 14, i >= 0x80 || i == 3 || i == 4 ? 3 : 0, 0);
  }
  struct {
    u16 limit;
    u32 base;
  } __attribute__((packed)) g = {0x1ff, (u32)gdt}, i = {0x7ff, (u32)idt};
  __asm__ volatile("lgdt %0; lidt %1; ljmp $8, $1f; 1:" : : "m"(g), "m"(i));
  __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%ss; mov %1, %%fs; mov %1, %%gs" : : "r"(KERNEL_DATA), "r"(0));
  __asm__ volatile("ltr %w0; lldt %w1" : : "r"(TSS), "r"(LDT));
  __asm__ volatile("mov %0, %%cr4; mov %1, %%dr7; mov %2, %%dr6; mov %3, %%cr0" : : "r"(0), "r"(0x400), "r"(0), "r"(0x11));
  user_flags = 2;
}

static void set_cr4(u32 value) { __asm__ volatile("mov %0, %%cr4" : : "r"(value)); }
static void set_cr0(u32 value) { __asm__ volatile("mov %0, %%cr0" : : "r"(value)); }
static void set_breakpoint(u8 *address) { __asm__ volatile("mov %0, %%dr0; mov %1, %%dr7" : : "r"(address), "r"(0x401)); }
/** VME, with INT 80h and INT 83h going to the handlers of protected mode. */
static void set_vme(void) {
  set_cr4(1);
  REDIRECTION[0x10] = 9;
}
/** A second task at tss2, with its descriptor (of the given type and limit) as selector 40h. */
static void make_task(void *start, u32 flags, u32 limit, u32 attributes) {
  AT32(tss2, 0x20) = (u32)start;
  AT32(tss2, 0x24) = flags;
  AT32(tss2, 0x28) = 0xa0a0a0a0;
  AT32(tss2, 0x2c) = 0xc0c0c0c0;
  AT32(tss2, 0x38) = (u32)user_stack + 4096;
  AT16(tss2, 0x48) = AT16(tss2, 0x50) = AT16(tss2, 0x54) = KERNEL_DATA;
  AT16(tss2, 0x4c) = KERNEL_CODE;
  AT32(tss2, 4) = (u32)inner_stack + 8192;
  AT16(tss2, 8) = KERNEL_DATA;
  gdt[8] = segment((u32)tss2, limit, attributes);
}

/** A case: its name, C that changes the tables, and the instructions. */
#define CASE(run, name, setup, code)                                              \
  do {                                                                            \
    extern u8 case_##name[];                                                      \
    __asm__ volatile("jmp 9f\n case_" #name ": " code "\n int $0x80\n9:");        \
    prepare();                                                                    \
    setup;                                                                        \
    case_name = #name;                                                            \
    run(case_##name);                                                             \
  } while (0)
#define KERNEL(name, setup, code) CASE(run_kernel, name, setup, code)
#define USER(name, setup, code) CASE(run_user, name, setup, code)
/** 16-bit code, copied to 2000h:0. */
#define V86(name, flags, setup, code)                                                                          \
  do {                                                                                                         \
    extern u8 case_##name[], end_##name[];                                                                     \
    __asm__ volatile("jmp 9f\n.code16\n case_" #name ": " code "\n int $0x80\n end_" #name ":\n.code32\n9:");  \
    prepare();                                                                                                 \
    setup;                                                                                                     \
    case_name = #name;                                                                                         \
    for (u32 i = 0; i < 0x3000; i++) ((u8 *)0x20000)[i] = case_##name + i < end_##name ? case_##name[i] : 0;   \
    run_v86((flags) | 0x20002);                                                                                \
  } while (0)

#include "protected-cases.h"

void main(void) {
  cases();
  put_text("END\n");
  write_port(0xf4, 0);
  for (;;) __asm__ volatile("hlt");
}
