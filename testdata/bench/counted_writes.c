// Memory writes of which one in PERIOD is to a counter, in a function two calls
// below main: a question for its writes with their stacks.
// build: gcc -g -O2 -o $OUT $SOURCE
// matrix: O2
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 1 << 16 };
static volatile uint64_t table[N];
volatile uint64_t counter;

__attribute__((noipa)) static void count(uint64_t i)
{
	counter += (i & 3) + 1;
}

__attribute__((noipa)) static void step(uint64_t i, int odd)
{
	count(i + odd);
	table[0] = i;
}

int main(int argc, char **argv)
{
	uint64_t writes = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000000;
	uint64_t period = argc > 2 ? strtoull(argv[2], NULL, 10) : 20000;
	uint32_t seed = 1;
	for (uint64_t i = 0; i < writes; i++) {
		seed = seed * 1664525 + 1013904223;
		table[seed >> 16] = i;
		if (i % period != 0)
			continue;
		if (i & 64)
			step(i, 1);
		else
			step(i, 0);
	}
	printf("counter %lu\n", counter);
}
