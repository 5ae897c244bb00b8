// A barrier: in each round all threads have written before any reads.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"

enum { THREADS = 4, ROUNDS = 12 };
static pthread_barrier_t barrier;
static long said[THREADS];
static int serial;

static void *work(void *p)
{
	long me = (long)p;
	for (long round = 1; round <= ROUNDS; round++) {
		said[me] = round;
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			__atomic_fetch_add(&serial, 1, __ATOMIC_SEQ_CST);
		for (int i = 0; i < THREADS; i++)
			CHECK_EQ(said[i], round);
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS];
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	for (long i = 0; i < THREADS; i++)
		t[i] = spawn(work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	CHECK_EQ(pthread_barrier_destroy(&barrier), 0);
	CHECK_EQ(serial, ROUNDS);
	TRUTH_VARIABLE(said);
	TRUTH("writes said %d", THREADS * ROUNDS);
	TRUTH("callers work %d", THREADS);
	FINISH();
}
