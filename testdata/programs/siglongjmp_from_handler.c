// siglongjmp out of a SIGSEGV handler, and out of a handler that interrupted a
// handler; the mask is restored each time.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include <setjmp.h>
#include <signal.h>
#include "truth.h"

static sigjmp_buf outer;
volatile int handled, nested;

NOINLINE void touch(volatile int *p) { *p = 1; }

NOINLINE void on_usr1(int number)
{
	(void)number;
	nested++;
	siglongjmp(outer, 2);
}

NOINLINE void on_segv(int number)
{
	(void)number;
	handled++;
	if (handled % 2)
		siglongjmp(outer, 1);
	raise(SIGUSR1);
}

int main(void)
{
	volatile int ones = 0, twos = 0;
	signal(SIGSEGV, on_segv);
	signal(SIGUSR1, on_usr1);
	for (volatile int i = 0; i < 10; i++) {
		int got = sigsetjmp(outer, 1);
		if (got == 0)
			touch((int *)8);
		ones += got == 1;
		twos += got == 2;
	}
	sigset_t now;
	sigprocmask(SIG_SETMASK, NULL, &now);
	CHECK(!sigismember(&now, SIGSEGV) && !sigismember(&now, SIGUSR1));
	CHECK_EQ(ones, 5);
	CHECK_EQ(twos, 5);
	TRUTH_VARIABLE(handled);
	TRUTH("values handled 1 2 3 4 5 6 7 8 9 10");
	TRUTH("signals 11 10");
	TRUTH("signals 10 5");
	TRUTH("calls touch 10");
	TRUTH("calls on_segv 10");
	TRUTH("calls on_usr1 5");
	TRUTH("called-by touch main 10");
	TRUTH("nesting touch 1");
	FINISH();
}
