// The stack grows by 4 MB at once and page by page, with a large local array.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include <alloca.h>
#include "truth.h"

NOINLINE uint64_t at_once(size_t n)
{
	volatile uint8_t *p = alloca(n);
	p[0] = 1, p[n / 2] = 2, p[n - 1] = 3;
	return p[0] + p[n / 2] + p[n - 1];
}

NOINLINE uint64_t by_steps(int n)
{
	volatile uint8_t page[4096];
	page[0] = n;
	return n == 0 ? 0 : by_steps(n - 1) + (page[0] == (uint8_t)n);
}

int main(void)
{
	CHECK_EQ(at_once(100), 6);
	CHECK_EQ(at_once(4 << 20), 6);
	CHECK_EQ(by_steps(300), 300);
	CHECK_EQ(at_once(6 << 20), 6);
	TRUTH("calls at_once 3");
	TRUTH("calls by_steps 301");
	TRUTH("nesting by_steps 301");
	FINISH();
}
