// Waits with a time limit, which run out and which do not.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <semaphore.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, held = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER, monotonic;
static sem_t sem;
static volatile int state;
static struct published holding = PUBLISHED, go = PUBLISHED;

static void *holds(void *p)
{
	pthread_mutex_lock(&held);
	publish(&holding, tid());
	await(&go);
	sleep_ms(4);
	pthread_mutex_unlock(&held);
	return p;
}

static void *acts(void *p)
{
	sleep_ms(3);
	pthread_mutex_lock(&lock);
	state = 1;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	sleep_ms(3);
	sem_post(&sem);
	return p;
}

int main(void)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&monotonic, &attributes);
	sem_init(&sem, 0, 0);

	struct timespec limit = after_ms(CLOCK_REALTIME, 4);
	CHECK(sem_timedwait(&sem, &limit) == -1 && errno == ETIMEDOUT);
	pthread_mutex_lock(&lock);
	limit = after_ms(CLOCK_REALTIME, 4);
	CHECK_EQ(pthread_cond_timedwait(&changed, &lock, &limit), ETIMEDOUT);
	limit = after_ms(CLOCK_MONOTONIC, 4);
	CHECK_EQ(pthread_cond_timedwait(&monotonic, &lock, &limit), ETIMEDOUT);

	pthread_t holder = spawn(holds, NULL);
	await(&holding);
	limit = after_ms(CLOCK_REALTIME, 1);
	CHECK_EQ(pthread_mutex_timedlock(&held, &limit), ETIMEDOUT);
	publish(&go, 1);
	limit = after_ms(CLOCK_REALTIME, 60000);
	CHECK_EQ(pthread_mutex_timedlock(&held, &limit), 0);
	join(holder);

	pthread_t actor = spawn(acts, NULL);
	limit = after_ms(CLOCK_REALTIME, 60000);
	while (!state)
		CHECK_EQ(pthread_cond_timedwait(&changed, &lock, &limit), 0);
	pthread_mutex_unlock(&lock);
	CHECK_EQ(sem_timedwait(&sem, &limit), 0);
	join(actor);
	TRUTH("threads 3");
	TRUTH("calls holds 1");
	FINISH();
}
