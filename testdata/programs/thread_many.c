// A hundred threads one after the other, whose stacks are used again; 16 at once.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"

enum { SHORT = 100, WIDE = 16 };
static volatile uint64_t sum;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t stacks[SHORT];

NOINLINE void add(long n) { sum += n; }

static void *brief(void *p)
{
	stacks[(long)p] = (uint64_t)__builtin_frame_address(0);
	add((long)p);
	return p;
}

static void *at_once(void *p)
{
	for (int i = 0; i < 4; i++) {
		pthread_mutex_lock(&lock);
		add(1);
		pthread_mutex_unlock(&lock);
		sched_yield();
	}
	return p;
}

int main(void)
{
	for (long i = 0; i < SHORT; i++)
		CHECK_EQ(join(spawn(brief, (void *)i)), i);
	CHECK_EQ(sum, SHORT * (SHORT - 1) / 2);
	int again = 0;
	for (int i = 1; i < SHORT; i++)
		again += stacks[i] == stacks[i - 1];
	CHECK_EQ(again, SHORT - 1);
	pthread_t t[WIDE];
	for (long i = 0; i < WIDE; i++)
		t[i] = spawn(at_once, NULL);
	for (int i = 0; i < WIDE; i++)
		join(t[i]);
	CHECK_EQ(sum, SHORT * (SHORT - 1) / 2 + 4 * WIDE);
	TRUTH_VARIABLE(sum);
	TRUTH("threads %d", 1 + SHORT + WIDE);
	TRUTH("callers add %d", SHORT + WIDE);
	TRUTH("writer sum add %d", SHORT + 4 * WIDE);
	FINISH();
}
