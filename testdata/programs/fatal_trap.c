// An instruction that is none, as __builtin_trap makes of broken promises, ends
// the program.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// ends: SIGILL
#include "truth.h"

NOINLINE void broken(volatile int *p)
{
	*p = 7;
	__builtin_trap();
}
int main(void)
{
	volatile int promise = 1;
	TRUTH("calls broken 1");
	TRUTH("unfinished broken 1");
	TRUTH("signals 4 1");
	puts("EXIT-SUCCESS");
	fflush(stdout);
	broken(&promise);
}
