// signalfd in one thread takes what others send; a handler takes the rest.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <sys/signalfd.h>

static int fd;
static pid_t reader;

static void *reads(void *p)
{
	long sum = 0;
	sleeps_soon(&reader);
	for (int i = 0; i < 3; i++) {
		struct signalfd_siginfo info;
		CHECK_EQ(read(fd, &info, sizeof info), sizeof info);
		CHECK_EQ(info.ssi_signo, SIGRTMIN);
		CHECK_EQ(info.ssi_pid, getpid());
		sum = sum * 10 + info.ssi_int;
	}
	return p = (void *)sum;
}

int main(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	CHECK((fd = signalfd(-1, &set, SFD_CLOEXEC)) >= 0);
	pthread_t t = spawn(reads, NULL);
	for (int i = 1; i <= 3; i++) {
		if (i == 1)
			wait_sleeper(&reader);
		union sigval value = {.sival_int = i};
		CHECK_EQ(sigqueue(getpid(), SIGRTMIN, value), 0);
	}
	CHECK_EQ(join(t), 123);
	TRUTH("signals %d 0", SIGRTMIN);
	TRUTH("returns reads 123");
	FINISH();
}
