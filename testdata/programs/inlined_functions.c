// Inlined functions two levels deep whose line numbers matter; DWARF 4.
// build: gcc -gdwarf-4 $FLAGS -o $OUT $SOURCE
#include "truth.h"

volatile int cell;

static inline __attribute__((always_inline)) void innermost(int x)
{
	cell = x;
}
static inline __attribute__((always_inline)) void between(int x)
{
	innermost(x * 2);
	innermost(x * 2 + 1);
}
NOINLINE void outer(int x) { between(x); }

int main(void)
{
	for (int i = 0; i < 5; i++)
		outer(i);
	TRUTH_VARIABLE(cell);
	TRUTH("values cell 0 1 2 3 4 5 6 7 8 9");
	TRUTH("writer cell innermost 10");
	TRUTH("calls outer 5");
	TRUTH("calls innermost 0");
	FINISH();
}
