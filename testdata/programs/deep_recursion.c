// Recursion 5,000 calls deep, and a tree of calls.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

NOINLINE uint64_t down(uint64_t n)
{
	volatile uint64_t local = n;
	if (n == 0)
		return 0;
	return down(n - 1) + (local == n);
}

__attribute__((optimize("no-optimize-sibling-calls"))) NOINLINE uint64_t fibonacci(uint64_t n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

int main(void)
{
	CHECK_EQ(down(5000), 5000);
	CHECK_EQ(fibonacci(15), 610);
	TRUTH("calls down 5001");
	TRUTH("nesting down 5001");
	TRUTH("called-by down down 5000");
	TRUTH("called-by down main 1");
	TRUTH("calls fibonacci 1973");
	TRUTH("nesting fibonacci 15");
	FINISH();
}
