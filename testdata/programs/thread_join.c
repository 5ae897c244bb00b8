// Threads that return values, in pthread_join and its kin.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: O0 static
#include "thread.h"

static void *square(void *p)
{
	long n = (long)p;
	return (void *)(n * n);
}

NOINLINE void *leave(long n) { pthread_exit((void *)(n + 1)); }
static void *leaves(void *p) { return leave((long)p); }

static struct published go = PUBLISHED;
static void *waits(void *p) { return await(&go), p; }
static void *joins(void *p) { return join(*(pthread_t *)p); }

int main(void)
{
	for (long i = 1; i <= 5; i++)
		CHECK_EQ(join(spawn(square, (void *)i)), i * i);
	CHECK_EQ(join(spawn(leaves, (void *)41)), 42);

	pthread_t slow = spawn(waits, (void *)7);
	void *result = NULL;
	CHECK_EQ(pthread_tryjoin_np(slow, &result), EBUSY);
	struct timespec soon = after_ms(CLOCK_REALTIME, 5);
	CHECK_EQ(pthread_timedjoin_np(slow, &result, &soon), ETIMEDOUT);
	pthread_t joiner = spawn(joins, &slow);
	publish(&go, 1);
	CHECK_EQ(join(joiner), 7);
	CHECK(!pthread_equal(pthread_self(), joiner));

	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	CHECK_EQ(pthread_attr_setstacksize(&attributes, 64 << 10), 0);
	pthread_t small;
	CHECK_EQ(pthread_create(&small, &attributes, square, (void *)9), 0);
	pthread_attr_destroy(&attributes);
	CHECK_EQ(join(small), 81);
	TRUTH("threads 10");
	TRUTH("calls square 6");
	TRUTH("callers square 6");
	TRUTH("arguments square 1 2 3 4 5 9");
	TRUTH("returns square 1 4 9 16 25 81");
	TRUTH("unfinished leave 0"); // it was unwound
	FINISH();
}
