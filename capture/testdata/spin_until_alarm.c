// Waits for an alarm without ever making a system call: cannot be recorded.
// build: gcc -g -O2 -o $OUT $SOURCE
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t done;

static void finish(int number) { done = number; }

int main(void)
{
	signal(SIGALRM, finish);
	alarm(1);
	while (!done)
		;
	return 0;
}
