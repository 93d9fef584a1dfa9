// CRC-32 (IEEE 802.3) by a table of bytes, and Adler-32 (RFC 1950): a byte load, a table load and a short chain
// of dependent operations for each byte.
#include "program.h"

static u32 crc_table[256];
static u8 buffer[256 * 1024];

static void make_table(void) {
  for (u32 i = 0; i < 256; i++) {
    u32 c = i;
    for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
    crc_table[i] = c;
  }
}

static u32 crc32(u32 crc, const u8 *bytes, u32 count) {
  crc = ~crc;
  while (count--) crc = crc_table[(crc ^ *bytes++) & 255] ^ crc >> 8;
  return ~crc;
}

static u32 adler32(const u8 *bytes, u32 count) {
  u32 a = 1, b = 0;
  while (count) {
    u32 part = count < 5552 ? count : 5552;
    count -= part;
    while (part--) {
      a += *bytes++;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b << 16 | a;
}

u64 run(u32 units) {
  make_table();
  u32 random = 7;
  for (u32 i = 0; i < sizeof buffer; i++) buffer[i] = (u8)next_random(&random);
  CHECK(crc32(0, (const u8 *)"123456789", 9) == 0xcbf43926);
  u64 sum = 1;
  for (u32 unit = 0; unit < units * 26; unit++) {
    sum = add_to(sum, crc32(unit, buffer, sizeof buffer));
    sum = add_to(sum, adler32(buffer + unit % 1000, sizeof buffer - 1000));
  }
  return sum;
}
