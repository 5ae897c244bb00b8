// pthread_once, and thread-specific data whose destructors run at a thread's end.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"

enum { THREADS = 5 };
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key, again;
static int destroyed[THREADS];
static volatile int begun, rounds;

// begin lets the others come to wait for it.
NOINLINE void begin(void)
{
	sleep_ms(3);
	begun++;
}

NOINLINE void destroy(void *p)
{
	destroyed[*(int *)p]++;
	CHECK(pthread_getspecific(key) == NULL);
	free(p);
}

// destroy_again sets its own value anew: it is called as often as may be.
NOINLINE void destroy_again(void *p)
{
	__atomic_fetch_add(&rounds, 1, __ATOMIC_SEQ_CST);
	pthread_setspecific(again, p);
}

static void *work(void *p)
{
	pthread_once(&once, begin);
	CHECK_EQ(begun, 1);
	int *mine = malloc(sizeof *mine);
	*mine = (long)p;
	pthread_setspecific(key, mine);
	if (*mine == 0)
		pthread_setspecific(again, p = &once);
	sched_yield();
	CHECK(pthread_getspecific(key) == mine);
	if (*mine % 2)
		pthread_exit(NULL);
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS];
	CHECK_EQ(pthread_key_create(&key, destroy), 0);
	CHECK_EQ(pthread_key_create(&again, destroy_again), 0);
	for (long i = 0; i < THREADS; i++)
		t[i] = spawn(work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(destroyed[i], 1);
	CHECK_EQ(rounds, 4); // PTHREAD_DESTRUCTOR_ITERATIONS
	TRUTH("calls begin 1");
	TRUTH("calls destroy %d", THREADS);
	TRUTH("callers destroy %d", THREADS);
	TRUTH("callers destroy_again 1");
	FINISH();
}
