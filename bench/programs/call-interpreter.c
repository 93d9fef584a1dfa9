// An interpreter with function pointers: an indirect call and a return for every instruction of its program, its
// state in memory.
#include "stack-machine.h"

struct machine {
  const int *at;
  int *top;
  int running;
  int variables[4];
  int stack[32];
};

static void push(struct machine *m) { *++m->top = *m->at++; }
static void load(struct machine *m) { *++m->top = m->variables[*m->at++]; }
static void store(struct machine *m) { m->variables[*m->at++] = *m->top--; }
static void add(struct machine *m) { m->top--, m->top[0] += m->top[1]; }
static void subtract(struct machine *m) { m->top--, m->top[0] -= m->top[1]; }
static void multiply(struct machine *m) { m->top--, m->top[0] *= m->top[1]; }
static void remainder(struct machine *m) { m->top--, m->top[0] %= m->top[1]; }
static void less(struct machine *m) { m->top--, m->top[0] = m->top[0] < m->top[1]; }
static void equals(struct machine *m) { m->top--, m->top[0] = m->top[0] == m->top[1]; }
static void jump(struct machine *m) { m->at = code + *m->at; }
static void jump_if_zero(struct machine *m) { m->at = *m->top-- ? m->at + 1 : code + *m->at; }
static void duplicate(struct machine *m) { m->top++, m->top[0] = m->top[-1]; }
static void swap(struct machine *m) {
  int held = m->top[0];
  m->top[0] = m->top[-1], m->top[-1] = held;
}
static void halt(struct machine *m) { m->running = 0; }

static void (*const operations[OPERATIONS])(struct machine *) = {
    push, load, store, add, subtract, multiply, remainder, less, equals, jump, jump_if_zero, duplicate, swap, halt};

static int execute(int limit) {
  struct machine m = {.at = code, .running = 1};
  m.top = m.stack;
  m.variables[LIMIT] = limit;
  while (m.running) operations[*m.at++](&m);
  return *m.top;
}

u64 run(u32 units) {
  write_code();
  u64 sum = 1;
  CHECK(execute(100) == 1060);
  for (u32 unit = 0; unit < units * 5; unit++) sum = add_to(sum, (u32)execute(2500 + (int)(unit % 64)));
  return sum;
}
