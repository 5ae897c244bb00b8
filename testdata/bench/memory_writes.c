// 10^8 memory writes: a table of counters, one of them is written regularly.
// build: gcc -g -O2 -o $OUT $SOURCE
// matrix: O2
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 1 << 16 };
static volatile uint64_t counters[N];
static volatile uint64_t watched;

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000000;
	uint32_t seed = 1;
	for (uint64_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		counters[seed >> 16] = i;
		if (i % 1000003 == 0)
			watched = i;
	}
	printf("watched %p\n", (void *)&watched);
}
