// Alarms that arrive inside system calls: pause, a long nanosleep that is
// interrupted, a read that is restarted (SA_RESTART) and one that is not.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "truth.h"

volatile int alarms;
static int feed = -1;

NOINLINE void on_alarm(int number)
{
	(void)number;
	alarms++;
	if (feed >= 0 && write(feed, "x", 1) != 1)
		_exit(3);
}

static void alarm_in_ms(int ms)
{
	struct itimerval t = {.it_value = {0, ms * 1000}};
	setitimer(ITIMER_REAL, &t, NULL);
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_alarm};
	sigaction(SIGALRM, &action, NULL);
	for (int i = 0; i < 3; i++) {
		alarm_in_ms(30);
		CHECK_EQ(pause(), -1);
		CHECK_EQ(errno, EINTR);
	}
	alarm_in_ms(30);
	struct timespec want = {5, 0}, left;
	CHECK_EQ(nanosleep(&want, &left), -1);
	CHECK(left.tv_sec == 4);

	int p[2];
	char c = 0;
	CHECK_EQ(pipe(p), 0);
	alarm_in_ms(30);
	CHECK_EQ(read(p[0], &c, 1), -1);
	CHECK_EQ(errno, EINTR);
	action.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &action, NULL);
	feed = p[1];
	alarm_in_ms(30);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(c, 'x');
	CHECK_EQ(alarms, 6);
	TRUTH_VARIABLE(alarms);
	TRUTH("values alarms 1 2 3 4 5 6");
	TRUTH("signals 14 6");
	TRUTH("calls on_alarm 6");
	TRUTH("syscalls pause 3");
	FINISH();
}
