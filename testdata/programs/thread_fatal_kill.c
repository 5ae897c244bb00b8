// A signal to the process, of which nobody knows, ends it while threads are blocked.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
// ends: SIGTERM
#include "thread.h"

static int pipes[2];
static void *reads(void *p)
{
	char c;
	CHECK_EQ(read(pipes[0], &c, 1), 99);
	return p;
}

static void *kills(void *p)
{
	wait_asleep(getpid()); // main, in pthread_join
	TRUTH("threads 4");
	TRUTH("syscalls kill 1");
	puts(truth_failures ? "EXIT-FAILURE" : "EXIT-SUCCESS");
	fflush(stdout);
	kill(getpid(), SIGTERM);
	sleep(100);
	return p;
}

int main(void)
{
	CHECK_EQ(pipe(pipes), 0);
	spawn(reads, NULL), spawn(reads, NULL);
	join(spawn(kills, NULL));
	return 1;
}
