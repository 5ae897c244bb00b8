// SIGILL from ud2 and SIGTRAP from int3 and int1, skipped or simply resumed.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include <ucontext.h>
#include "truth.h"

volatile int ill, trap;

static void on_ill(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	ill++;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
}

static void on_trap(int number) { (void)number, trap++; }

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_ill, .sa_flags = SA_SIGINFO};
	sigaction(SIGILL, &action, NULL);
	signal(SIGTRAP, on_trap);
	for (int i = 0; i < 5; i++)
		asm volatile("ud2");
	for (int i = 0; i < 4; i++)
		asm volatile("int3");
	asm volatile(".byte 0xcd, 3"); // int $3
	CHECK_EQ(ill, 5);
	CHECK_EQ(trap, 5);
	TRUTH("signals 4 5");
	TRUTH("signals 5 5");
	FINISH();
}
