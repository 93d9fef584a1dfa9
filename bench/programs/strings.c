// Strings byte by byte, as C programs have them: lengths, comparisons, searches, splitting lines into words, and
// decimal numbers read and written.
#include "program.h"

#define SIZE 32768
static char text[SIZE], line[64];

static u32 length_of(const char *s) {
  const char *at = s;
  while (*at) at++;
  return (u32)(at - s);
}

static const char *find(const char *in, const char *what) {
  for (; *in; in++) {
    const char *a = in, *b = what;
    while (*b && *a == *b) a++, b++;
    if (!*b) return in;
  }
  return NULL;
}

static u32 write_decimal(char *to, u32 value) {
  char digits[10];
  u32 count = 0, done = 0;
  do digits[count++] = (char)('0' + value % 10);
  while (value /= 10);
  while (count) to[done++] = digits[--count];
  return done;
}

static u32 read_decimal(const char **at) {
  u32 value = 0;
  while (**at >= '0' && **at <= '9') value = value * 10 + (u32)(*(*at)++ - '0');
  return value;
}

static void make_text(u32 seed) {
  u32 at = 0;
  while (at < SIZE - 80) {
    u32 random = next_random(&seed);
    for (u32 i = 0; i < 2 + (random & 7); i++) text[at++] = (char)('a' + (random >> (i * 3) & 15));
    text[at++] = '=';
    at += write_decimal(text + at, random);
    text[at++] = (random >> 9 & 3) == 0 ? '\n' : ' ';
  }
  text[at] = 0;
}

static u64 parse(u64 sum) {
  u32 numbers = 0, names = 0, lines = 0, longest = 0;
  for (const char *at = text; *at;) {
    u32 taken = 0;
    while (*at >= 'a' && *at <= 'z' && taken < sizeof line - 1) line[taken++] = *at++;
    line[taken] = 0;
    if (length_of(line) > longest) longest = length_of(line);
    names += same_text(line, "abcdef") + (find("lmnopabcdefghi", line) != NULL);
    if (*at == '=') {
      at++;
      numbers += read_decimal(&at);
    }
    if (*at == '\n') lines++;
    if (*at) at++;
  }
  return add_to(add_to(sum, numbers), (u64)names << 40 | (u64)lines << 8 | longest);
}

u64 run(u32 units) {
  u64 sum = 1;
  for (u32 unit = 0; unit < units * 12; unit++) {
    make_text(unit + 1);
    for (int i = 0; i < 4; i++) sum = parse(sum);
    for (int i = 0; i < 8; i++) {
      const char *found = find(text + i * 100, "zz=1");
      sum = add_to(sum, found ? (u64)(found - text) : length_of(text));
    }
  }
  return sum;
}
