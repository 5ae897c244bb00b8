// A fatal signal sent to itself, with a handler that restores the default.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// ends: SIGTERM
#include <signal.h>
#include "truth.h"

NOINLINE void on_term(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}
int main(void)
{
	signal(SIGTERM, on_term);
	TRUTH("calls on_term 1");
	TRUTH("signals 15 2");
	puts("EXIT-SUCCESS");
	fflush(stdout);
	raise(SIGTERM);
	return 7;
}
