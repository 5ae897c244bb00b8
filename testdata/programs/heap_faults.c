// Faults of memory: leaks, a double free that the allocator catches, writes after free.
// build: gcc -g -fno-builtin -Wno-use-after-free $FLAGS -o $OUT $SOURCE
#include <setjmp.h>
#include <signal.h>
#include "truth.h"

static sigjmp_buf caught;
static void on_abort(int number)
{
	siglongjmp(caught, number);
}

NOINLINE void *get(size_t n) { return malloc(n); }
NOINLINE void put(void *p) { free(p); }
NOINLINE void set(volatile uint64_t *p, uint64_t v) { *p = v; }

int main(void)
{
	uint64_t *kept = get(100), *lost = calloc(3, 40), *gone = get(48), *other = get(48);
	set(kept, 1), set(lost, 2), set(gone, 3), set(other, 4);
	put(gone);
	set(gone + 4, 5); // after free
	uint64_t *again = get(48);
	CHECK(again == gone);
	set(gone + 4, 6); // allocated again
	put(other);
	struct sigaction action = {.sa_handler = on_abort};
	sigaction(SIGABRT, &action, NULL);
	if (sigsetjmp(caught, 1) == 0) {
		put(other);
		CHECK(0);
	}
	again = realloc(again, 3000);
	set(gone + 4, 7); // moved away
	put(again);
	CHECK(kept[0] == 1 && lost[0] == 2);
	TRUTH("calls put 4");
	TRUTH("calls get 4");
	FINISH();
}
