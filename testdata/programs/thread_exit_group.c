// A thread ends the process while the others are blocked, main as well.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// ends: 7
#include "thread.h"

static int pipes[2];
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static pid_t threads[4];

static void *reads(void *p)
{
	char c;
	threads[0] = tid();
	CHECK_EQ(read(pipes[0], &c, 1), 99);
	return p;
}
static void *locks(void *p)
{
	threads[1] = tid();
	CHECK_EQ(pthread_mutex_lock(&held), 99);
	return p;
}
static void *sleeps(void *p)
{
	threads[2] = tid();
	return sleep(100), p;
}
static void *ends(void *p)
{
	for (int i = 0; i < 4; i++) {
		while (__atomic_load_n(&threads[i], __ATOMIC_SEQ_CST) == 0)
			sleep_ms(1);
		wait_asleep(threads[i]);
	}
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
	threads[3] = tid();
	join(spawn(ends, NULL));
	return 1;
}
