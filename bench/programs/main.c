// PROGRAM UNITS: says where the measured time begins and ends, and the checksum; the host has the clock.
#include "program.h"

int main(void) {
  u32 units = 0;
  for (const char *at = argument_count > 1 ? arguments[1] : ""; *at; at++) units = units * 10 + (u32)(*at - '0');
  print("@begin\n");
  u64 sum = run(units);
  print("@end ");
  print_hex(sum);
  print("\n");
  return 0;
}
