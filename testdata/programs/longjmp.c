// longjmp out of several frames, over and over: the calls it leaves never return.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include <setjmp.h>
#include "truth.h"

static jmp_buf place;
volatile int rounds;

NOINLINE void thrower(int value) { longjmp(place, value); }
NOINLINE void between(int value)
{
	thrower(value);
	rounds = -1;
}
NOINLINE int normal(int value) { return value + 1; }

NOINLINE int catcher(int value)
{
	int got = setjmp(place);
	if (got == 0)
		between(value);
	return normal(got);
}

int main(void)
{
	for (int i = 1; i <= 50; i++) {
		CHECK_EQ(catcher(i), i + 1);
		rounds++;
	}
	CHECK_EQ(rounds, 50);
	TRUTH("calls thrower 50");
	TRUTH("calls between 50");
	TRUTH("calls catcher 50");
	TRUTH("called-by thrower between 50");
	TRUTH("called-by normal catcher 50");
	TRUTH("called-by catcher main 50");
	TRUTH("nesting between 1");
	TRUTH("arguments normal 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25"
	      " 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50");
	FINISH();
}
