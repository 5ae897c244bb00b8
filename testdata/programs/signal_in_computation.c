// Signals that arrive in computations that make no system call.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// output: varies
#include <signal.h>
#include <sys/time.h>
#include "delay.h"
#include "truth.h"

static volatile sig_atomic_t alarms;
static volatile uint64_t counted, seen;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
	seen = counted;
}

int main(void)
{
	struct sigaction a = {.sa_handler = on_alarm};
	sigaction(SIGALRM, &a, NULL);
	struct itimerval t = {{0, 5000}, {0, 5000}};
	setitimer(ITIMER_REAL, &t, NULL);
	while (alarms < 5) {
		delay(20000);
		counted++;
	}
	struct itimerval off = {{0, 0}, {0, 0}};
	setitimer(ITIMER_REAL, &off, NULL);
	CHECK(seen <= counted && seen > 0);
	printf("counted %llu\n", (unsigned long long)counted);
	FINISH();
}
