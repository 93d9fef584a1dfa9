// Backtracking: all ways to place queens on a board, with rows and diagonals as bits, and a Sudoku by trial: short
// loops inside recursion.
#include "program.h"

static u32 place(u32 all, u32 columns, u32 left, u32 right) {
  if (columns == all) return 1;
  u32 count = 0;
  for (u32 free = all & ~(columns | left | right); free;) {
    u32 bit = free & -free;
    free ^= bit;
    count += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

static const char puzzle[] = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";
static u8 cells[81];
static u16 rows[9], columns[9], boxes[9];
static u32 tries;

static void toggle(int cell, int digit) {
  u16 bit = (u16)(1u << digit);
  rows[cell / 9] ^= bit;
  columns[cell % 9] ^= bit;
  boxes[cell / 27 * 3 + cell % 9 / 3] ^= bit;
}

static int solve(int cell, int first) {
  while (cell < 81 && cells[cell]) cell++;
  if (cell == 81) return 1;
  u32 used = rows[cell / 9] | columns[cell % 9] | boxes[cell / 27 * 3 + cell % 9 / 3];
  for (int i = 0; i < 9; i++) {
    int digit = (first + i) % 9 + 1;
    if (used >> digit & 1) continue;
    tries++;
    toggle(cell, digit);
    cells[cell] = (u8)digit;
    if (solve(cell + 1, first)) return 1;
    toggle(cell, digit);
    cells[cell] = 0;
  }
  return 0;
}

static u32 sudoku(int first) {
  for (int i = 0; i < 9; i++) rows[i] = columns[i] = boxes[i] = 0;
  for (int i = 0; i < 81; i++) {
    cells[i] = 0;
    if (puzzle[i] == '.') continue;
    cells[i] = (u8)(puzzle[i] - '0');
    toggle(i, cells[i]);
  }
  tries = 0;
  CHECK(solve(0, first));
  return tries * 81 + cells[2] * 9 + cells[79];
}

u64 run(u32 units) {
  u64 sum = 1;
  for (u32 unit = 0; unit < units * 8; unit++) {
    sum = add_to(sum, place(511, 0, 0, 0));
    sum = add_to(sum, place(1023, 0, 0, 0));
    for (int first = 0; first < 9; first++) sum = add_to(sum, sudoku(first));
  }
  return sum;
}
