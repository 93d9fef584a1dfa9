// Scalar floating point on SSE2: the Mandelbrot set, planets that attract each other, and a matrix product, in
// doubles; conversions to and from integers. Compiled with -mfpmath=sse.
#include "program.h"

#define BODIES 5
static struct body {
  double x, y, z, vx, vy, vz, mass;
} bodies[BODIES];

static double root(double x) {
  __asm__("sqrtsd %0, %0" : "+x"(x));
  return x;
}

static void place_bodies(void) {
  for (int i = 0; i < BODIES; i++) {
    struct body *b = &bodies[i];
    b->x = i * 1.5 + 1, b->y = i * 0.25 - 0.5, b->z = i * 0.125;
    b->vx = 0.01 * i, b->vy = 0.3 - 0.02 * i, b->vz = 0.001 * i;
    b->mass = i == 0 ? 39.5 : 0.04 / i;
  }
}

static void step(double time) {
  for (int i = 0; i < BODIES; i++) {
    struct body *a = &bodies[i];
    for (int j = i + 1; j < BODIES; j++) {
      struct body *b = &bodies[j];
      double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
      double square = dx * dx + dy * dy + dz * dz + 0.01;
      double pull = time / (square * root(square));
      a->vx -= dx * b->mass * pull, a->vy -= dy * b->mass * pull, a->vz -= dz * b->mass * pull;
      b->vx += dx * a->mass * pull, b->vy += dy * a->mass * pull, b->vz += dz * a->mass * pull;
    }
  }
  for (int i = 0; i < BODIES; i++) {
    struct body *b = &bodies[i];
    b->x += time * b->vx, b->y += time * b->vy, b->z += time * b->vz;
  }
}

static u32 mandelbrot_row(int row, int width) {
  u32 total = 0;
  double ci = (double)row * (2.0 / width) - 1.0;
  for (int column = 0; column < width; column++) {
    double cr = (double)column * (3.0 / width) - 2.0, zr = 0, zi = 0;
    u32 count = 0;
    for (; count < 100 && zr * zr + zi * zi < 4.0; count++) {
      double next = zr * zr - zi * zi + cr;
      zi = 2 * zr * zi + ci;
      zr = next;
    }
    total += count;
  }
  return total;
}

#define SIDE 32
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

static u64 digest(u64 sum, double value) { return add_to(sum, (u64)(i64)(int)(value * 65536.0)); }

u64 run(u32 units) {
  u64 sum = 1;
  place_bodies();
  for (int i = 0; i < SIDE * SIDE; i++) a[i / SIDE][i % SIDE] = (i % 97) * 0.01, b[i / SIDE][i % SIDE] = 1.0 / (i + 1);
  for (u32 unit = 0; unit < units * 14; unit++) {
    for (int i = 0; i < 1000; i++) step(0.001);
    sum = digest(digest(sum, bodies[0].x), bodies[BODIES - 1].vy);
    sum = add_to(sum, mandelbrot_row((int)(unit * 7 % 100), 100));
    for (int i = 0; i < 4; i++) multiply();
    sum = digest(sum, c[3][5] + c[SIDE - 1][SIDE - 1]);
    a[unit % SIDE][0] += 0.125;
  }
  return sum;
}
