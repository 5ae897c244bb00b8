// Shows inlined calls three deep, a cold part, a recursive function, a clone
// (constprop) and an alias. Built by fixture_test.go with several flags.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline int leaf(int x) {
  int y = x * 3;
  if (y & 1)
    y ^= 0x55;
  return y;
}

static inline __attribute__((always_inline)) int middle(int x) {
  int sum = 0;
  for (int i = 0; i < x; i++)
    sum += leaf(i) - leaf(x);
  return sum;
}

__attribute__((cold)) void too_large(int x);

__attribute__((noinline)) int outer(int x) {
  if (x > 1000)
    too_large(x);
  return middle(x) + middle(x / 2);
}

static __attribute__((noinline)) int scaled(int x, int scale) {
  char text[64];
  if (snprintf(text, sizeof text, "%d", x * scale) > 5)
    too_large(x);
  return (int)strlen(text) + scale;
}

__attribute__((noinline)) int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int public_name(int n) __attribute__((alias("fib")));
int weak_name(int n) __attribute__((weak, alias("fib")));

void too_large(int x) {
  fprintf(stderr, "too large: %d\n", x);
  abort();
}

int main(int argc, char **argv) {
  (void)argv;
  printf("%d %d %d %d\n", outer(argc * 10), scaled(argc, 7), scaled(argc + 1, 7), public_name(argc + 5));
  puts("done");
  return 0;
}
