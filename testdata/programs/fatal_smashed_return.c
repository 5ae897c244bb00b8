// A return address that text has overwritten is none: the ret faults, with the
// stack as it was.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// ends: SIGSEGV
#include "truth.h"

NOINLINE void smash(void)
{
	asm volatile("movabs $0x4141414141414141, %rax\n\tpush %rax\n\tret");
}
int main(void)
{
	TRUTH("calls smash 1");
	TRUTH("unfinished smash 1");
	TRUTH("signals 11 1");
	puts("EXIT-SUCCESS");
	fflush(stdout);
	smash();
}
