// Calls to nowhere: a null pointer, an unmapped page, memory that may not be
// executed, a non-canonical address. The handler returns for the callee.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include <ucontext.h>
#include "truth.h"

volatile int handled;
static greg_t last_rip;

static void on_segv(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	handled++;
	last_rip = r[REG_RIP];
	r[REG_RIP] = *(greg_t *)r[REG_RSP];
	r[REG_RSP] += 8;
	r[REG_RAX] = 55;
}

static char data[64] = {0x90, 0xc3};

NOINLINE int call(uint64_t where) { return ((int (*)(void))where)(); }

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
	sigaction(SIGSEGV, &action, NULL);
	CHECK_EQ(call(0), 55);
	CHECK_EQ(last_rip, 0);
	CHECK_EQ(call(0x10000), 55);
	CHECK_EQ(last_rip, 0x10000);
	CHECK_EQ(call((uint64_t)data), 55);
	CHECK_EQ(last_rip, (uint64_t)data);
	CHECK_EQ(handled, 3);
	TRUTH_VARIABLE(handled);
	TRUTH("values handled 1 2 3");
	TRUTH("calls call 3");
	TRUTH("signals 11 3");
	FINISH();
}
