// Threads that wait for each other by sched_yield alone.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"

enum { THREADS = 3, TURNS = 30 };
static volatile uint64_t turn;
static pid_t who[THREADS];

NOINLINE void take_turn(void) { turn++; }

static void *work(void *p)
{
	long me = (long)p;
	who[me] = tid();
	for (int i = 0; i < TURNS; i++) {
		while (turn % THREADS != (uint64_t)me)
			sched_yield();
		take_turn();
	}
	return p;
}

int main(void)
{
	pthread_t t[THREADS];
	for (long i = 0; i < THREADS; i++)
		t[i] = spawn(work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	TRUTH_VARIABLE(turn);
	TRUTH("callers take_turn %d", THREADS);
	printf("truth assigned turn");
	for (int i = 0; i < THREADS * TURNS; i++)
		printf(" %d:%d", who[i % THREADS], i + 1);
	printf("\n");
	FINISH();
}
