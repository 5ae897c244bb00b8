// Mutexes of three kinds, contended: the holder lets others run while it holds.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: O2 static
#include "thread.h"

enum { THREADS = 4, TURNS = 40 };
static volatile uint64_t counter;
static pid_t who[THREADS * TURNS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;

NOINLINE void increment(void)
{
	who[counter] = tid();
	counter++;
}

static void *work(void *p)
{
	for (int i = 0; i < TURNS; i++) {
		pthread_mutex_lock(&lock);
		increment();
		if (i % 3 == 0)
			sched_yield();
		pthread_mutex_unlock(&lock);
	}
	pthread_mutex_lock(&recursive);
	CHECK_EQ(pthread_mutex_lock(&recursive), 0);
	sched_yield();
	pthread_mutex_unlock(&recursive);
	pthread_mutex_unlock(&recursive);
	CHECK_EQ(pthread_mutex_unlock(&checked), EPERM);
	CHECK_EQ(pthread_mutex_trylock(&checked), EBUSY);
	return p;
}

int main(void)
{
	pthread_t t[THREADS];
	CHECK_EQ(pthread_mutex_lock(&checked), 0);
	CHECK_EQ(pthread_mutex_lock(&checked), EDEADLK);
	for (int i = 0; i < THREADS; i++)
		t[i] = spawn(work, NULL);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	CHECK_EQ(counter, THREADS * TURNS);
	TRUTH_VARIABLE(counter);
	TRUTH("threads %d", THREADS + 1);
	TRUTH("callers increment %d", THREADS);
	TRUTH("writer counter increment %d", THREADS * TURNS);
	for (int kind = 0; kind < 2; kind++) {
		printf("truth %s counter", kind ? "variable-writes" : "assigned");
		for (int i = 0; i < THREADS * TURNS; i++)
			printf(" %d:%d", who[i], i + 1);
		printf("\n");
	}
	FINISH();
}
