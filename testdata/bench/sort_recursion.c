// Sorting and recursion, some 2·10^8 instructions: calls, branches, writes.
// build: gcc -g -O2 -o $OUT $SOURCE
// matrix: O2
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 400000 };
static uint32_t v[N], copy[N];

static void quick(uint32_t *a, int n)
{
	while (n > 1) {
		uint32_t pivot = a[n / 2];
		int i = 0, j = n - 1;
		while (i <= j) {
			while (a[i] < pivot)
				i++;
			while (a[j] > pivot)
				j--;
			if (i <= j) {
				uint32_t t = a[i];
				a[i++] = a[j];
				a[j--] = t;
			}
		}
		quick(a, j + 1);
		a += i, n -= i;
	}
}

__attribute__((noipa)) static uint32_t ackermann(uint32_t m, uint32_t n)
{
	return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

int main(void)
{
	uint32_t seed = 1, sum = 0;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < N; i++)
			v[i] = copy[i] = seed = seed * 1664525 + 1013904223;
		quick(v, N);
		for (int i = 1; i < N; i++)
			sum += v[i - 1] <= v[i];
	}
	printf("%u %u\n", sum, ackermann(2, 1500));
}
