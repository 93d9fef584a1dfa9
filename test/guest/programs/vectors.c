// MMX, SSE to SSE4.2, AES, PCLMULQDQ: results against the same computed element by element, and against the
// published examples of AES and CRC32C.
#include "system.h"

typedef union {
  u8 b[16];
  signed char sb[16];
  u16 h[8];
  short sh[8];
  u32 w[4];
  int sw[4];
  u64 q[2];
} vector __attribute__((aligned(16)));

static u32 seed = 12345;
static void randomize(vector *v) {
  for (int i = 0; i < 4; i++) {
    seed = seed * 1664525u + 1013904223u;
    u32 high = seed & 0xffff0000u;
    seed = seed * 1664525u + 1013904223u;
    v->w[i] = high | seed >> 16;
  }
}
static vector a, b, r;
#define APPLY(name) \
  __asm__ volatile("movdqa %1, %%xmm2\n " name " %2, %%xmm2\n movdqa %%xmm2, %0" : "=m"(r) : "m"(a), "m"(b) : "xmm2")
#define EACH(field, count, expected) \
  for (int i = 0; i < (count); i++) EQUAL((u32)r.field[i], (u32)(expected))

static int clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

static void packed_integers(void) {
  for (int round = 0; round < 40; round++) {
    randomize(&a);
    randomize(&b);
    APPLY("paddb");
    EACH(b, 16, (u8)(a.b[i] + b.b[i]));
    APPLY("psubw");
    EACH(h, 8, (u16)(a.h[i] - b.h[i]));
    APPLY("paddusb");
    EACH(b, 16, clamp(a.b[i] + b.b[i], 0, 255));
    APPLY("psubsw");
    EACH(sh, 8, clamp(a.sh[i] - b.sh[i], -32768, 32767));
    APPLY("pmulhw");
    EACH(h, 8, (u16)((a.sh[i] * b.sh[i]) >> 16));
    APPLY("pmaddwd");
    EACH(w, 4, (u32)(a.sh[2 * i] * b.sh[2 * i]) + (u32)(a.sh[2 * i + 1] * b.sh[2 * i + 1]));
    APPLY("pmuludq");
    for (int i = 0; i < 2; i++) EQUAL(r.q[i], (u64)a.w[2 * i] * b.w[2 * i]);
    APPLY("pcmpgtd");
    EACH(w, 4, a.sw[i] > b.sw[i] ? 0xffffffffu : 0);
    APPLY("pavgb");
    EACH(b, 16, (a.b[i] + b.b[i] + 1) >> 1);
    APPLY("pandn");
    EACH(w, 4, ~a.w[i] & b.w[i]);
    APPLY("punpcklbw");
    EACH(b, 16, i & 1 ? b.b[i / 2] : a.b[i / 2]);
    APPLY("packuswb");
    EACH(b, 16, clamp(i < 8 ? a.sh[i] : b.sh[i - 8], 0, 255));
    APPLY("packssdw");
    EACH(sh, 8, clamp(i < 4 ? a.sw[i] : b.sw[i - 4], -32768, 32767));
    APPLY("pshufd $0x1b,");
    EACH(w, 4, b.w[3 - i]);
    APPLY("psadbw");
    u32 sums[2] = {0, 0};
    for (int i = 0; i < 16; i++) sums[i / 8] += (u32)(a.b[i] > b.b[i] ? a.b[i] - b.b[i] : b.b[i] - a.b[i]);
    for (int i = 0; i < 2; i++) EQUAL(r.q[i], sums[i]);
    b.q[0] = round, b.q[1] = 0;
    APPLY("pslld");
    EACH(w, 4, round > 31 ? 0 : a.w[i] << round);
    APPLY("psraw");
    EACH(sh, 8, a.sh[i] >> (round > 15 ? 15 : round));
  }
}

static void sse4(void) {
  for (int round = 0; round < 30; round++) {
    randomize(&a);
    randomize(&b);
    APPLY("pshufb");
    EACH(b, 16, b.b[i] & 0x80 ? 0 : a.b[b.b[i] & 15]);
    APPLY("pmulld");
    EACH(w, 4, a.w[i] * b.w[i]);
    APPLY("pminsd");
    EACH(w, 4, a.sw[i] < b.sw[i] ? a.w[i] : b.w[i]);
    APPLY("pmaxuw");
    EACH(h, 8, a.h[i] > b.h[i] ? a.h[i] : b.h[i]);
    APPLY("palignr $5,");
    EACH(b, 16, i + 5 < 16 ? b.b[i + 5] : a.b[i + 5 - 16]);
    APPLY("pmovsxbw");
    EACH(h, 8, (u16)b.sb[i]);
    APPLY("packusdw");
    EACH(h, 8, clamp(i < 4 ? a.sw[i] : b.sw[i - 4], 0, 65535));
    APPLY("pabsb");
    EACH(b, 16, (u8)(b.sb[i] < 0 ? -b.sb[i] : b.sb[i]));
    APPLY("pblendw $0xa5,");
    EACH(h, 8, 0xa5 >> i & 1 ? b.h[i] : a.h[i]);
    u32 bits_set = 0, count;
    for (int i = 0; i < 32; i++) bits_set += a.w[0] >> i & 1;
    __asm__("popcntl %1, %0" : "=r"(count) : "r"(a.w[0]));
    EQUAL(count, bits_set);
  }
}

static void text_comparison(void) {
  static const char text[16] __attribute__((aligned(16))) = "a machine in one";
  static const char set[16] __attribute__((aligned(16))) = "xyzin";
  u32 index;
  __asm__("movdqa %2, %%xmm0\n pcmpistri $0, %1, %%xmm0" : "=c"(index) : "m"(text), "m"(set) : "xmm0", "cc");
  EQUAL(index, 6); // "i" of machine
  static const char word[16] __attribute__((aligned(16))) = "chin";
  __asm__("movdqa %2, %%xmm0\n pcmpistri $12, %1, %%xmm0" : "=c"(index) : "m"(text), "m"(word) : "xmm0", "cc");
  EQUAL(index, 4);
}

static void crc32c(void) {
  static const char digits[] = "123456789";
  u32 crc = 0xffffffff;
  for (int i = 0; i < 9; i++) __asm__("crc32b %1, %0" : "+r"(crc) : "qm"(digits[i]));
  EQUAL(crc ^ 0xffffffff, 0xe3069283); // the check value of CRC-32C
}

static void aes(void) {
  // FIPS 197, appendix B: the state after the first round.
  static const u8 state[16] = {0x19, 0x3d, 0xe3, 0xbe, 0xa0, 0xf4, 0xe2, 0x2b, 0x9a, 0xc6, 0x8d, 0x2a, 0xe9, 0xf8, 0x48, 0x08};
  static const u8 key[16] = {0xa0, 0xfa, 0xfe, 0x17, 0x88, 0x54, 0x2c, 0xb1, 0x23, 0xa3, 0x39, 0x39, 0x2a, 0x6c, 0x76, 0x05};
  static const u8 after[16] = {0xa4, 0x9c, 0x7f, 0xf2, 0x68, 0x9f, 0x35, 0x2b, 0x6b, 0x5b, 0xea, 0x43, 0x02, 0x6a, 0x50, 0x49};
  memcpy(&a, state, 16);
  memcpy(&b, key, 16);
  APPLY("aesenc");
  CHECK(memcmp(&r, after, 16) == 0);
  // PCLMULQDQ: (x + 1)(x^2 + x + 1) = x^3 + 1 over GF(2)
  a.q[0] = 3, a.q[1] = 0x8000000000000000ull;
  b.q[0] = 7, b.q[1] = 2;
  APPLY("pclmulqdq $0x00,");
  EQUAL(r.q[0], 9);
  APPLY("pclmulqdq $0x11,");
  EQUAL(r.q[0], 0);
  EQUAL(r.q[1], 1);
}

static void mmx(void) {
  u64 x = 0x00ff7f8001fe1020ull, y = 0x01017f01fe02e0f0ull, sum, words;
  __asm__ volatile(
      "movq %2, %%mm0\n paddusb %3, %%mm0\n movq %%mm0, %0\n movq %2, %%mm1\n pmullw %3, %%mm1\n movq %%mm1, %1\n emms"
      : "=m"(sum), "=m"(words)
      : "m"(x), "m"(y));
  for (int i = 0; i < 8; i++) EQUAL((u8)(sum >> 8 * i), clamp((int)(u8)(x >> 8 * i) + (u8)(y >> 8 * i), 0, 255));
  for (int i = 0; i < 4; i++) EQUAL((u16)(words >> 16 * i), (u16)((short)(x >> 16 * i) * (short)(y >> 16 * i)));
}

static void packed_floats(void) {
  static const float x[4] __attribute__((aligned(16))) = {1.5f, -2.25f, 1e10f, 3.0f}, y[4] __attribute__((aligned(16))) = {0.5f, 4.0f, 1e-10f, -7.0f};
  volatile float want[4];
  float got[4] __attribute__((aligned(16)));
#define PACKED(name, operator) \
  __asm__ volatile("movaps %1, %%xmm1\n " name " %2, %%xmm1\n movaps %%xmm1, %0" : "=m"(got) : "m"(x), "m"(y) : "xmm1"); \
  for (int i = 0; i < 4; i++) want[i] = x[i] operator y[i]; \
  CHECK(memcmp(got, (const void *)want, 16) == 0)
  PACKED("addps", +);
  PACKED("subps", -);
  PACKED("mulps", *);
  PACKED("divps", /);
  float sum = 0;
  __asm__ volatile("movaps %1, %%xmm1\n haddps %%xmm1, %%xmm1\n haddps %%xmm1, %%xmm1\n movss %%xmm1, %0" : "=m"(sum) : "m"(y) : "xmm1");
  CHECK(sum == -2.5f);
  u32 mask;
  __asm__ volatile("movaps %1, %%xmm1\n cmpltps %2, %%xmm1\n movmskps %%xmm1, %0" : "=r"(mask) : "m"(x), "m"(y) : "xmm1");
  EQUAL(mask, 2);
}

static void save_and_restore(void) {
  static u8 area[512] __attribute__((aligned(16))), again[512] __attribute__((aligned(16)));
  randomize(&a);
  __asm__ volatile("fninit\n fldpi\n fld1\n movdqa %1, %%xmm6\n fxsave %0" : "=m"(area) : "m"(a) : "xmm6");
  __asm__ volatile("fninit\n pxor %%xmm6, %%xmm6\n fxrstor %1\n fxsave %0" : "=m"(again) : "m"(area) : "xmm6");
  CHECK(memcmp(area, again, 416) == 0);
  CHECK(memcmp(area + 160 + 6 * 16, &a, 16) == 0);
  EQUAL(area[4], 0xc0);             // the abridged tag word: two registers in use
  EQUAL(*(u16 *)(area + 2) >> 11, 6); // TOP
  __asm__ volatile("fninit");
}

const struct test vector_tests[] = {
    {"packed-integers", packed_integers},
    {"packed-floats", packed_floats},
    {"sse4", sse4},
    {"text-comparison", text_comparison},
    {"crc32c", crc32c},
    {"aes-and-carryless-product", aes},
    {"mmx", mmx},
    {"fxsave", save_and_restore},
    {0, 0},
};
