// An interval timer whose signals mostly arrive while the program computes;
// between them it makes system calls.
// build: gcc -g -O2 -o $OUT $SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t ticks;

static void tick(int number) { ticks += number == SIGALRM; }

int main(void)
{
	struct sigaction a = {.sa_handler = tick};
	sigaction(SIGALRM, &a, NULL);
	struct itimerval every = {{0, 1000}, {0, 1000}};
	setitimer(ITIMER_REAL, &every, NULL);
	volatile unsigned long sum = 0;
	while (ticks < 20) {
		for (int i = 0; i < 300000; i++)
			sum += i;
		getppid();
	}
	puts("20 ticks");
	return 0;
}
