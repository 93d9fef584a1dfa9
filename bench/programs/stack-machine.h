// The stack machine of the two interpreters, and a program for it: the sum of the primes below a limit, by trial
// division. An instruction is its number and, for some, an operand.
#ifndef STACK_MACHINE_H
#define STACK_MACHINE_H
#include "program.h"

enum operation {
  PUSH, LOAD, STORE, ADD, SUBTRACT, MULTIPLY, REMAINDER, LESS, EQUALS, JUMP, JUMP_IF_ZERO, DUPLICATE, SWAP, HALT, OPERATIONS
};
enum variable { CANDIDATE, DIVISOR, SUM, LIMIT };

static int code[128], code_size;

static int emit(enum operation operation) {
  code[code_size++] = operation;
  return code_size;
}
// Answers where the operand is, for a jump whose target is not known yet.
static int emit_with(enum operation operation, int operand) {
  code[code_size++] = operation;
  code[code_size++] = operand;
  return code_size - 1;
}

static void write_code(void) {
  emit_with(PUSH, 0), emit_with(STORE, SUM), emit_with(PUSH, 2), emit_with(STORE, CANDIDATE);
  int next_candidate = code_size;
  emit_with(LOAD, CANDIDATE), emit_with(LOAD, LIMIT), emit(LESS);
  int to_end = emit_with(JUMP_IF_ZERO, 0);
  emit_with(PUSH, 2), emit_with(STORE, DIVISOR);
  int next_divisor = code_size;
  emit_with(LOAD, DIVISOR), emit(DUPLICATE), emit(MULTIPLY);
  emit_with(LOAD, CANDIDATE), emit(SWAP), emit(LESS), emit_with(PUSH, 0), emit(EQUALS);
  int to_prime = emit_with(JUMP_IF_ZERO, 0);
  emit_with(LOAD, CANDIDATE), emit_with(LOAD, DIVISOR), emit(REMAINDER);
  int to_composite = emit_with(JUMP_IF_ZERO, 0);
  emit_with(LOAD, DIVISOR), emit_with(PUSH, 1), emit(ADD), emit_with(STORE, DIVISOR), emit_with(JUMP, next_divisor);
  code[to_prime] = code_size;
  emit_with(LOAD, SUM), emit_with(LOAD, CANDIDATE), emit(ADD), emit_with(STORE, SUM);
  code[to_composite] = code_size;
  emit_with(LOAD, CANDIDATE), emit_with(PUSH, -1), emit(SUBTRACT), emit_with(STORE, CANDIDATE);
  emit_with(JUMP, next_candidate);
  code[to_end] = code_size;
  emit_with(LOAD, SUM), emit(HALT);
}

#endif
