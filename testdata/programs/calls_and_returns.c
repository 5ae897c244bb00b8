// Calls with known arguments and return values, from known callers.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

NOINLINE uint64_t leaf(uint64_t x) { return x * 3 + 1; }
NOINLINE uint64_t left(uint64_t x) { return leaf(x) + leaf(x + 1) + 1; }
NOINLINE uint64_t right(uint64_t x) { return leaf(x + 2) - 1; }
NOINLINE uint64_t six(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	return a ^ b ^ c ^ d ^ e ^ f;
}

int main(void)
{
	CHECK_EQ(left(10), 66);
	CHECK_EQ(right(20), 66);
	CHECK_EQ(six(1, 2, 4, 8, 16, 32), 63);
	CHECK_EQ(six(~0ull, 0, 0, 0, 0, 0), ~0ull);
	TRUTH("calls leaf 3");
	TRUTH("called-by leaf left 2");
	TRUTH("called-by leaf right 1");
	TRUTH("called-by left main 1");
	TRUTH("arguments leaf 10 11 22");
	TRUTH("returns leaf 31 34 67");
	TRUTH("returns left 66");
	TRUTH("returns right 66");
	TRUTH("arguments six 1 0xffffffffffffffff");
	TRUTH("returns six 63 0xffffffffffffffff");
	FINISH();
}
