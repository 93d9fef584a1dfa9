// Packed floating point on SSE2: four floats at a time (a matrix product, a filter with division and minimum) and
// two doubles at a time (a scalar product), as a compiler's vectors.
#include "program.h"

typedef float floats __attribute__((vector_size(16)));
typedef double doubles __attribute__((vector_size(16)));

#define SIDE 64
static float a[SIDE][SIDE] __attribute__((aligned(16))), b[SIDE][SIDE] __attribute__((aligned(16)));
static floats c[SIDE][SIDE / 4];

static void multiply(void) {
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE / 4; j++) {
      floats sum = {0, 0, 0, 0};
      for (int k = 0; k < SIDE; k++) {
        floats factor = {a[i][k], a[i][k], a[i][k], a[i][k]};
        sum += factor * ((floats *)b[k])[j];
      }
      c[i][j] = sum;
    }
  }
}

#define LENGTH 2048
static floats signal[LENGTH], filtered[LENGTH];
static void filter(float damping) {
  floats before = {0, 0, 0, 0}, factor = {damping, damping, damping, damping}, one = {1, 1, 1, 1};
  for (int i = 0; i < LENGTH; i++) {
    floats value = before + (signal[i] - before) * factor;
    before = value / (one + value * value);
    floats least = before;
    __asm__("minps %1, %0" : "+x"(least) : "x"(one));
    filtered[i] = least;
  }
}

static doubles left[LENGTH], right[LENGTH];
static double scalar_product(void) {
  doubles sum = {0, 0};
  for (int i = 0; i < LENGTH; i++) sum += left[i] * right[i];
  return sum[0] + sum[1];
}

static u64 digest(u64 sum, double value) { return add_to(sum, (u64)(i64)(int)(value * 4096.0)); }

u64 run(u32 units) {
  u64 sum = 1;
  for (int i = 0; i < SIDE * SIDE; i++) a[i / SIDE][i % SIDE] = (float)(i % 17) * 0.5f, b[i / SIDE][i % SIDE] = (float)(i % 13) - 6.0f;
  for (int i = 0; i < LENGTH; i++) {
    float f = (float)(i % 101) * 0.03f;
    signal[i] = (floats){f, f + 1, f * 2, 1 - f};
    left[i] = (doubles){i * 0.001, 1.0 - i * 0.0005};
    right[i] = (doubles){(i % 7) * 0.25, (i % 5) * -0.5};
  }
  for (u32 unit = 0; unit < units * 12; unit++) {
    multiply();
    sum = digest(sum, c[unit % SIDE][3][1]);
    for (int i = 0; i < 10; i++) filter(0.1f + (float)i * 0.05f);
    sum = digest(sum, filtered[unit % LENGTH][2]);
    for (int i = 0; i < 10; i++) {
      sum = digest(sum, scalar_product());
      left[i][0] += 0.5;
    }
  }
  return sum;
}
