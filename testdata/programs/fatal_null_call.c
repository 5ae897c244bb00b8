// A call through a null pointer ends the program.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// ends: SIGSEGV
#include "truth.h"

void (*volatile callback)(int);
NOINLINE void notify(int what)
{
	callback(what);
	callback = NULL;
}
int main(void)
{
	TRUTH("calls notify 1");
	TRUTH("unfinished notify 1");
	TRUTH("signals 11 1");
	puts("EXIT-SUCCESS");
	fflush(stdout);
	notify(3);
}
