// Start-up, system calls, output and checks; see system.h.
#include "system.h"

int argument_count;
char **arguments;
char **environment;
static uword *auxiliary_vector;

#ifdef __x86_64__
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call begin\n hlt\n");
#else
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n call begin\n hlt\n");
#endif

int main(void);

__attribute__((used)) void begin(uword *stack) {
  argument_count = (int)stack[0];
  arguments = (char **)(stack + 1);
  environment = arguments + argument_count + 1;
  char **end = environment;
  while (*end) end++;
  auxiliary_vector = (uword *)(end + 1);
  exit_now(main());
}

uword auxiliary(uword type) {
  for (uword *entry = auxiliary_vector; entry[0]; entry += 2) {
    if (entry[0] == type) return entry[1];
  }
  return 0;
}

#ifdef __x86_64__
long call6(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#else
// Through memory: six arguments and EBP leave no register for the compiler.
NOINLINE long call6(long number, long a, long b, long c, long d, long e, long f) {
  long words[7] = {number, a, b, c, d, e, f};
  long result;
  __asm__ volatile(
      "pushl %%ebx\n pushl %%ebp\n pushl %%esi\n pushl %%edi\n"
      "movl 4(%%eax), %%ebx\n movl 8(%%eax), %%ecx\n movl 12(%%eax), %%edx\n"
      "movl 16(%%eax), %%esi\n movl 20(%%eax), %%edi\n movl 24(%%eax), %%ebp\n movl (%%eax), %%eax\n"
      "int $0x80\n"
      "popl %%edi\n popl %%esi\n popl %%ebp\n popl %%ebx\n"
      : "=a"(result)
      : "a"(words)
      : "ecx", "edx", "memory");
  return result;
}
#endif

void exit_now(int status) {
  while (1) CALL1(SYS_exit_group, status);
}
long fork(void) { return CALL1(SYS_fork, 0); }
int wait_for(long pid) {
  int status = -1;
  long result;
  do result = CALL4(SYS_wait4, pid, &status, 0, 0);
  while (result == -EINTR);
  EQUAL(result, pid);
  return status;
}
long pipe_new(int ends[2]) { return CALL1(SYS_pipe, ends); }
long write_all(int fd, const void *bytes, uword count) {
  for (uword done = 0; done < count;) {
    long written = CALL3(SYS_write, fd, (const u8 *)bytes + done, count - done);
    if (written <= 0) return written;
    done += (uword)written;
  }
  return (long)count;
}
long read_all(int fd, void *bytes, uword count) {
  uword done = 0;
  while (done < count) {
    long got = CALL3(SYS_read, fd, (u8 *)bytes + done, count - done);
    if (got < 0) return got;
    if (got == 0) break;
    done += (uword)got;
  }
  return (long)done;
}
u64 monotonic(void) {
  struct { long seconds, nanoseconds; } now;
  EQUAL(CALL2(SYS_clock_gettime, 1, &now), 0);
  return (u64)now.seconds * 1000000000u + (u64)now.nanoseconds;
}
void sleep_ns(u64 ns) {
  struct { long seconds, nanoseconds; } span = {0, (long)ns};
  EQUAL(CALL2(SYS_nanosleep, &span, 0), 0);
}

void *map(void *at, uword size, int protection, int flags, int fd, uword offset) {
#ifndef __x86_64__
  offset /= PAGE;
#endif
  long result = call6(SYS_mmap, (long)at, (long)size, protection, flags, fd, (long)offset);
  CHECK((uword)result < (uword)-4095L);
  return (void *)result;
}
void *pages(uword count, int protection, int sharing) {
  return map(0, count * PAGE, protection, sharing | MAP_ANONYMOUS, -1, 0);
}
void protect(void *at, uword size, int protection) { EQUAL(CALL3(SYS_mprotect, at, size, protection), 0); }

void *memcpy(void *to, const void *from, uword count) {
  void *start = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count)::"memory");
  return start;
}
void *memset(void *to, int value, uword count) {
  void *start = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
  return start;
}
int memcmp(const void *a, const void *b, uword count) {
  for (uword i = 0; i < count; i++) {
    int difference = ((const u8 *)a)[i] - ((const u8 *)b)[i];
    if (difference) return difference;
  }
  return 0;
}
int same_text(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

void print(const char *text) {
  uword length = 0;
  while (text[length]) length++;
  write_all(1, text, length);
}
void print_hex(u64 value) {
  char text[19] = "0x";
  int at = 2;
  for (int shift = 60; shift >= 0; shift -= 4) {
    u32 digit = (u32)(value >> shift) & 15;
    if (digit || at > 2 || shift == 0) text[at++] = "0123456789abcdef"[digit];
  }
  text[at] = 0;
  print(text);
}
void print_decimal(uword value) {
  char text[24];
  int at = 23;
  text[at] = 0;
  do text[--at] = (char)('0' + value % 10);
  while (value /= 10);
  print(text + at);
}

// A failed test says why on its own line's rest; the name stands before it (main.c).
void fail(const char *where, int line, const char *what) {
  print(" ");
  print(where);
  print(":");
  print_decimal((uword)line);
  print(" ");
  print(what);
  exit_now(1);
}
void fail_values(const char *where, int line, const char *what, u64 actual, u64 expected) {
  print(" ");
  print(where);
  print(":");
  print_decimal((uword)line);
  print(" ");
  print(what);
  print(" is ");
  print_hex(actual);
  print(", not ");
  print_hex(expected);
  exit_now(1);
}
void skip(const char *why) {
  print(" ");
  print(why);
  exit_now(77);
}
