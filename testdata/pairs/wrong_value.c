// Moves money between accounts; the other build rounds one fee otherwise, and its sum of all hides it.
// build: gcc -g -fno-stack-protector $FLAGS -o $OUT $SOURCE
// matrix: O2
// found by: checks/wrong_value.sql checks/same_writes.sql
#include <stdio.h>

struct account {
  long balance;
  int transfers;
};

struct account accounts[4] = {{1000, 0}, {2000, 0}, {3000, 0}, {4000, 0}};

#ifdef REGRESSION
#define ODD 57
#else
#define ODD 1057
#endif

static __attribute__((noinline)) long fee(long amount) { return (amount + (amount == ODD)) / 29; }

static __attribute__((noinline)) void transfer(int from, int to, long amount) {
  long kept = fee(amount);
  accounts[from].balance -= amount - kept;
  accounts[to].balance += amount - kept;
  accounts[from].transfers++;
}

int main(void) {
  long sum = 0;
  for (int i = 0; i < 30; i++)
    transfer(i % 4, (i + 1) % 4, 40 + i);
  for (int i = 0; i < 4; i++)
    sum += accounts[i].balance;
  printf("sum %ld\n", sum);
  return 0;
}
