// A SIGSEGV handler that makes the page writable; the instruction runs again.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include "truth.h"

static char *area;
volatile int handled;

NOINLINE void on_segv(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	handled++;
	char *page = (char *)((uintptr_t)info->si_addr & ~4095ul);
	if (mprotect(page, 4096, PROT_READ | PROT_WRITE) != 0)
		_Exit(3);
}

int main(void)
{
	area = mmap(NULL, 16 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
	sigaction(SIGSEGV, &action, NULL);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 16; i++)
			area[i * 4096 + 5] = i + round;
	CHECK_EQ(handled, 16);
	mprotect(area, 4096, PROT_READ);
	uint64_t sum = area[5]; // a read needs no handler
	sum += __atomic_add_fetch((uint64_t *)(area + 8), 7, __ATOMIC_SEQ_CST);
	CHECK_EQ(sum, 1 + 7);
	CHECK_EQ(handled, 17);
	for (int i = 1; i < 16; i++)
		CHECK_EQ(area[i * 4096 + 5], i + 1);
	TRUTH_VARIABLE(handled);
	TRUTH("writes handled 17");
	TRUTH("writer handled on_segv 17");
	TRUTH("signals 11 17");
	TRUTH("calls on_segv 17");
	FINISH();
}
