// __thread variables: each thread has its own, begun afresh, at its own address.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
#include "thread.h"

enum { THREADS = 3, TURNS = 30 };
__thread volatile uint64_t mine = 1000;
static __thread volatile uint32_t none;
static __thread volatile uint8_t large[3000];
static struct { uint64_t address, self; pid_t id; } place[THREADS];

NOINLINE void bump(void) { mine++; }

static void *work(void *p)
{
	long me = (long)p;
	CHECK_EQ(mine, 1000);
	CHECK_EQ(none, 0);
	CHECK_EQ(large[2999], 0);
	place[me].address = (uint64_t)&mine;
	place[me].self = (uint64_t)pthread_self();
	place[me].id = tid();
	for (int i = 0; i < TURNS; i++) {
		bump();
		none += me;
		large[i * 99] = me + 1;
		sched_yield();
	}
	CHECK_EQ(mine, 1000 + TURNS);
	CHECK_EQ(none, me * TURNS);
	for (int i = 0; i < TURNS; i++)
		CHECK_EQ(large[i * 99], me + 1);
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS];
	for (long i = 0; i < THREADS; i++)
		t[i] = spawn(work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	CHECK_EQ(mine, 1000);
	for (int i = 0; i < THREADS; i++)
		for (int j = 0; j < i; j++)
			CHECK(place[i].address != place[j].address);
	TRUTH("pointer %d %#lx", tid(), (uint64_t)pthread_self());
	for (int i = 0; i < THREADS; i++)
		TRUTH("pointer %d %#lx", place[i].id, place[i].self);
	printf("truth own-writes mine");
	for (int i = 0; i < THREADS * TURNS; i++)
		printf(" %d:%d", place[i / TURNS].id, 1001 + i % TURNS);
	printf("\ntruth own-writes none");
	for (int i = 0; i < THREADS * TURNS; i++)
		printf(" %d:%d", place[i / TURNS].id, i / TURNS * (i % TURNS + 1));
	printf("\n");
	TRUTH("calls bump %d", THREADS * TURNS);
	TRUTH("callers bump %d", THREADS);
	FINISH();
}
