// Long mode seen from inside, as protected.c does it: cases at CPL 0, in 64-bit code at CPL 3, and in
// compatibility mode. The page tables map the first GiB as user pages of 2 MiB; linear 800000h..9FFFFFh goes through
// `pt`, where cases change entries.
#include "bare.h"

u64 pml4[512] __attribute__((aligned(4096)));
u64 pdpt[512] __attribute__((aligned(4096)));
u64 pd[512] __attribute__((aligned(4096)));
u64 pt[512] __attribute__((aligned(4096)));

__asm__(".section .multiboot,\"a\"\n.align 4\n.long 0x1badb002, 0, -0x1badb002\n"
        ".text\n.code32\n.globl _start\n_start: mov $stack_top, %esp\n"
        " mov $pdpt, %eax; or $7, %eax; mov %eax, pml4; mov %eax, pml4 + 0xff8\n"
        " mov $pd, %eax; or $7, %eax; mov %eax, pdpt; mov %eax, pdpt + 0xff0; mov %eax, pdpt + 0xff8\n"
        " mov $pd, %edi; mov $0x87, %eax; mov $512, %ecx\n"
        "1: mov %eax, (%edi); add $8, %edi; add $0x200000, %eax; loop 1b\n"
        " mov $0x20, %eax; mov %eax, %cr4; mov $pml4, %eax; mov %eax, %cr3\n"
        " mov $0xc0000080, %ecx; rdmsr; or $0x901, %eax; wrmsr\n"
        " mov $0x80000011, %eax; mov %eax, %cr0; lgdt first_gdtr; ljmp $8, $1f\n"
        ".code64\n1: mov $16, %eax; mov %eax, %ss; mov %eax, %ds; mov %eax, %es; mov $stack_top, %rsp; call main\n"
        ".align 8\nfirst_gdt: .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff\n"
        "first_gdtr: .word 23; .long first_gdt\n");
u8 stack[65536] __attribute__((aligned(16)));
__asm__(".globl stack_top\n.set stack_top, stack + 65536 - 64");
u8 user_stack[16384] __attribute__((aligned(16)));
u8 inner_stack[16384] __attribute__((aligned(16)));
u8 interrupt_stack[16384] __attribute__((aligned(16)));

u64 gdt[64] __attribute__((aligned(16)));
u64 idt[512] __attribute__((aligned(16)));
u8 tss[0x68 + 32 + 8192 + 8] __attribute__((aligned(4096)));
#define AT64(p, offset) (*(u64 *)((p) + (offset)))
#define AT16(p, offset) (*(u16 *)((p) + (offset)))

enum { KERNEL_CODE = 8, KERNEL_DATA = 16, USER_CODE_32 = 0x1b, USER_DATA = 0x23, USER_CODE = 0x2b, TSS = 0x30 };

struct frame {
  u64 gs, fs, es, ds, r11, rdi, rsi, rbp, rbx, rdx, rcx, rax, vector, error, rip, cs, rflags, rsp, ss;
};
u64 saved_stack, case_start, user_flags, user_code, user_data = USER_DATA;
static const char *case_name;
void resume(void);

static u64 read_msr(u32 index) {
  u32 low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
  return low | ((u64)high << 32);
}
static void write_msr(u32 index, u64 value) {
  __asm__ volatile("wrmsr" : : "c"(index), "a"((u32)value), "d"((u32)(value >> 32)));
}

void report(struct frame *f) {
  u64 flags, dr6, cr2;
  u16 ss;
  __asm__ volatile("pushf; pop %0" : "=r"(flags));
  __asm__ volatile("mov %%ss, %0" : "=r"(ss));
  __asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
  put_text(case_name);
  put_field("vector", f->vector);
  put_field("error", f->error);
  put_field("cs", f->cs & 0xffff);
  put_field("ip", f->rip - case_start < 0x10000 ? f->rip - case_start : f->rip);
  put_field("flags", f->rflags);
  put_field("a", f->rax);
  put_field("b", f->rbx);
  put_field("c", f->rcx);
  put_field("d", f->rdx);
  put_field("si", f->rsi);
  put_field("di", f->rdi);
  put_field("r11", f->r11);
  if (f->cs & 3) put_field("sp", f->rsp - (u64)user_stack < 0x4000 ? f->rsp - (u64)user_stack : f->rsp);
  put_field("ss", f->ss & 0xffff);
  put_field("handler_ss", ss);
  // Which stack the frame is on, and how it is aligned.
  u64 at = (u64)f;
  put_field("stack", at - (u64)interrupt_stack < 0x4000 ? 1 : at - (u64)inner_stack < 0x4000 ? 2 : 3);
  put_field("alignment", (u64)&f->ss & 15);
  put_field("ds", f->ds & 0xffff);
  put_field("es", f->es & 0xffff);
  put_field("fs", f->fs & 0xffff);
  put_field("gs", f->gs & 0xffff);
  put_field("handler", flags & 0x47700);
  put_field("fs_base", read_msr(0xc0000100));
  put_field("gs_base", read_msr(0xc0000101));
  put_field("kernel_gs", read_msr(0xc0000102));
  put_field("dr6", dr6 & 0xe00f);
  if (f->vector == 14) {
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    put_field("cr2", cr2);
  }
  put_text("\n");
  resume();
}
__asm__(".text\ncommon: push %rax; push %rcx; push %rdx; push %rbx; push %rbp; push %rsi; push %rdi; push %r11\n"
        " mov %ds, %eax; push %rax; mov %es, %eax; push %rax; mov %fs, %eax; push %rax; mov %gs, %eax; push %rax\n"
        " cld; mov %rsp, %rdi; and $-16, %rsp; call report\n"
        "resume: mov saved_stack, %rsp; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");

#define SAVE " push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; mov %rsp, saved_stack; mov %rdi, case_start\n"
#define FILL                                                                                                        \
  " mov $0x1111111111111111, %rax; mov $0x2222222222222222, %rbx; mov $0x3333333333333333, %rcx\n"                  \
  " mov $0x4444444444444444, %rdx; mov $0x5555555555555555, %rsi; mov $0x6666666666666666, %rdi\n"                  \
  " mov $0x7777777777777777, %r11\n"
void run_kernel(void *start), run_user(void *start);
__asm__(".text\nrun_kernel:" SAVE " mov %rdi, %rbp; push $2; popf\n" FILL " jmp *%rbp\n"
        "run_user:" SAVE " mov user_data, %rax; push %rax; mov $user_stack + 8192, %rax; push %rax\n"
        " push user_flags; push user_code; push %rdi\n" FILL " iretq\n");

static void set_gate(u64 *at, u32 selector, u64 offset, u32 type, u32 dpl, u32 extra) {
  at[0] = gate(selector, (u32)offset, type, dpl, extra);
  at[1] = offset >> 32;
}
static void set_cr4(u64 value) { __asm__ volatile("mov %0, %%cr4" : : "r"(0x20 | value)); }
static void set_wp(void) { __asm__ volatile("mov %0, %%cr0" : : "r"(0x80010011ull)); }

static void prepare(void) {
  for (int i = 0; i < 64; i++) gdt[i] = 0;
  for (u32 i = 0; i < sizeof tss; i++) tss[i] = 0;
  gdt[1] = segment(0, 0xfffff, 0xa09b);
  gdt[2] = segment(0, 0xfffff, 0xc093);
  gdt[3] = segment(0, 0xfffff, 0xc0fb);
  gdt[4] = segment(0, 0xfffff, 0xc0f3);
  gdt[5] = segment(0, 0xfffff, 0xa0fb);
  gdt[6] = segment((u32)(u64)tss, 0x68 + 32 + 8192, 0x89);
  AT64(tss, 4) = (u64)inner_stack + 16384 - 64;
  AT64(tss, 0x24) = (u64)interrupt_stack + 16384 - 8;
  AT16(tss, 0x66) = 0x68;
  for (int i = 0; i < 256; i++) {
    set_gate(idt + 2 * i, KERNEL_CODE, (u64)stubs + i * 16, 14, i >= 0x80 || i == 3 || i == 4 ? 3 : 0, 0);
  }
  struct {
    u16 limit;
    u64 base;
  } __attribute__((packed)) g = {0x1ff, (u64)gdt}, i = {0xfff, (u64)idt};
  set_cr4(0);
  write_msr(0xc0000080, 0xd01);
  __asm__ volatile("mov %0, %%cr0" : : "r"(0x80000011ull));
  __asm__ volatile("lgdt %0; lidt %1" : : "m"(g), "m"(i));
  __asm__ volatile("ltr %w0; lldt %w1; mov %2, %%ss; mov %2, %%ds; mov %2, %%es; mov %1, %%fs; mov %1, %%gs"
                   : : "r"(TSS), "r"(0), "r"(KERNEL_DATA));
  __asm__ volatile("push $8; push $1f; lretq; 1:");
  __asm__ volatile("mov %0, %%dr7; mov %1, %%dr6" : : "r"(0x400ull), "r"(0ull));
  write_msr(0xc0000100, 0x1000);
  write_msr(0xc0000101, 0x2000);
  write_msr(0xc0000102, 0x3000);
  for (u64 n = 0; n < 512; n++) {
    pd[n] = (n << 21) | 0x87;
    pt[n] = 0x800000 + n * 4096 + 7;
  }
  pml4[0] = (u64)pdpt | 7;
  pml4[1] = 0;
  pdpt[0] = (u64)pd | 7;
  pdpt[1] = 0;
  pd[4] = (u64)pt | 7;
  __asm__ volatile("mov %0, %%cr3" : : "r"(pml4));
  user_flags = 2;
  user_code = USER_CODE;
}

extern u8 entry_64[], entry_32[];
__asm__(".code64\nentry_64: int $0x84\nentry_32: int $0x85\n");
/** SYSCALL's selectors (upper half of STAR), entries and mask. */
static void set_star(u64 selectors) {
  write_msr(0xc0000081, selectors << 32);
  write_msr(0xc0000082, (u64)entry_64);
  write_msr(0xc0000083, (u64)entry_32);
  write_msr(0xc0000084, 0x700);
}

#define CASE(run, before, after, name, setup, code)                                             \
  do {                                                                                          \
    extern u8 case_##name[];                                                                    \
    __asm__ volatile("jmp 9f\n" before " case_" #name ": " code "\n int $0x80\n" after "9:");   \
    prepare();                                                                                  \
    setup;                                                                                      \
    case_name = #name;                                                                          \
    run(case_##name);                                                                           \
  } while (0)
#define KERNEL(name, setup, code) CASE(run_kernel, "", "", name, setup, code)
#define USER(name, setup, code) CASE(run_user, "", "", name, setup, code)
#define COMPATIBILITY(name, setup, code) \
  CASE(run_user, ".code32\n", ".code64\n", name, user_code = USER_CODE_32; setup, code)

#include "long-cases.h"

void main(void) {
  cases();
  put_text("END\n");
  write_port(0xf4, 0);
  for (;;) __asm__ volatile("hlt");
}
