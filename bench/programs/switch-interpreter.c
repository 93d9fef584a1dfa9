// An interpreter with a switch: one indirect jump through a table (or a tree of compares) with many targets, stack
// and program counter in registers.
#include "stack-machine.h"

static int execute(int limit) {
  int variables[4] = {0}, stack[32], *top = stack;
  variables[LIMIT] = limit;
  for (const int *at = code;;) {
    switch ((enum operation)*at++) {
      case PUSH: *++top = *at++; break;
      case LOAD: *++top = variables[*at++]; break;
      case STORE: variables[*at++] = *top--; break;
      case ADD: top--, top[0] += top[1]; break;
      case SUBTRACT: top--, top[0] -= top[1]; break;
      case MULTIPLY: top--, top[0] *= top[1]; break;
      case REMAINDER: top--, top[0] %= top[1]; break;
      case LESS: top--, top[0] = top[0] < top[1]; break;
      case EQUALS: top--, top[0] = top[0] == top[1]; break;
      case JUMP: at = code + *at; break;
      case JUMP_IF_ZERO: at = *top-- ? at + 1 : code + *at; break;
      case DUPLICATE: top++, top[0] = top[-1]; break;
      case SWAP: {
        int held = top[0];
        top[0] = top[-1], top[-1] = held;
        break;
      }
      default: return *top;
    }
  }
}

u64 run(u32 units) {
  write_code();
  u64 sum = 1;
  CHECK(execute(100) == 1060);
  for (u32 unit = 0; unit < units * 5; unit++) sum = add_to(sum, (u32)execute(4000 + (int)(unit % 64)));
  return sum;
}
