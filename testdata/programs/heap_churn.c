// The break moves up and down, malloc and free of all sizes, realloc, trimming.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <malloc.h>
#include <unistd.h>
#include "truth.h"

int main(void)
{
	char *start = sbrk(0);
	for (int i = 1; i <= 20; i++) {
		char *p = sbrk(i * 10000);
		CHECK(p == start);
		p[0] = p[i * 10000 - 1] = i;
		CHECK(p[5000] == 0);
		sbrk(-i * 10000);
		CHECK(sbrk(0) == start);
	}
	uint64_t seed = 7;
	static uint8_t *block[100];
	static size_t size[100];
	for (int i = 0; i < 3000; i++) {
		seed = seed * 6364136223846793005 + 1;
		unsigned k = (seed >> 40) % 100, n = (seed >> 20) % (i % 50 == 0 ? 400000 : 2000);
		if (block[k])
			CHECK(size[k] == 0 || block[k][size[k] - 1] == k);
		block[k] = realloc(block[k], n + 1), size[k] = n + 1;
		block[k][n] = k;
		if ((seed >> 50) % 3 == 0)
			free(block[k]), block[k] = NULL;
	}
	for (int k = 0; k < 100; k++)
		free(block[k]);
	malloc_trim(0);
	FINISH();
}
