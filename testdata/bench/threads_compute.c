// Four threads that compute side by side, in memory.
// build: gcc -g -O2 -o $OUT $SOURCE -pthread
// matrix: O2
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 4, SIZE = 1 << 20 };
static unsigned char table[THREADS][SIZE];
static uint64_t sums[THREADS];

static void *run(void *p)
{
	long me = (long)p;
	uint64_t s = me + 1, sum = 0;
	for (int i = 0; i < 20000000; i++) {
		s ^= s << 13, s ^= s >> 7, s ^= s << 17;
		table[me][s % SIZE] += s >> 20;
		sum += table[me][(s >> 32) % SIZE];
	}
	sums[me] = sum;
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS];
	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, run, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
		printf("%llx\n", (unsigned long long)sums[i]);
	}
	return 0;
}
