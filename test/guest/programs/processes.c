// Processes: start-up, fork, vfork, exec, wait, pipes.
#include "system.h"

static void start_up(void) {
  EQUAL(auxiliary(6), PAGE); // AT_PAGESZ
  CHECK(auxiliary(33) != 0); // AT_SYSINFO_EHDR
  CHECK(argument_count >= 1 && arguments[0][0] != 0);
  CHECK(arguments[argument_count] == NULL);
  u8 *random = (u8 *)auxiliary(25); // AT_RANDOM
  u32 sum = 0;
  for (int i = 0; i < 16; i++) sum |= random[i];
  CHECK(sum != 0);
}

static void fork_copies_memory(void) {
  volatile u32 *page = pages(4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  for (u32 i = 0; i < 4 * PAGE / 4; i++) page[i] = i * 2654435761u;
  for (int round = 0; round < 8; round++) {
    long child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      for (u32 i = 0; i < 4 * PAGE / 4; i++) page[i] ^= 0xffffffff;
      for (u32 i = 0; i < 4 * PAGE / 4; i++) {
        if (page[i] != ~(i * 2654435761u)) exit_now(1);
      }
      exit_now(40 + round);
    }
    EQUAL(wait_for(child), (40 + round) << 8);
    for (u32 i = 0; i < 4 * PAGE / 4; i++) EQUAL(page[i], i * 2654435761u);
  }
}

static void many_forks(void) {
  long children[24];
  for (int i = 0; i < 24; i++) {
    children[i] = fork();
    CHECK(children[i] >= 0);
    if (children[i] == 0) {
      CALL1(SYS_sched_yield, 0);
      exit_now(i);
    }
  }
  for (int i = 23; i >= 0; i--) EQUAL(wait_for(children[i]), i << 8);
  EQUAL(CALL4(SYS_wait4, -1, 0, 0, 0), -10); // ECHILD
}

static void exec(void) {
  int ends[2];
  char answer[64];
  EQUAL(pipe_new(ends), 0);
  long child = fork();
  if (child == 0) {
    char *words[] = {"program", "child", "hello", 0};
    char *environ[] = {"GREETING=servus", 0};
    CALL2(SYS_dup2, ends[1], 1);
    CALL1(SYS_close, ends[0]);
    CALL1(SYS_close, ends[1]);
    CALL3(SYS_execve, "/proc/self/exe", words, environ);
    exit_now(99);
  }
  CALL1(SYS_close, ends[1]);
  long length = read_all(ends[0], answer, sizeof answer - 1);
  CHECK(length >= 0);
  answer[length] = 0;
  EQUAL(wait_for(child), 42 << 8);
  CHECK(same_text(answer, "hello GREETING=servus"));
}

static void vfork_and_exec(void) {
  for (int i = 0; i < 3; i++) {
    char *words[] = {"program", "child", "quiet", 0};
    // The child shares our stack until it executes: nothing may return in between, hence clone with
    // CLONE_VFORK and a copy of its own.
    long child = CALL2(SYS_clone, 0x4000 | 17, 0);
    if (child == 0) {
      CALL3(SYS_execve, "/proc/self/exe", words, environment);
      exit_now(99);
    }
    EQUAL(wait_for(child), 43 << 8);
  }
}

int child_main(const char *word) {
  if (same_text(word, "hello")) {
    print("hello ");
    print(environment[0]);
    return 42;
  }
  return same_text(word, "quiet") ? 43 : 1;
}

static u32 stream(u32 *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static void pipe_carries_bytes(void) {
  int there[2], back[2];
  u8 buffer[3000];
  u32 total = 300000;
  EQUAL(pipe_new(there), 0);
  EQUAL(pipe_new(back), 0);
  long child = fork();
  if (child == 0) {
    // Echoes everything, each byte inverted.
    CALL1(SYS_close, there[1]);
    CALL1(SYS_close, back[0]);
    while (1) {
      long count = CALL3(SYS_read, there[0], buffer, 1777);
      if (count <= 0) exit_now(count == 0 ? 7 : 8);
      for (long i = 0; i < count; i++) buffer[i] ^= 0xff;
      if (write_all(back[1], buffer, (uword)count) < 0) exit_now(9);
    }
  }
  CALL1(SYS_close, there[0]);
  CALL1(SYS_close, back[1]);
  u32 writer = 1, reader = 1;
  for (u32 done = 0; done < total; done += sizeof buffer) {
    for (u32 i = 0; i < sizeof buffer; i++) buffer[i] = (u8)stream(&writer);
    EQUAL(write_all(there[1], buffer, sizeof buffer), sizeof buffer);
    EQUAL(read_all(back[0], buffer, sizeof buffer), sizeof buffer);
    for (u32 i = 0; i < sizeof buffer; i++) EQUAL(buffer[i], (u8)~stream(&reader));
  }
  CALL1(SYS_close, there[1]);
  EQUAL(wait_for(child), 7 << 8);
}

static void bad_addresses_are_refused(void) {
  EQUAL(CALL3(SYS_write, 1, 16, 4), -EFAULT);
  int ends[2];
  EQUAL(pipe_new(ends), 0);
  EQUAL(CALL3(SYS_write, ends[1], "abcd", 4), 4);
  EQUAL(CALL3(SYS_read, ends[0], 16, 4), -EFAULT);
  // Half of the buffer is there: the kernel's copy faults in the middle and says how far it came.
  u8 *two = pages(2, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  protect(two + PAGE, PAGE, PROT_NONE);
  long written = CALL3(SYS_write, ends[1], two + PAGE - 100, 200);
  CHECK(written == -EFAULT || written == 100);
}

const struct test process_tests[] = {
    {"start-up", start_up},
    {"fork-copies-memory", fork_copies_memory},
    {"many-forks", many_forks},
    {"exec", exec},
    {"vfork-and-exec", vfork_and_exec},
    {"pipe", pipe_carries_bytes},
    {"bad-addresses", bad_addresses_are_refused},
    {0, 0},
};
