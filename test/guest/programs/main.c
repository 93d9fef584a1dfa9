// A test program of the machine as a user program of Linux sees it. Prints one line a test:
//
//   ok NAME | skip NAME WHY | not ok NAME WHY
//
// and "done: N failed" at the end. Each test runs in a process of its own, so that one that dies
// takes no other with it. PROGRAM NAME runs one test alone, PROGRAM stress those of code that is hot.
#include "system.h"

static const struct test *const subjects[] = {
    process_tests, signal_tests, memory_tests, thread_tests, floating_tests, vector_tests,
    code_tests,    time_tests,   trace_tests,  mode_tests,   compute_tests,
};
// Only run when asked for: "PROGRAM stress".
static const struct test *const stress_subjects[] = {stress_code_tests, stress_state_tests};

// Runs a test and prints its line; what the test prints itself (its reason) comes through a pipe.
static int run_test(const struct test *test) {
  int ends[2];
  char why[512];
  EQUAL(pipe_new(ends), 0);
  long child = fork();
  if (child == 0) {
    CALL2(SYS_dup2, ends[1], 1);
    CALL1(SYS_close, ends[0]);
    CALL1(SYS_close, ends[1]);
    test->run();
    exit_now(0);
  }
  CALL1(SYS_close, ends[1]);
  long length = read_all(ends[0], why, sizeof why - 1);
  why[length < 0 ? 0 : length] = 0;
  CALL1(SYS_close, ends[0]);
  int status = wait_for(child);
  int code = (status >> 8) & 0xff, killer = status & 0x7f;
  print(status == 0 ? "ok " : code == 77 && !killer ? "skip " : "not ok ");
  print(test->name);
  print(why);
  if (killer) {
    print(" killed by signal ");
    print_decimal((uword)killer);
  }
  print("\n");
  return status != 0 && (code != 77 || killer);
}

// Runs the tests of some subjects, all or one by name; how many have failed.
static uword run_subjects(const struct test *const *list, uword count, const char *name) {
  uword failed = 0;
  for (uword s = 0; s < count; s++) {
    for (const struct test *test = list[s]; test->name; test++) {
      if (!name || same_text(name, test->name)) failed += (uword)run_test(test);
    }
  }
  return failed;
}

int main(void) {
  if (argument_count == 3 && same_text(arguments[1], "child")) return child_main(arguments[2]);
  const char *name = argument_count < 2 ? NULL : arguments[1];
  int stress = name && same_text(name, "stress");
  uword failed = stress ? 0 : run_subjects(subjects, sizeof subjects / sizeof *subjects, name);
  if (name) failed += run_subjects(stress_subjects, sizeof stress_subjects / sizeof *stress_subjects, stress ? NULL : name);
  print("done: ");
  print_decimal(failed);
  print(" failed\n");
  return failed ? 1 : 0;
}
