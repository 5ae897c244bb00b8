// Threads that name themselves and others, and know their numbers.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <sys/prctl.h>

static struct published id = PUBLISHED, go = PUBLISHED;
static void *work(void *p)
{
	char name[16];
	CHECK(tid() != getpid());
	prctl(PR_SET_NAME, "worker one");
	CHECK_EQ(pthread_getname_np(pthread_self(), name, sizeof name), 0);
	CHECK(strcmp(name, "worker one") == 0);
	publish(&id, tid());
	await(&go);
	prctl(PR_GET_NAME, name);
	CHECK(strcmp(name, "renamed") == 0);
	return p;
}

int main(void)
{
	CHECK_EQ(tid(), getpid());
	pthread_t t = spawn(work, NULL);
	pid_t worker = await(&id);
	CHECK_EQ(pthread_setname_np(t, "renamed"), 0);
	publish(&go, 1);
	join(t);
	while (syscall(SYS_tgkill, getpid(), worker, 0) == 0) // join returns a little before the kernel lets it go
		sleep_ms(1);
	CHECK_EQ(syscall(SYS_tgkill, getpid(), worker, 0), -1);
	TRUTH("threads 2");
	TRUTH("named %d renamed", worker);
	FINISH();
}
