// The direction flag, set by std and by popf, and as a signal handler returns:
// string instructions run backwards then.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include <ucontext.h>
#include "truth.h"

static unsigned char from[4096], to[4096];

static void backwards(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	r[REG_RIP] += 2; // ud2
	r[REG_EFL] |= 0x400;
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = backwards, .sa_flags = SA_SIGINFO};
	sigaction(SIGILL, &action, NULL);
	for (int i = 0; i < 4096; i++)
		from[i] = i * 7;
	void *d = to + 500, *s = from + 500;
	long n = 100;
	asm volatile("ud2\n\trep movsb\n\tcld" : "+D"(d), "+S"(s), "+c"(n) :: "memory");
	CHECK(!memcmp(to + 401, from + 401, 100) && to[400] == 0 && to[501] == 0);
	// red zone: the flags are pushed out of its way
	d = to + 1000, n = 20;
	asm volatile("sub $128, %%rsp\n\tpushf\n\torq $0x400, (%%rsp)\n\tpopf\n\trep stosq\n\tcld\n\tadd $128, %%rsp"
		     : "+D"(d), "+c"(n) : "a"(0x1111111111111111) : "memory");
	CHECK_EQ((unsigned char *)d - to, 1000 - 160);
	CHECK(to[1007] == 0x11 && to[1008] == 0 && to[848] == 0x11 && to[847] == 0);
	d = to + 2000, s = from + 2100, n = 50;
	asm volatile("std\n\trep movsq\n\tcld\n\tmovsb\n\tstosl" : "+D"(d), "+S"(s), "+c"(n) : "a"(0x22222222) : "memory");
	CHECK(!memcmp(to + 1609, from + 1709, 399) && to[1600] == from[1700] && to[1601] == 0x22);
	// a flag that comes back as it was does nothing
	d = to + 3000, n = 8;
	asm volatile("sub $128, %%rsp\n\tpushf\n\tcld\n\tpopf\n\trep stosb\n\tadd $128, %%rsp" : "+D"(d), "+c"(n) : "a"(3) : "memory");
	CHECK(to[3007] == 3 && to[3008] == 0 && to[2999] == 0);
	FINISH();
}
