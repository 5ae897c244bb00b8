// Two threads that wait for one another by an atomic alone.
// build: gcc -g -O2 -o $OUT $SOURCE -pthread
// matrix: O2
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { TURNS = 20 };
static atomic_long ball;
static volatile unsigned long work[2];

static void *run(void *p)
{
	long me = (long)p;
	for (int i = 0; i < TURNS; i++) {
		while (atomic_load_explicit(&ball, memory_order_acquire) != me)
			;
		for (int k = 0; k < 1000000; k++)
			work[me] = work[me] * 31 + k;
		atomic_store_explicit(&ball, !me, memory_order_release);
	}
	return NULL;
}

int main(void)
{
	pthread_t t[2];
	for (long i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, run, (void *)i);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	printf("%ld\n", ball);
	return 0;
}
