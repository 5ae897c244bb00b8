// Reader-writer locks: many readers at once, writers alone, preferring writers.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"

enum { READERS = 3, WRITERS = 2, TURNS = 15 };
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t fair = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static volatile int a, b;
static struct published inside = PUBLISHED, go = PUBLISHED;

static void *reads(void *p)
{
	for (int i = 0; i < TURNS; i++) {
		pthread_rwlock_rdlock(p);
		int before = a;
		sched_yield();
		CHECK_EQ(before, b);
		pthread_rwlock_unlock(p);
		sched_yield();
	}
	return NULL;
}

static void *writes(void *p)
{
	for (int i = 0; i < TURNS; i++) {
		pthread_rwlock_wrlock(p);
		a++;
		sched_yield();
		b++;
		pthread_rwlock_unlock(p);
		sched_yield();
	}
	return NULL;
}

static void contend(pthread_rwlock_t *l)
{
	pthread_t t[READERS + WRITERS];
	for (int i = 0; i < READERS + WRITERS; i++)
		t[i] = spawn(i < READERS ? reads : writes, l);
	for (int i = 0; i < READERS + WRITERS; i++)
		join(t[i]);
}

static void *holds(void *p)
{
	pthread_rwlock_rdlock(p);
	publish(&inside, 1);
	await(&go);
	pthread_rwlock_unlock(p);
	return NULL;
}

int main(void)
{
	contend(&lock);
	contend(&fair);
	CHECK_EQ(a, 2 * WRITERS * TURNS);
	CHECK_EQ(b, 2 * WRITERS * TURNS);

	pthread_t holder = spawn(holds, &lock);
	await(&inside);
	CHECK_EQ(pthread_rwlock_trywrlock(&lock), EBUSY);
	CHECK_EQ(pthread_rwlock_tryrdlock(&lock), 0);
	pthread_rwlock_unlock(&lock);
	struct timespec soon = after_ms(CLOCK_REALTIME, 5);
	CHECK_EQ(pthread_rwlock_timedwrlock(&lock, &soon), ETIMEDOUT);
	publish(&go, 1);
	join(holder);
	CHECK_EQ(pthread_rwlock_trywrlock(&lock), 0);
	TRUTH_VARIABLE(a);
	TRUTH("threads %d", 2 + 2 * (READERS + WRITERS));
	TRUTH("writer a writes %d", 2 * WRITERS * TURNS);
	FINISH();
}
