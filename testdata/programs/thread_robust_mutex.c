// Robust mutexes: threads that end with one held, while others wait for it.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: O0 static
#include "thread.h"

static pthread_mutex_t lock, other;
static struct published held = PUBLISHED, go = PUBLISHED;

static void *dies(void *p)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_lock(&other);
	publish(&held, tid());
	await(&go);
	return p;
}

// exits leaves by the bare system call.
static void *exits(void *p)
{
	CHECK_EQ(pthread_mutex_lock(&lock), 0);
	publish(&held, 1);
	await(&go);
	sleep_ms(2);
	syscall(SYS_exit, 0);
	return p;
}

static void *inherits(void *p)
{
	await(&held);
	publish(&go, 1);
	int got = pthread_mutex_lock(&lock);
	CHECK_EQ(got, EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&lock), 0);
	CHECK_EQ(pthread_mutex_unlock(&lock), 0);
	CHECK_EQ(pthread_mutex_lock(&lock), 0);
	CHECK_EQ(pthread_mutex_unlock(&lock), 0);
	return p;
}

static void round_of(void *(*owner)(void *), int protocol)
{
	pthread_mutexattr_t robust;
	pthread_mutexattr_init(&robust);
	CHECK_EQ(pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST), 0);
	CHECK_EQ(pthread_mutexattr_setprotocol(&robust, protocol), 0);
	CHECK_EQ(pthread_mutex_init(&lock, &robust), 0);
	CHECK_EQ(pthread_mutex_init(&other, &robust), 0);
	held.value = go.value = 0;
	pthread_t heir = spawn(inherits, NULL), t = spawn(owner, NULL);
	if (owner == dies) {
		join(t);
		CHECK_EQ(pthread_mutex_lock(&other), EOWNERDEAD);
		CHECK_EQ(pthread_mutex_unlock(&other), 0); // not made consistent
		CHECK_EQ(pthread_mutex_lock(&other), ENOTRECOVERABLE);
	}
	join(heir);
}

int main(void)
{
	round_of(dies, PTHREAD_PRIO_NONE);
	round_of(exits, PTHREAD_PRIO_NONE);
	round_of(dies, PTHREAD_PRIO_INHERIT);
	round_of(exits, PTHREAD_PRIO_INHERIT);
	TRUTH("threads 9");
	TRUTH("callers inherits 4");
	FINISH();
}
