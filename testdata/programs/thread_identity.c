// setgid and its kin in a program with threads: glibc makes every thread do it.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"

static int pipes[2];
static pid_t id[2];

static void *reads(void *p)
{
	char c;
	sleeps_soon(&id[(long)p]);
	CHECK_EQ(read(pipes[0], &c, 1), 1);
	return p;
}

int main(void)
{
	CHECK_EQ(pipe(pipes), 0);
	pthread_t t = spawn(reads, NULL), u = spawn(reads, (void *)1);
	wait_sleeper(&id[0]), wait_sleeper(&id[1]);
	CHECK_EQ(setgid(getgid()), 0);
	CHECK_EQ(setuid(getuid()), 0);
	CHECK_EQ(write(pipes[1], "ab", 2), 2);
	join(t), join(u);
	TRUTH("threads 3");
	TRUTH("syscalls setgid 3");
	TRUTH("signals 33 4"); // SIGSETXID
	FINISH();
}
