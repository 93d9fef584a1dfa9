// System calls that do next to nothing: the way into the kernel and back (SYSCALL, or INT 80h on i386).
#include "program.h"

u64 run(u32 units) {
  long parent = CALL1(SYS_getppid, 0);
  int ends[2];
  CHECK(pipe_new(ends) == 0);
  u32 same = 0;
  u8 byte = 1;
  for (u32 i = 0; i < units * 18000; i++) {
    same += CALL1(SYS_getppid, 0) == parent;
    same += CALL3(SYS_read, -1, &byte, 1) == -9;
    if ((i & 3) == 0) {
      same += (u32)CALL3(SYS_write, ends[1], &byte, 1);
      same += (u32)CALL3(SYS_read, ends[0], &byte, 1);
    }
  }
  return add_to(1, same);
}
