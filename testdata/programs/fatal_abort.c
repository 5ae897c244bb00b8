// abort() after an assertion that fails.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// ends: SIGABRT
#include "truth.h"

NOINLINE void check(int n)
{
	if (n == 3)
		abort();
}
int main(void)
{
	TRUTH("calls check 4");
	TRUTH("unfinished check 1");
	TRUTH("arguments check 0 1 2 3");
	TRUTH("signals 6 1");
	puts("EXIT-SUCCESS");
	fflush(stdout);
	for (int i = 0;; i++)
		check(i);
}
