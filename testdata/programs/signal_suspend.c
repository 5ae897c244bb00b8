// sigsuspend, sigwaitinfo, sigtimedwait and signalfd with signals of its own.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "truth.h"

volatile int handled;
static void on_signal(int number) { (void)number, handled++; }

int main(void)
{
	sigset_t block, old, one;
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1), sigaddset(&block, SIGUSR2), sigaddset(&block, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &block, &old);
	signal(SIGUSR1, on_signal);
	for (int i = 0; i < 3; i++) {
		raise(SIGUSR1);
		CHECK_EQ(handled, i);
		CHECK_EQ(sigsuspend(&old), -1);
		CHECK_EQ(errno, EINTR);
	}
	CHECK_EQ(handled, 3);

	siginfo_t info;
	union sigval value = {.sival_int = 1234};
	CHECK_EQ(sigqueue(getpid(), SIGRTMIN, value), 0);
	sigemptyset(&one), sigaddset(&one, SIGRTMIN);
	CHECK_EQ(sigwaitinfo(&one, &info), SIGRTMIN);
	CHECK_EQ(info.si_value.sival_int, 1234);
	struct timespec little = {0, 1000000};
	CHECK_EQ(sigtimedwait(&one, &info, &little), -1);
	CHECK_EQ(errno, EAGAIN);

	sigemptyset(&one), sigaddset(&one, SIGUSR2);
	int fd = signalfd(-1, &one, 0);
	raise(SIGUSR2);
	struct signalfd_siginfo si;
	CHECK_EQ(read(fd, &si, sizeof si), sizeof si);
	CHECK_EQ(si.ssi_signo, SIGUSR2);
	TRUTH_VARIABLE(handled);
	TRUTH("values handled 1 2 3");
	TRUTH("signals 10 3");
	FINISH();
}
