// Pointer chasing: a list of 64 Ki nodes in shuffled order walked end to end (each load waits for the one before),
// and a hash table with chains, where half the keys are found.
#include "program.h"

#define NODES 65536
struct node {
  struct node *next;
  u32 key, value;
};
static struct node nodes[NODES];
static struct node *buckets[NODES / 4];

static u32 bucket_of(u32 key) { return (key * 2654435761u) >> 18; }

static void shuffle(u32 *random) {
  static u32 order[NODES];
  for (u32 i = 0; i < NODES; i++) order[i] = i;
  for (u32 i = NODES - 1; i > 0; i--) {
    u32 j = next_random(random) % (i + 1), held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
  for (u32 i = 0; i < NODES; i++) {
    nodes[order[i]].next = i + 1 < NODES ? &nodes[order[i + 1]] : NULL;
    nodes[order[i]].value = i * 7;
  }
}

static u32 walk(void) {
  u32 sum = 0;
  u32 place = 0;
  struct node *start = nodes;
  for (struct node *node = start; node; node = node->next) sum += node->value ^ place++;
  return sum;
}

static void fill_table(void) {
  for (u32 i = 0; i < NODES; i++) {
    struct node *node = &nodes[i];
    node->key = i * 2 * 40503u;
    node->next = buckets[bucket_of(node->key)];
    buckets[bucket_of(node->key)] = node;
  }
}

static u32 look_up(u32 key) {
  for (struct node *node = buckets[bucket_of(key)]; node; node = node->next) {
    if (node->key == key) return node->value;
  }
  return 1;
}

u64 run(u32 units) {
  u64 sum = 1;
  u32 random = 99;
  for (u32 unit = 0; unit < units; unit += 10) {
    u32 part = units - unit < 10 ? units - unit : 10;
    shuffle(&random);
    for (u32 i = 0; i < part * 45; i++) sum = add_to(sum, walk());
    for (u32 i = 0; i < NODES / 4; i++) buckets[i] = NULL;
    fill_table();
    u32 found = 0;
    for (u32 i = 0; i < part * 195000; i++) found += look_up((next_random(&random) & (2 * NODES - 1)) * 40503u);
    sum = add_to(sum, found);
  }
  return sum;
}
