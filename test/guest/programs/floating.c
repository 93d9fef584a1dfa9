// x87 and scalar SSE arithmetic against constants. Those of the elementary operations follow from
// IEEE 754 and can be checked by hand; those of the long computations were recorded on a real processor.
#include "recorded.h"
#include "system.h"

struct extended {
  u64 mantissa;
  u16 exponent;
};

#define X87(code, result) __asm__ volatile("fninit\n" code "\n fstpt %0" : "=m"(result)::"memory")
#define SAME(value, sign_exponent, significand) \
  do { \
    EQUAL((value).exponent, sign_exponent); \
    EQUAL((value).mantissa, significand); \
  } while (0)

static void x87_constants(void) {
  struct extended v;
  X87("fldpi", v);
  SAME(v, 0x4000, 0xc90fdaa22168c235ull);
  X87("fldl2e", v);
  SAME(v, 0x3fff, 0xb8aa3b295c17f0bcull);
  X87("fldln2", v);
  SAME(v, 0x3ffe, 0xb17217f7d1cf79acull);
  X87("fldlg2", v);
  SAME(v, 0x3ffd, 0x9a209a84fbcff799ull);
  X87("fldl2t", v);
  SAME(v, 0x4000, 0xd49a784bcd1b8afeull);
}

static void x87_arithmetic(void) {
  struct extended v;
  u32 three = 3, two = 2;
  __asm__ volatile("fninit\n fld1\n fidivrl %1\n fstpt %0" : "=m"(v) : "m"(three));
  SAME(v, 0x4000, 0xc000000000000000ull); // 3 / 1
  __asm__ volatile("fninit\n fld1\n fidivl %1\n fstpt %0" : "=m"(v) : "m"(three));
  SAME(v, 0x3ffd, 0xaaaaaaaaaaaaaaabull);
  __asm__ volatile("fninit\n fildl %1\n fsqrt\n fstpt %0" : "=m"(v) : "m"(two));
  SAME(v, 0x3fff, 0xb504f333f9de6484ull);
  __asm__ volatile("fninit\n fld1\n fchs\n fsqrt\n fstpt %0" : "=m"(v));
  SAME(v, 0xffff, 0xc000000000000000ull);
  u16 status = 0;
  u32 zero = 0;
  __asm__ volatile("fninit\n fld1\n fidivl %2\n fstpt %0\n fnstsw %1" : "=m"(v), "=m"(status) : "m"(zero));
  SAME(v, 0x7fff, 0x8000000000000000ull);
  EQUAL(status & 0x3f, 4);
}

// A third with the precision control at 24, 53 and 64 bits.
static void x87_precision(void) {
  static const u16 controls[] = {0x007f, 0x027f, 0x037f};
  static const u64 thirds[] = {0xaaaaab0000000000ull, 0xaaaaaaaaaaaaa800ull, 0xaaaaaaaaaaaaaaabull};
  u32 three = 3;
  for (int i = 0; i < 3; i++) {
    struct extended v;
    __asm__ volatile("fninit\n fldcw %1\n fld1\n fidivl %2\n fstpt %0\n fninit" : "=m"(v) : "m"(controls[i]), "m"(three));
    SAME(v, 0x3ffd, thirds[i]);
  }
}

// 2.5, 3.5, -2.5, -3.5 to integers: nearest even, down, up, to zero.
static const signed char rounded[4][4] = {{2, 4, -2, -4}, {2, 3, -3, -4}, {3, 4, -2, -3}, {2, 3, -2, -3}};
static const double halves[4] = {2.5, 3.5, -2.5, -3.5};

static void x87_rounding(void) {
  for (int mode = 0; mode < 4; mode++) {
    u16 control = (u16)(0x037f | mode << 10);
    for (int i = 0; i < 4; i++) {
      int result;
      __asm__ volatile("fninit\n fldcw %1\n fldl %2\n fistpl %0\n fninit" : "=m"(result) : "m"(control), "m"(halves[i]));
      EQUAL(result, rounded[mode][i]);
    }
  }
}
static void sse_rounding(void) {
  u32 usual = 0x1f80;
  for (u32 mode = 0; mode < 4; mode++) {
    u32 control = 0x1f80 | mode << 13, after;
    for (int i = 0; i < 4; i++) {
      int result, truncated;
      __asm__ volatile("ldmxcsr %3\n cvtsd2si %5, %0\n cvttsd2si %5, %1\n stmxcsr %2\n ldmxcsr %4"
                       : "=&r"(result), "=&r"(truncated), "=m"(after)
                       : "m"(control), "m"(usual), "m"(halves[i]));
      EQUAL(result, rounded[mode][i]);
      EQUAL(truncated, rounded[3][i]);
      EQUAL(after & 0x3f, 0x20);
    }
  }
}

static u64 bits(double value) {
  union { double d; u64 u; } v = {value};
  return v.u;
}
// Operands as bits: a signaling NaN would become quiet on its way through an x87 register.
static u64 sse(int operation, u64 a, u64 b, u32 *flags) {
  u32 clear = 0x1f80;
  __asm__ volatile("ldmxcsr %0" ::"m"(clear));
#define TWO_OPERANDS(name) \
  __asm__ volatile("movsd %0, %%xmm0\n " name " %1, %%xmm0\n movsd %%xmm0, %0" : "+m"(a) : "m"(b) : "xmm0")
  switch (operation) {
    case 0: TWO_OPERANDS("addsd"); break;
    case 1: TWO_OPERANDS("mulsd"); break;
    case 2: TWO_OPERANDS("divsd"); break;
    case 3: TWO_OPERANDS("sqrtsd"); break;
    default: TWO_OPERANDS("maxsd"); break;
  }
  __asm__ volatile("stmxcsr %0" : "=m"(*flags));
  *flags &= 0x3f;
  return a;
}
static void sse_arithmetic(void) {
  static const struct { int operation; u64 a, b, result; u32 flags; } cases[] = {
      {0, 0x3fb999999999999aull, 0x3fc999999999999aull, 0x3fd3333333333334ull, 0x20}, // 0.1 + 0.2
      {1, 0x3fb999999999999aull, 0x3fc999999999999aull, 0x3f947ae147ae147cull, 0x20}, // 0.1 * 0.2
      {2, 0x3ff0000000000000ull, 0x4008000000000000ull, 0x3fd5555555555555ull, 0x20}, // 1 / 3
      {2, 0x3ff0000000000000ull, 0x0000000000000000ull, 0x7ff0000000000000ull, 0x04}, // 1 / 0
      {2, 0x0000000000000000ull, 0x0000000000000000ull, 0xfff8000000000000ull, 0x01}, // 0 / 0
      {3, 0x0000000000000000ull, 0xbff0000000000000ull, 0xfff8000000000000ull, 0x01}, // the root of -1
      {3, 0x0000000000000000ull, 0x4000000000000000ull, 0x3ff6a09e667f3bcdull, 0x20}, // the root of 2
      {0, 0x7ff8000000001234ull, 0x3ff0000000000000ull, 0x7ff8000000001234ull, 0x00}, // a quiet NaN stays
      {0, 0x3ff0000000000000ull, 0x7ff0000000000777ull, 0x7ff8000000000777ull, 0x01}, // a signaling one becomes quiet
      {1, 0x0000000000000001ull, 0x3fe0000000000000ull, 0x0000000000000000ull, 0x32}, // the smallest number halved
      {1, 0x7e37e43c8800759cull, 0x7e37e43c8800759cull, 0x7ff0000000000000ull, 0x28}, // overflow
      {0, 0x7ff0000000000000ull, 0xfff0000000000000ull, 0xfff8000000000000ull, 0x01}, // infinity - infinity
      {4, 0x3ff0000000000000ull, 0x7ff8000000001234ull, 0x7ff8000000001234ull, 0x01}, // MAX answers its second operand
  };
  for (uword i = 0; i < sizeof cases / sizeof *cases; i++) {
    u32 flags;
    EQUAL(sse(cases[i].operation, cases[i].a, cases[i].b, &flags), cases[i].result);
    EQUAL(flags, cases[i].flags);
  }
}

static void transcendental(void) {
  struct extended v;
  u32 eight = 8;
  X87("fld1\n fld1\n fpatan", v); // a quarter of pi
  SAME(v, 0x3ffe, 0xc90fdaa22168c235ull);
  __asm__ volatile("fninit\n fld1\n fildl %1\n fyl2x\n fstpt %0" : "=m"(v) : "m"(eight));
  SAME(v, 0x4000, 0xc000000000000000ull);
  X87("fld1\n f2xm1", v);
  SAME(v, 0x3fff, 0x8000000000000000ull);
  X87("fldz\n fcos", v);
  SAME(v, 0x3fff, 0x8000000000000000ull);
  X87("fldz\n fsin", v);
  SAME(v, 0, 0);
  X87("fld1\n fptan\n fstp %%st(1)", v); // leaves the 1 that FPTAN pushes
  SAME(v, 0x3fff, 0x8000000000000000ull);
  X87("fld1\n fsin", v);
  EQUAL(v.exponent, 0x3ffe);
  u64 difference = v.mantissa - 0xd76aa47848677021ull;
  CHECK(difference + 1 <= 2);
  X87("fld1\n fcos", v);
  EQUAL(v.exponent, 0x3ffe);
  difference = v.mantissa - 0x8a51407da8345c92ull;
  CHECK(difference + 1 <= 2);
  X87("fldpi\n fxtract\n fstp %%st(0)", v);
  SAME(v, 0x3fff, 0x8000000000000000ull);
}

static void decimal(void) {
  u8 packed[10];
  i64 number = -123456789012345678ll, back = 0;
  static const u8 expected[10] = {0x78, 0x56, 0x34, 0x12, 0x90, 0x78, 0x56, 0x34, 0x12, 0x80};
  __asm__ volatile("fninit\n fildll %1\n fbstp %0" : "=m"(packed) : "m"(number));
  CHECK(memcmp(packed, expected, 10) == 0);
  __asm__ volatile("fbld %1\n fistpll %0" : "=m"(back) : "m"(packed));
  EQUAL(back, (u64)number);
}

static void compare(void) {
  double one = 1, two = 2;
  union { u64 u; double d; } nan = {0x7ff8000000000000ull};
  const double *right[] = {&two, &one, &nan.d};
  static const u16 status[] = {0x0100, 0x4000, 0x4500};
  static const u8 flags[] = {1, 0x40, 0x45}; // CF, ZF, or ZF PF CF
  for (int i = 0; i < 3; i++) {
    u16 word;
    uword fast, fcomi;
    __asm__ volatile("fninit\n fldl %1\n fcoml %2\n fnstsw %0\n fninit" : "=m"(word) : "m"(one), "m"(*right[i]));
    EQUAL(word & 0x4500, status[i]);
#ifdef __x86_64__
#define FLAGS_TO(register) "pushfq\n popq " register
#else
#define FLAGS_TO(register) "pushfl\n popl " register
#endif
    __asm__ volatile("movsd %1, %%xmm0\n ucomisd %2, %%xmm0\n" FLAGS_TO("%0") : "=r"(fast) : "m"(one), "m"(*right[i]) : "xmm0", "cc");
    __asm__ volatile("fninit\n fldl %2\n fldl %1\n fucomi %%st(1), %%st\n" FLAGS_TO("%0") "\n fninit" : "=r"(fcomi) : "m"(one), "m"(*right[i]) : "cc");
    EQUAL(fast & 0x8d5, flags[i]);
    EQUAL(fcomi & 0x45, flags[i]);
  }
}

// ---- long computations, compiled: with x87 on i386, with SSE on x86-64 ----

static NOINLINE double gravity(int steps) {
  // Four bodies in a plane; any order of operations but the source's gives other bits.
  double x[4] = {0, 1, -1.5, 3}, y[4] = {0, 0.5, 1, -2}, vx[4] = {0, -0.3, 0.2, 0.1}, vy[4] = {0.1, 0.4, -0.2, 0.3};
  for (int step = 0; step < steps; step++) {
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        if (i == j) continue;
        double dx = x[j] - x[i], dy = y[j] - y[i], square = dx * dx + dy * dy + 0.01, root;
#ifdef __x86_64__
        __asm__("sqrtsd %1, %0" : "=x"(root) : "x"(square));
#else
        __asm__("fsqrt" : "=t"(root) : "0"(square));
#endif
        vx[i] += dx / (square * root) * 0.001;
        vy[i] += dy / (square * root) * 0.001;
      }
    }
    for (int i = 0; i < 4; i++) x[i] += vx[i] * 0.001, y[i] += vy[i] * 0.001;
  }
  return x[0] + 2 * y[1] + 3 * x[2] + 5 * y[3];
}
static NOINLINE u32 mandelbrot(void) {
  u32 sum = 0;
  for (int row = 0; row < 24; row++) {
    for (int column = 0; column < 32; column++) {
      double cx = column * 0.09375 - 2.1, cy = row * 0.1 - 1.2, zx = 0, zy = 0;
      u32 n = 0;
      while (n < 200 && zx * zx + zy * zy < 4) {
        double t = zx * zx - zy * zy + cx;
        zy = 2 * zx * zy + cy;
        zx = t;
        n++;
      }
      sum = sum * 31 + n;
    }
  }
  return sum;
}
static NOINLINE float series(void) {
  float sum = 0;
  for (int i = 1; i < 20000; i++) sum += 1.0f / (float)i - (float)(i % 7) * 1e-5f;
  return sum;
}
static void long_computations(void) {
  union { float f; u32 u; } single = {series()};
#ifdef __x86_64__
  EQUAL(bits(gravity(2000)), GRAVITY_64);
  EQUAL(mandelbrot(), MANDELBROT_64);
  EQUAL(single.u, SERIES_64);
#else
  __asm__ volatile("fninit");
  EQUAL(bits(gravity(2000)), GRAVITY_32);
  EQUAL(mandelbrot(), MANDELBROT_32);
  EQUAL(single.u, SERIES_32);
#endif
}

const struct test floating_tests[] = {
    {"x87-constants", x87_constants},
    {"x87-arithmetic", x87_arithmetic},
    {"x87-precision", x87_precision},
    {"x87-rounding", x87_rounding},
    {"x87-transcendental", transcendental},
    {"x87-decimal", decimal},
    {"sse-rounding", sse_rounding},
    {"sse-arithmetic", sse_arithmetic},
    {"floating-compare", compare},
    {"floating-long-computations", long_computations},
    {0, 0},
};
