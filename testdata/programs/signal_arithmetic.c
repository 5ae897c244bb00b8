// SIGFPE from div and idiv; the handler repairs the divisor or skips.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include <ucontext.h>
#include "truth.h"

volatile int handled;

static void on_fpe(int number, siginfo_t *info, void *context)
{
	(void)number;
	handled += info->si_code == FPE_INTDIV;
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RCX] = 3;
}

NOINLINE uint64_t divide(uint64_t a, uint64_t b)
{
	uint64_t q, r;
	asm volatile("div %%rcx" : "=a"(q), "=d"(r), "+c"(b) : "a"(a), "d"(0ul));
	return q * 100 + r;
}

NOINLINE int32_t divide_signed(int32_t a, int32_t b)
{
	int32_t q;
	asm volatile("cltd\n\tidiv %%ecx" : "=a"(q), "+c"(b) : "a"(a) : "rdx");
	return q;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};
	sigaction(SIGFPE, &action, NULL);
	CHECK_EQ(divide(17, 5), 302);
	CHECK_EQ(divide(17, 0), 502);
	CHECK_EQ(divide_signed(-17, 5), (int32_t)-3);
	CHECK_EQ(divide_signed(INT32_MIN, -1), (int32_t)(INT32_MIN / 3)); // overflow
	CHECK_EQ(divide_signed(9, 0), 3);
	CHECK_EQ(handled, 3);
	TRUTH_VARIABLE(handled);
	TRUTH("values handled 1 2 3");
	TRUTH("signals 8 3");
	TRUTH("calls divide 2");
	FINISH();
}
