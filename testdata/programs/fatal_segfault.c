// A segmentation fault that nothing handles ends the program, three calls deep.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// ends: SIGSEGV
#include "truth.h"

volatile int progress;
NOINLINE void crash(volatile int *p)
{
	progress = 3;
	*p = 1;
	progress = 4;
}
NOINLINE void inner(volatile int *p)
{
	progress = 2;
	crash(p);
	progress = 5;
}
int main(void)
{
	progress = 1;
	TRUTH_VARIABLE(progress);
	TRUTH("values progress 1 2 3");
	TRUTH("calls crash 1");
	TRUTH("unfinished crash 1");
	TRUTH("unfinished inner 1");
	TRUTH("called-by crash inner 1");
	TRUTH("signals 11 1");
	puts("EXIT-SUCCESS");
	fflush(stdout);
	inner((int *)16);
}
