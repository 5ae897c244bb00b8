// Tail calls: a jump that is a call, direct, through a pointer, mutual and long.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

NOINLINE uint64_t last(uint64_t x) { return x + 100; }
NOINLINE uint64_t middle(uint64_t x) { return last(x + 10); }
NOINLINE uint64_t first(uint64_t x) { return middle(x + 1); }

uint64_t (*volatile pointer)(uint64_t) = last;
NOINLINE uint64_t through_pointer(uint64_t x) { return pointer(x * 2); }

NOINLINE uint64_t odd(uint64_t n);
NOINLINE uint64_t even(uint64_t n) { return n == 0 ? 1 : odd(n - 1); }
NOINLINE uint64_t odd(uint64_t n) { return n == 0 ? 0 : even(n - 1); }

int main(void)
{
	CHECK_EQ(first(5), 116);
	CHECK_EQ(through_pointer(21), 142);
	CHECK_EQ(even(1000), 1);
	CHECK_EQ(odd(1000), 0);
	TRUTH("calls first 1");
	TRUTH("calls middle 1");
	TRUTH("calls last 2");
	TRUTH("calls through_pointer 1");
	TRUTH("returns last 116 142");
	TRUTH("arguments middle 6");
	TRUTH("called-by first main 1");
	TRUTH("calls even 1001");
	TRUTH("calls odd 1001");
	FINISH();
}
