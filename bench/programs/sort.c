// Sorting 16 Ki numbers: quicksort and insertion sort for its small pieces, heap sort, and a merge sort that
// compares by a function pointer, as C's qsort does.
#include "program.h"

#define COUNT 16384
static u32 numbers[COUNT], scratch[COUNT];

static void insertion_sort(u32 *a, int count) {
  for (int i = 1; i < count; i++) {
    u32 value = a[i];
    int j = i;
    for (; j > 0 && a[j - 1] > value; j--) a[j] = a[j - 1];
    a[j] = value;
  }
}

static void quick_sort(u32 *a, int count) {
  while (count > 12) {
    u32 pivot = a[count / 2];
    int i = 0, j = count - 1;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i > j) break;
      u32 held = a[i];
      a[i++] = a[j];
      a[j--] = held;
    }
    quick_sort(a, j + 1);
    a += i;
    count -= i;
  }
  insertion_sort(a, count);
}

static void sift(u32 *a, u32 root, u32 count) {
  u32 value = a[root];
  for (u32 child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && a[child + 1] > a[child]) child++;
    if (a[child] <= value) break;
    a[root] = a[child];
  }
  a[root] = value;
}

static void heap_sort(u32 *a, u32 count) {
  for (u32 i = count / 2; i-- > 0;) sift(a, i, count);
  for (u32 i = count - 1; i > 0; i--) {
    u32 held = a[0];
    a[0] = a[i];
    a[i] = held;
    sift(a, 0, i);
  }
}

static NOINLINE int by_low_bits(const u32 *a, const u32 *b) { return (int)(*a & 0xffff) - (int)(*b & 0xffff); }
static int (*volatile order)(const u32 *, const u32 *) = by_low_bits;

static void merge_sort(u32 *a, u32 count, int (*compare)(const u32 *, const u32 *)) {
  if (count < 2) return;
  u32 half = count / 2;
  merge_sort(a, half, compare);
  merge_sort(a + half, count - half, compare);
  for (u32 i = 0; i < half; i++) scratch[i] = a[i];
  for (u32 i = 0, j = half, k = 0; i < half; k++) {
    if (j < count && compare(&a[j], &scratch[i]) < 0) a[k] = a[j++];
    else a[k] = scratch[i++];
  }
}

static void fill(u32 seed) {
  for (u32 i = 0; i < COUNT; i++) numbers[i] = next_random(&seed);
}

static u64 digest(u64 sum) {
  for (u32 i = 0; i < COUNT; i += 61) sum = add_to(sum, numbers[i]);
  return sum;
}

u64 run(u32 units) {
  u64 sum = 1;
  for (u32 unit = 0; unit < units * 3; unit++) {
    fill(unit + 1);
    quick_sort(numbers, COUNT);
    sum = digest(sum);
    fill(unit + 2);
    heap_sort(numbers, COUNT);
    sum = digest(sum);
    fill(unit + 3);
    merge_sort(numbers, COUNT, order);
    sum = digest(sum);
  }
  return sum;
}
