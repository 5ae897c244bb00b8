// Threads that each sleep at the end of a way of their own, while one comes to here.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: O0 static
#include "thread.h"
#include <poll.h>

enum { THREADS = 4 };
static int pipes[2];
static pid_t id[THREADS];

NOINLINE long at_read(long n)
{
	char c;
	sleeps_soon(&id[n]);
	CHECK_EQ(read(pipes[0], &c, 1), 1);
	return n + 1;
}
NOINLINE long at_poll(long n)
{
	struct pollfd f = {.fd = pipes[0], .events = POLLIN};
	sleeps_soon(&id[n]);
	CHECK_EQ(poll(&f, 1, -1), 1);
	return n + 1;
}
NOINLINE long deeper(long n, long depth) { return depth == 0 ? at_read(n) + 1 : deeper(n, depth - 1) + 1; }
NOINLINE long either(long n) { return (n % 2 ? at_poll(n) : deeper(n, n)) + 1; }
NOINLINE long finish(long n) { return either(n) + 1; }

static void *odd(void *p) { return (void *)(finish((long)p) + 1); }
static void *even(void *p) { return (void *)(either((long)p) + 1); }

NOINLINE void here(long n) { __asm__ volatile("" : : "r"(n) : "memory"); }
NOINLINE void come(long n) { here(n), here(n + 1); }
static void *comes(void *p)
{
	wait_asleep(getpid()); // until the first thread joins this one
	come((long)p);
	return p;
}

int main(void)
{
	pthread_t t[THREADS];
	CHECK_EQ(pipe(pipes), 0);
	for (long i = 0; i < THREADS; i++) {
		t[i] = spawn(i % 2 ? odd : even, (void *)i);
		wait_sleeper(&id[i]);
	}
	join(spawn(comes, (void *)7));
	CHECK_EQ(write(pipes[1], "abcd", 4), 4);
	for (int i = 0; i < THREADS; i++)
		CHECK(join(t[i]) != NULL);
	TRUTH("threads %d", THREADS + 2);
	TRUTH("arguments here 7 8");
	TRUTH("nesting at_read 2");
	FINISH();
}
