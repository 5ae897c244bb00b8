// An exit status of its own, atexit functions, constructors and destructors.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// ends: 42
#include "truth.h"

volatile int order;
__attribute__((constructor)) static void before(void) { order = order * 10 + 1; }
__attribute__((destructor)) static void after(void)
{
	order = order * 10 + 4;
	puts(order == 1234 ? "EXIT-SUCCESS" : "EXIT-FAILURE");
}
static void at_exit(void) { order = order * 10 + 3; }

int main(void)
{
	TRUTH_VARIABLE(order);
	TRUTH("values order 1 12 123 1234");
	TRUTH("calls at_exit 1");
	atexit(at_exit);
	order = order * 10 + 2;
	exit(42);
}
