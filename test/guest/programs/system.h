// The ground that the test program stands on: system calls of Linux on x86-64 and i386, start-up,
// output and checks, without a C library (Debian has none for i386 on amd64 by default).
//
// Numbers and structures: Linux arch/x86/entry/syscalls/*.tbl and include/uapi.
#ifndef SYSTEM_H
#define SYSTEM_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;
typedef unsigned long uword;

#define NULL ((void *)0)
#define PAGE 4096UL
#define NOINLINE __attribute__((noinline))

#ifdef __x86_64__
enum {
  SYS_read = 0, SYS_write = 1, SYS_open = 2, SYS_close = 3, SYS_mmap = 9, SYS_mprotect = 10, SYS_munmap = 11,
  SYS_rt_sigaction = 13, SYS_rt_sigprocmask = 14, SYS_pwrite64 = 18, SYS_pipe = 22, SYS_sched_yield = 24,
  SYS_mremap = 25, SYS_madvise = 28, SYS_dup2 = 33, SYS_nanosleep = 35, SYS_setitimer = 38, SYS_getpid = 39,
  SYS_clone = 56, SYS_fork = 57, SYS_vfork = 58, SYS_execve = 59, SYS_exit = 60, SYS_wait4 = 61, SYS_kill = 62,
  SYS_ftruncate = 77, SYS_ptrace = 101, SYS_getppid = 110, SYS_rt_sigpending = 127, SYS_rt_sigsuspend = 130,
  SYS_sigaltstack = 131, SYS_modify_ldt = 154, SYS_arch_prctl = 158, SYS_ioperm = 173, SYS_gettid = 186,
  SYS_tkill = 200, SYS_futex = 202, SYS_clock_gettime = 228, SYS_exit_group = 231, SYS_timerfd_create = 283,
  SYS_timerfd_settime = 286, SYS_memfd_create = 319
};
#else
enum {
  SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_mmap = 192, SYS_mprotect = 125, SYS_munmap = 91,
  SYS_rt_sigaction = 174, SYS_rt_sigprocmask = 175, SYS_pwrite64 = 181, SYS_pipe = 42, SYS_sched_yield = 158,
  SYS_mremap = 163, SYS_madvise = 219, SYS_dup2 = 63, SYS_nanosleep = 162, SYS_setitimer = 104, SYS_getpid = 20,
  SYS_clone = 120, SYS_fork = 2, SYS_vfork = 190, SYS_execve = 11, SYS_exit = 1, SYS_wait4 = 114, SYS_kill = 37,
  SYS_ftruncate = 93, SYS_ptrace = 26, SYS_getppid = 64, SYS_rt_sigpending = 176, SYS_rt_sigsuspend = 179,
  SYS_sigaltstack = 186, SYS_modify_ldt = 123, SYS_ioperm = 101, SYS_gettid = 224, SYS_tkill = 238,
  SYS_futex = 240, SYS_set_thread_area = 243, SYS_clock_gettime = 265, SYS_exit_group = 252,
  SYS_timerfd_create = 322, SYS_timerfd_settime = 325, SYS_memfd_create = 356
};
#endif

// A system call: a result from -4095 to -1 is an error number, negated.
long call6(long number, long a, long b, long c, long d, long e, long f);
#define CALL1(number, a) call6(number, (long)(a), 0, 0, 0, 0, 0)
#define CALL2(number, a, b) call6(number, (long)(a), (long)(b), 0, 0, 0, 0)
#define CALL3(number, a, b, c) call6(number, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define CALL4(number, a, b, c, d) call6(number, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

enum { EPERM = 1, EINTR = 4, EAGAIN = 11, ENOMEM = 12, EFAULT = 14 };

void exit_now(int status) __attribute__((noreturn));
long fork(void);
// Waits for a child; its status as wait4 gives it.
int wait_for(long pid);
long pipe_new(int ends[2]);
long write_all(int fd, const void *bytes, uword count);
long read_all(int fd, void *bytes, uword count);
u64 monotonic(void);
void sleep_ns(u64 ns);

enum { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 16, MAP_ANONYMOUS = 32 };
// New anonymous pages; ends the test where there are none.
void *pages(uword count, int protection, int sharing);
void *map(void *at, uword size, int protection, int flags, int fd, uword offset);
void protect(void *at, uword size, int protection);

void *memcpy(void *to, const void *from, uword count);
void *memset(void *to, int value, uword count);
int memcmp(const void *a, const void *b, uword count);
int same_text(const char *a, const char *b);

void print(const char *text);
void print_hex(u64 value);
void print_decimal(uword value);

// What the kernel gave to the program.
extern int argument_count;
extern char **arguments;
extern char **environment;
// Value of an auxiliary vector entry, 0 when there is none.
uword auxiliary(uword type);

// ---- checks: each ends the running test ----
void fail(const char *where, int line, const char *what) __attribute__((noreturn));
void fail_values(const char *where, int line, const char *what, u64 actual, u64 expected) __attribute__((noreturn));
void skip(const char *why) __attribute__((noreturn));
#define CHECK(condition) \
  do { \
    if (!(condition)) fail(__FILE__, __LINE__, #condition); \
  } while (0)
#define EQUAL(actual, expected) \
  do { \
    u64 actual_ = (u64)(actual), expected_ = (u64)(expected); \
    if (actual_ != expected_) fail_values(__FILE__, __LINE__, #actual, actual_, expected_); \
  } while (0)

struct test {
  const char *name;
  void (*run)(void);
};
// Each subject's tests, ended by an entry without a name.
extern const struct test process_tests[], signal_tests[], memory_tests[], thread_tests[], floating_tests[],
    vector_tests[], code_tests[], time_tests[], trace_tests[], mode_tests[], compute_tests[], stress_code_tests[],
    stress_state_tests[];
// What this program does when it is executed as "PROGRAM child WORD".
int child_main(const char *word);

#endif
