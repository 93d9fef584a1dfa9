// Code that changes: in place, over a page's edge, through another mapping, under another thread's feet.
#include "signals.h"

typedef u32 (*function)(u32);

// mov $value, %eax; ret
static uword answer(u8 *at, u32 value) {
  at[0] = 0xb8;
  memcpy(at + 1, &value, 4);
  at[5] = 0xc3;
  return 6;
}
static u8 *code_pages(uword count) { return pages(count, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE); }

static void rewritten(void) {
  u8 *code = code_pages(1);
  for (u32 i = 0; i < 2000; i++) {
    answer(code + 64, i * 3);
    EQUAL(((function)(code + 64))(0), i * 3);
  }
  // Only the immediate, a byte at a time.
  for (u32 i = 0; i < 256; i++) {
    code[64 + 1 + i % 4] = (u8)i;
    u32 expected;
    memcpy(&expected, code + 65, 4);
    EQUAL(((function)(code + 64))(0), expected);
  }
}

static void over_a_page_edge(void) {
  u8 *code = code_pages(2);
  for (uword offset = 0; offset < 8; offset++) {
    u8 *at = code + PAGE - offset;
    for (u32 i = 0; i < 20; i++) {
      answer(at, i + 100 * (u32)offset);
      EQUAL(((function)at)(0), i + 100 * (u32)offset);
    }
  }
}

// A loop that rewrites the instruction right after the one that writes: no branch lies between.
static void in_the_same_block(void) {
#ifdef __x86_64__
  static const u8 program[] = {
      0x31, 0xc0,                                     // xor %eax, %eax
      0xb9, 0x0a, 0x00, 0x00, 0x00,                   // mov $10, %ecx
      0x88, 0x0d, 0x01, 0x00, 0x00, 0x00,             // 1: mov %cl, 2f+1(%rip): the next one's immediate
      0x04, 0x00,                                     // 2: add $0, %al
      0xff, 0xc9,                                     // dec %ecx
      0x75, 0xf4,                                     // jnz 1b
      0xc3,
  };
  u8 *code = code_pages(1);
  memcpy(code, program, sizeof program);
#else
  u8 program[] = {
      0x31, 0xc0,                                     // xor %eax, %eax
      0xb9, 0x0a, 0x00, 0x00, 0x00,                   // mov $10, %ecx
      0x88, 0x0d, 0x00, 0x00, 0x00, 0x00,             // 1: mov %cl, 2f+1
      0x04, 0x00,                                     // 2: add $0, %al
      0x49, 0x90,                                     // dec %ecx; nop
      0x75, 0xf4,                                     // jnz 1b: the flags of dec
      0xc3,
  };
  u8 *code = code_pages(1);
  uword target = (uword)code + 14;
  memcpy(program + 9, &target, 4);
  memcpy(code, program, sizeof program);
#endif
  for (int i = 0; i < 50; i++) EQUAL(((function)code)(0), 55);
}

static void string_store_into_code(void) {
  u8 *code = code_pages(1);
  answer(code + 300, 1);
  EQUAL(((function)(code + 300))(0), 1);
  memset(code + 200, 0x90, 100); // a slide of NOPs before it
  EQUAL(((function)(code + 200))(0), 1);
  memset(code + 201, 0xcc, 200);
  answer(code + 250, 77);
  code[200] = 0xeb, code[201] = 48; // jmp to it
  EQUAL(((function)(code + 200))(0), 77);
}

static void through_another_mapping(void) {
  long file = CALL2(SYS_memfd_create, "code", 0);
  EQUAL(CALL2(SYS_ftruncate, file, PAGE), 0);
  u8 *writable = map(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)file, 0);
  u8 *executable = map(0, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, (int)file, 0);
  for (u32 i = 0; i < 300; i++) {
    answer(writable + 16, i ^ 0x5555);
    EQUAL(((function)(executable + 16))(0), i ^ 0x5555);
  }
  // By the kernel: a write to the file.
  u8 bytes[6];
  for (u32 i = 0; i < 20; i++) {
    answer(bytes, i + 9000);
    EQUAL(call6(SYS_pwrite64, file, (long)bytes, 6, 16, 0, 0), 6);
    EQUAL(((function)(executable + 16))(0), i + 9000);
  }
}

static void new_page_at_the_same_address(void) {
  u8 *code = code_pages(1);
  for (u32 i = 0; i < 30; i++) {
    answer(code, i);
    EQUAL(((function)code)(0), i);
    map(code, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    EQUAL(code[0], 0);
  }
}

static void in_both_processes(void) {
  u8 *code = code_pages(1);
  answer(code, 5);
  EQUAL(((function)code)(0), 5);
  long child = fork();
  if (child == 0) {
    answer(code, 6);
    exit_now((int)((function)code)(0));
  }
  EQUAL(wait_for(child), 6 << 8);
  EQUAL(((function)code)(0), 5);
}

static void executed_then_forbidden(void) {
  catch_faults();
  u8 *code = code_pages(1);
  answer(code, 1);
  EQUAL(((function)code)(0), 1);
  protect(code, PAGE, PROT_READ | PROT_EXEC);
  FAULTING("movb $2, 1" AT_CX, code);
  EQUAL(caught.number, SIGSEGV);
  EQUAL(caught.error, 7);
  EQUAL(((function)code)(0), 1);
}

// Blocks that end at a page that is not there: what lies before the edge still runs.
static void runs_up_to_the_edge(void) {
  catch_faults();
  u8 *code = code_pages(2);
  protect(code + PAGE, PAGE, PROT_NONE);
  for (int i = 0; i < 5; i++) memcpy(code + PAGE - 15 + 3 * i, "\x80\xc2\x01", 3); // add $1, %dl
  uword result;
  caught.count = 0;
#ifdef __x86_64__
  __asm__ volatile(RESUME_HERE("9f") "xorl %%edx, %%edx\n jmp *%1\n 9: movq %%rdx, %0\n" : "=r"(result) : "c"(code + PAGE - 15) : CLOBBERS);
#else
  __asm__ volatile(RESUME_HERE("9f") "xorl %%edx, %%edx\n jmp *%1\n 9: movl %%edx, %0\n" : "=m"(result) : "c"(code + PAGE - 15) : CLOBBERS);
#endif
  EQUAL(result, 5);
  EQUAL(caught.count, 1);
  EQUAL(caught.address, (uword)code + PAGE);
  EQUAL(caught.ip, (uword)code + PAGE);
  // An instruction across the edge: the fault's address is the next page, its IP the instruction's.
  memcpy(code + PAGE - 2, "\xb8\x01", 2);
  caught.count = 0;
  FAULTING("jmp *%%" JUMP_REGISTER, code + PAGE - 2);
  EQUAL(caught.address, (uword)code + PAGE);
  EQUAL(caught.ip, (uword)code + PAGE - 2);
}

const struct test code_tests[] = {
    {"code-rewritten", rewritten},
    {"code-over-a-page-edge", over_a_page_edge},
    {"code-in-the-same-block", in_the_same_block},
    {"code-by-string-store", string_store_into_code},
    {"code-through-another-mapping", through_another_mapping},
    {"code-page-replaced", new_page_at_the_same_address},
    {"code-in-both-processes", in_both_processes},
    {"code-write-forbidden", executed_then_forbidden},
    {"code-up-to-the-edge", runs_up_to_the_edge},
    {0, 0},
};
