// A stack overflow handled on an alternate stack and left with siglongjmp.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>
#include "truth.h"

static sigjmp_buf place;
static char alternate[65536];
volatile int overflows;
volatile uint64_t deepest;

static void on_segv(int number)
{
	char here;
	(void)number;
	CHECK(&here >= alternate && &here < alternate + sizeof alternate);
	overflows++;
	siglongjmp(place, 1);
}

NOINLINE int down(int n)
{
	volatile char frame[16384];
	frame[0] = frame[16383] = n;
	deepest = n;
	return n < 0 ? 0 : down(n + 1) + frame[0];
}

int main(void)
{
	struct rlimit limit = {1 << 20, 1 << 20};
	setrlimit(RLIMIT_STACK, &limit);
	stack_t ss = {.ss_sp = alternate, .ss_size = sizeof alternate};
	sigaltstack(&ss, NULL);
	struct sigaction action = {.sa_handler = on_segv, .sa_flags = SA_ONSTACK};
	sigaction(SIGSEGV, &action, NULL);
	for (volatile int i = 0; i < 3; i++)
		if (sigsetjmp(place, 1) == 0)
			down(0);
	CHECK_EQ(overflows, 3);
	CHECK(deepest > 30 && deepest < 100);
	TRUTH_VARIABLE(overflows);
	TRUTH("values overflows 1 2 3");
	TRUTH("signals 11 3");
	TRUTH("called-by down main 3");
	FINISH();
}
