// Two processes that pass a message to and fro through pipes: system calls, wake-ups, and a switch of address
// spaces for each message.
#include "program.h"

u64 run(u32 units) {
  u32 rounds = units * 700;
  int there[2], back[2];
  CHECK(pipe_new(there) == 0 && pipe_new(back) == 0);
  struct { u32 number, text[15]; } message = {0};
  long child = fork();
  if (child == 0) {
    for (u32 i = 0; i < rounds; i++) {
      CHECK(read_all(there[0], &message, sizeof message) == sizeof message);
      message.number = message.number * 3 + message.text[i % 15];
      CHECK(write_all(back[1], &message, sizeof message) == sizeof message);
    }
    exit_now(0);
  }
  CHECK(child > 0);
  for (u32 i = 0; i < rounds; i++) {
    message.text[i % 15] = i;
    CHECK(write_all(there[1], &message, sizeof message) == sizeof message);
    CHECK(read_all(back[0], &message, sizeof message) == sizeof message);
  }
  CHECK(wait_for(child) == 0);
  return add_to(1, message.number);
}
