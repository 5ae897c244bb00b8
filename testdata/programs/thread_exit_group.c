// A thread ends the process while the others are blocked, main as well.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
// ends: 7
#include "thread.h"

static int pipes[2];
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static pid_t threads[4];

static void *reads(void *p)
{
	char c;
	sleeps_soon(&threads[0]);
	CHECK_EQ(read(pipes[0], &c, 1), 99);
	return p;
}
static void *locks(void *p)
{
	sleeps_soon(&threads[1]);
	CHECK_EQ(pthread_mutex_lock(&held), 99);
	return p;
}
static void *sleeps(void *p)
{
	sleeps_soon(&threads[2]);
	return sleep(100), p;
}
static void *ends(void *p)
{
	for (int i = 0; i < 4; i++)
		wait_sleeper(&threads[i]);
	TRUTH("threads 5");
	TRUTH("unfinished sleeps 1");
	TRUTH("syscalls exit_group 1");
	puts(truth_failures ? "EXIT-FAILURE" : "EXIT-SUCCESS");
	exit(p ? 1 : 7);
}

int main(void)
{
	CHECK_EQ(pipe(pipes), 0);
	pthread_mutex_lock(&held);
	spawn(reads, NULL), spawn(locks, NULL), spawn(sleeps, NULL);
	sleeps_soon(&threads[3]);
	join(spawn(ends, NULL));
	return 1;
}
