// A fault in a thread ends the process while the others are blocked.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: O2 static
// ends: SIGSEGV
#include "thread.h"

static pid_t sleeper;

static void *sleeps(void *p)
{
	sleeps_soon(&sleeper);
	return sleep(100), p;
}

NOINLINE void crash(volatile int *p) { *p = 1; }

static void *crashes(void *p)
{
	wait_sleeper(&sleeper);
	TRUTH("threads 3");
	TRUTH("unfinished crash 1");
	TRUTH("signals 11 1");
	puts(truth_failures ? "EXIT-FAILURE" : "EXIT-SUCCESS");
	fflush(stdout);
	crash((int *)16);
	return p;
}

int main(void)
{
	spawn(sleeps, NULL);
	join(spawn(crashes, NULL));
	return 1;
}
