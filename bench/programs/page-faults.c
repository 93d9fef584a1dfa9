// Page faults: memory is mapped, touched page by page and unmapped, and made read-only and writable again, which
// empties the TLB.
#include "program.h"

#define COUNT 256

u64 run(u32 units) {
  u64 sum = 1;
  for (u32 unit = 0; unit < units * 20; unit++) {
    u8 *area = pages(COUNT, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    u32 total = 0;
    for (u32 i = 0; i < COUNT; i++) area[i * PAGE + (i & 63)] = (u8)(i + unit);
    protect(area, COUNT * PAGE, PROT_READ);
    for (u32 i = 0; i < COUNT; i++) total += area[i * PAGE + (i & 63)];
    protect(area, COUNT * PAGE, PROT_READ | PROT_WRITE);
    for (u32 i = 0; i < COUNT; i += 2) area[i * PAGE]++;
    for (u32 i = 0; i < COUNT; i++) total += area[i * PAGE];
    CHECK(CALL2(SYS_munmap, area, COUNT * PAGE) == 0);
    sum = add_to(sum, total);
  }
  return sum;
}
