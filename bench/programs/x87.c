// Floating point on the x87, in 80 bits: planets that attract each other (square root, division), a polynomial by
// Horner's rule, and a matrix product. Compiled with -mfpmath=387; results are rounded to integers at the end.
#include "program.h"

typedef long double real;
#define BODIES 5
static struct body {
  real x, y, z, vx, vy, vz, mass;
} bodies[BODIES];

static real root(real x) {
  __asm__("fsqrt" : "+t"(x));
  return x;
}

static void place_bodies(void) {
  for (int i = 0; i < BODIES; i++) {
    struct body *b = &bodies[i];
    b->x = i * 1.5L + 1, b->y = i * 0.25L - 0.5L, b->z = i * 0.125L;
    b->vx = 0.01L * i, b->vy = 0.3L - 0.02L * i, b->vz = 0.001L * i;
    b->mass = i == 0 ? 39.5L : 0.04L / i;
  }
}

static void step(real time) {
  for (int i = 0; i < BODIES; i++) {
    struct body *a = &bodies[i];
    for (int j = i + 1; j < BODIES; j++) {
      struct body *b = &bodies[j];
      real dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      real square = dx * dx + dy * dy + dz * dz + 0.01L;
      real pull = time / (square * root(square));
      a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < BODIES; i++) {
    struct body *b = &bodies[i];
    b->x += time * b->vx, b->y += time * b->vy, b->z += time * b->vz;
  }
}

static real polynomial(real x) {
  static const double factors[] = {0.5, -0.25, 0.125, 1.5, -2.25, 0.75, 3.0, -1.0};
  real sum = 0;
  for (int i = 0; i < 8; i++) sum = sum * x + factors[i];
  return sum;
}

#define SIDE 16
static double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
static void multiply(void) {
  for (int i = 0; i < SIDE; i++) {
    for (int j = 0; j < SIDE; j++) {
      double sum = 0;
      for (int k = 0; k < SIDE; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  }
}

static u64 digest(u64 sum, real value) { return add_to(sum, (u64)(i64)(value * 1048576.0L)); }

u64 run(u32 units) {
  u64 sum = 1;
  place_bodies();
  for (int i = 0; i < SIDE * SIDE; i++) a[i / SIDE][i % SIDE] = i * 0.01, b[i / SIDE][i % SIDE] = 1.0 / (i + 1);
  for (u32 unit = 0; unit < units * 5; unit++) {
    for (int i = 0; i < 500; i++) step(0.001L);
    sum = digest(digest(sum, bodies[0].x), bodies[BODIES - 1].vy);
    real total = 0;
    for (int i = 0; i < 3000; i++) total += polynomial(i * 0.0003L);
    sum = digest(sum, total);
    for (int i = 0; i < 4; i++) multiply();
    sum = digest(sum, c[3][5] + c[SIDE - 1][SIDE - 1]);
    a[unit % SIDE][0] += 0.125;
  }
  return sum;
}
