// Mutexes with priority inheritance and with a ceiling, contended.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"

enum { THREADS = 3, TURNS = 20 };
static pthread_mutex_t lock;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static volatile uint64_t counter;

static void *work(void *p)
{
	for (int i = 0; i < TURNS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		sched_yield();
		pthread_mutex_unlock(&lock);
	}
	return p;
}

static void *signals(void *p)
{
	pthread_mutex_lock(&lock);
	counter = 0;
	pthread_cond_signal(&turned);
	pthread_mutex_unlock(&lock);
	return p;
}

int main(void)
{
	pthread_mutexattr_t inherits;
	pthread_mutexattr_init(&inherits);
	CHECK_EQ(pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT), 0);
	CHECK_EQ(pthread_mutex_init(&lock, &inherits), 0);
	pthread_t t[THREADS];
	for (int i = 0; i < THREADS; i++)
		t[i] = spawn(work, NULL);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	CHECK_EQ(counter, THREADS * TURNS);

	pthread_mutex_lock(&lock);
	t[0] = spawn(signals, NULL);
	while (counter != 0)
		pthread_cond_wait(&turned, &lock);
	struct timespec soon = after_ms(CLOCK_REALTIME, 5);
	CHECK_EQ(pthread_cond_timedwait(&turned, &lock, &soon), ETIMEDOUT);
	pthread_mutex_unlock(&lock);
	join(t[0]);
	TRUTH_VARIABLE(counter);
	TRUTH("writer counter work %d", THREADS * TURNS);
	TRUTH("writer counter signals 1");
	FINISH();
}
