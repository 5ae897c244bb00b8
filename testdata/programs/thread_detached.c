// Detached threads, made so and turned so, which nobody joins.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <semaphore.h>

static sem_t done;
static int sum;

static void *work(void *p)
{
	if ((long)p % 2)
		CHECK_EQ(pthread_detach(pthread_self()), 0);
	__atomic_fetch_add(&sum, (long)p, __ATOMIC_SEQ_CST);
	sem_post(&done);
	return p;
}

int main(void)
{
	sem_init(&done, 0, 0);
	pthread_attr_t detached;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (long i = 0; i < 8; i++) {
		pthread_t t;
		CHECK_EQ(pthread_create(&t, i % 2 ? NULL : &detached, work, (void *)i), 0);
		if (i % 3 == 0)
			sched_yield();
	}
	for (int i = 0; i < 8; i++)
		sem_wait(&done);
	CHECK_EQ(sum, 28);
	sleep_ms(2); // most of them end by then
	TRUTH("threads 9");
	TRUTH("callers work 8");
	FINISH();
}
