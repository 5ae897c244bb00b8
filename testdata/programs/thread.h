// thread.h is what the programs with threads share, besides truth.h.
#ifndef THREAD_H
#define THREAD_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "truth.h"

static inline pthread_t spawn(void *(*work)(void *), void *argument)
{
	pthread_t t;
	int failed = pthread_create(&t, NULL, work, argument);
	if (failed) {
		printf("FAILED pthread_create: %s\n", strerror(failed));
		exit(1);
	}
	return t;
}

static inline void *join(pthread_t t)
{
	void *result = NULL;
	CHECK_EQ(pthread_join(t, &result), 0);
	return result;
}

static inline pid_t tid(void) { return syscall(SYS_gettid); }

static inline void sleep_ms(int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
	while (nanosleep(&t, &t) != 0)
		;
}

// after_ms is the point in time of that clock that is so far away.
static inline struct timespec after_ms(clockid_t clock, int ms)
{
	struct timespec t;
	clock_gettime(clock, &t);
	t.tv_sec += (t.tv_nsec / 1000000 + ms) / 1000;
	t.tv_nsec = (t.tv_nsec / 1000000 + ms) % 1000 * 1000000L;
	return t;
}

// wait_asleep returns once that thread of this process sleeps in the kernel.
static inline void wait_asleep(pid_t thread)
{
	char path[64], text[256];
	snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
	for (int i = 0; i < 20000; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			break;
		ssize_t n = read(fd, text, sizeof text - 1);
		close(fd);
		if (n <= 0)
			break;
		text[n] = 0;
		char *end = strrchr(text, ')');
		if (end && end[2] == 'S')
			return;
		sleep_ms(1);
	}
	printf("FAILED: thread %d never slept\n", (int)thread);
	truth_failures++;
}

// sleeps_soon is what a thread says before the call in which it will sleep.
static inline void sleeps_soon(pid_t *id) { __atomic_store_n(id, tid(), __ATOMIC_SEQ_CST); }

// wait_sleeper waits for such a thread: publish would let it sleep sooner.
static inline pid_t wait_sleeper(pid_t *id)
{
	pid_t thread;
	while ((thread = __atomic_exchange_n(id, 0, __ATOMIC_SEQ_CST)) == 0)
		sleep_ms(1);
	wait_asleep(thread);
	return thread;
}

// published is a number that one thread tells another.
struct published {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	long value;
};
#define PUBLISHED {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0}

static inline void publish(struct published *p, long value)
{
	pthread_mutex_lock(&p->lock);
	p->value = value;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

// await returns the value once it is not 0.
static inline long await(struct published *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->value == 0)
		pthread_cond_wait(&p->changed, &p->lock);
	long value = p->value;
	pthread_mutex_unlock(&p->lock);
	return value;
}
#endif
