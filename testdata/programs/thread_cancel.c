// pthread_cancel: at a blocking call, put off, at once; clean-up handlers run.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: O2 static
#include "thread.h"

static int pipes[2], cleaned;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static struct published go = PUBLISHED;
static pid_t id;

NOINLINE void clean(void *p) { cleaned += (long)p; }
static void unlock(void *p) { pthread_mutex_unlock(p); }

static void *reads(void *p)
{
	char c;
	pthread_cleanup_push(clean, (void *)1);
	pthread_cleanup_push(clean, (void *)2);
	sleeps_soon(&id);
	CHECK_EQ(read(pipes[0], &c, 1), 99);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return p;
}

// waits has the mutex again where it is cancelled.
static void *waits(void *p)
{
	pthread_mutex_lock(&lock);
	pthread_cleanup_push(unlock, &lock);
	sleeps_soon(&id);
	while (1)
		pthread_cond_wait(&never, &lock);
	pthread_cleanup_pop(0);
	return p;
}

// late does not let itself be cancelled at first.
static void *late(void *p)
{
	int before;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	sleeps_soon(&id);
	await(&go);
	sleep_ms(1);
	cleaned += 100;
	pthread_cleanup_push(clean, (void *)10);
	pthread_setcancelstate(before, NULL);
	pthread_testcancel();
	CHECK(0);
	pthread_cleanup_pop(0);
	return p;
}

static void *at_once(void *p)
{
	int before;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
	CHECK_EQ(before, PTHREAD_CANCEL_DEFERRED);
	sleeps_soon(&id);
	while (1)
		syscall(SYS_pause);
	return p;
}

static void cancel(void *(*work)(void *))
{
	go.value = 0;
	pthread_t t = spawn(work, NULL);
	wait_sleeper(&id);
	CHECK_EQ(pthread_cancel(t), 0);
	publish(&go, 1);
	CHECK(join(t) == PTHREAD_CANCELED);
}

int main(void)
{
	CHECK_EQ(pipe(pipes), 0);
	cancel(reads);
	CHECK_EQ(cleaned, 3);
	cancel(waits);
	CHECK_EQ(pthread_mutex_trylock(&lock), 0);
	cancel(late);
	CHECK_EQ(cleaned, 113);
	cancel(at_once);
	TRUTH_VARIABLE(cleaned);
	TRUTH("values cleaned 2 3 103 113");
	TRUTH("calls clean 3");
	TRUTH("threads 5");
	FINISH();
}
