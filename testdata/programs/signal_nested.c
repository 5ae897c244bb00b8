// Handlers that raise: nested in one another, blocked until return, SA_NODEFER,
// SA_RESETHAND, and a queue of pending signals delivered one after the other.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include "truth.h"

volatile int depth, deepest, first, second, once;
static volatile char trace[64];
static volatile int length;

static void mark(char c) { trace[length++] = c; }
static int traced(const char *want)
{
	return length == (int)strlen(want) && memcmp((const char *)trace, want, length) == 0;
}

NOINLINE void on_usr2(int number)
{
	(void)number;
	mark('2'), second++;
}

NOINLINE void on_usr1(int number)
{
	(void)number;
	mark('1'), first++;
	raise(SIGUSR2);
	mark('e');
}

NOINLINE void on_hup(int number)
{
	(void)number;
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (depth < 4)
		raise(SIGHUP);
	depth--;
}

static void on_int(int number) { (void)number, once++; }

int main(void)
{
	signal(SIGUSR1, on_usr1);
	signal(SIGUSR2, on_usr2);
	raise(SIGUSR1);
	CHECK(traced("12e"));

	struct sigaction blocked = {.sa_handler = on_usr1};
	sigaddset(&blocked.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &blocked, NULL);
	length = 0;
	raise(SIGUSR1);
	CHECK(traced("1e2"));

	struct sigaction again = {.sa_handler = on_hup, .sa_flags = SA_NODEFER};
	sigaction(SIGHUP, &again, NULL);
	raise(SIGHUP);
	CHECK_EQ(deepest, 4);
	CHECK_EQ(depth, 0);

	struct sigaction reset = {.sa_handler = on_int, .sa_flags = SA_RESETHAND};
	sigaction(SIGINT, &reset, NULL);
	raise(SIGINT);
	struct sigaction now;
	sigaction(SIGINT, NULL, &now);
	CHECK(now.sa_handler == SIG_DFL);

	sigset_t both, old;
	sigemptyset(&both), sigaddset(&both, SIGUSR1), sigaddset(&both, SIGUSR2);
	sigprocmask(SIG_BLOCK, &both, &old);
	raise(SIGUSR1), raise(SIGUSR2);
	length = 0;
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK_EQ(first, 3);
	CHECK_EQ(once, 1);
	TRUTH("signals 10 3");
	TRUTH("signals 1 4");
	TRUTH("signals 2 1");
	TRUTH("calls on_hup 4");
	TRUTH("nesting on_hup 4");
	FINISH();
}
