// Ships orders of a list; the other build looks through all orders for each.
// build: gcc -g -fno-stack-protector $FLAGS -o $OUT $SOURCE
// matrix: O2
// found by: builtin:no_slower_functions builtin:same_calls checks/extra_loop.sql checks/same_calls_in_detail.sql checks/same_lines.sql checks/same_writes.sql
#include <stdio.h>
#include <stdlib.h>

struct order {
  int quantity, price;
  struct order *next;
};

static struct order *orders;
static long revenue;

static __attribute__((noinline)) void add_order(int quantity, int price) {
  struct order *o = malloc(sizeof *o);
  o->quantity = quantity;
  o->price = price;
  o->next = orders;
  orders = o;
}

static __attribute__((noinline)) int cost(const struct order *o) { return o->quantity * o->price; }

static int discount(int amount) {
  if (amount > 500)
    return amount / 10;
  return 0;
}

static __attribute__((noinline)) void ship(const struct order *o) {
  int amount = cost(o);
#ifdef REGRESSION
  for (const struct order *p = orders; p; p = p->next)
    if (cost(p) < 0)
      abort();
#endif
  revenue += amount - discount(amount);
}

int main(void) {
  for (int i = 1; i <= 40; i++)
    add_order(i % 4 + 1, 10 * i);
  for (struct order *o = orders; o; o = o->next)
    ship(o);
  printf("revenue %ld\n", revenue);
  while (orders) {
    struct order *o = orders;
    orders = o->next;
    free(o);
  }
  return 0;
}
