// Thread-local storage of the one thread: initialised, zero, in loops, large.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include <errno.h>
#include <unistd.h>
#include "truth.h"

__thread volatile uint64_t counter = 1000;
__thread volatile uint32_t zero;
static __thread volatile uint8_t large[5000];

NOINLINE void bump(void) { counter++; }

int main(void)
{
	for (int i = 0; i < 250; i++)
		bump();
	for (int i = 0; i < 5000; i++)
		large[i] = i;
	zero += large[300];
	CHECK_EQ(counter, 1250);
	CHECK_EQ(zero, 44);
	CHECK(close(-1) == -1 && errno == EBADF);
	TRUTH_VARIABLE(counter);
	TRUTH_VARIABLE(large);
	TRUTH_VARIABLE(zero);
	TRUTH("writer counter bump 250");
	TRUTH("writer large main 5000");
	TRUTH("writer zero main 1");
	FINISH();
}
