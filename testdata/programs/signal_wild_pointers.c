// Reads and writes through wild pointers, all over the address space: each
// faults, and a handler skips the instruction. Nothing that an observer keeps in
// the process may be found that way.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>
#include "truth.h"

static volatile unsigned long faults, tried;

static void skip(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	faults++;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 3;
}

// Two instructions of three bytes each.
static NOINLINE void touch(unsigned long address)
{
	unsigned long value = 1, heap = (unsigned long)sbrk(0) - address;
	if (heap < 1 << 20)
		return; // a static program's heap lies anywhere
	tried += 2;
	asm volatile("mov (%1), %0\n\tmov %0, (%1)" : "+a"(value) : "D"(address) : "memory");
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};
	sigaction(SIGSEGV, &action, NULL);
	// null pointers and below 2 GB, where small integers taken for pointers lead
	for (unsigned long a = 8; a < 1ul << 31; a += 0x2000000 + 8 * a)
		touch(a);
	for (unsigned long bit = 33; bit < 46; bit++)
		touch(1ul << bit);
	// near this program, where its own pointers lead when an index runs away
	touch((unsigned long)main - 0x4f000000);
	touch((unsigned long)main + 0x50000000);
	touch(0x8000000000000000); // not even an address
	CHECK_EQ(faults, tried);
	TRUTH("signals 11 %lu", faults);
	FINISH();
}
