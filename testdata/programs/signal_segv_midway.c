// Faults in the middle of instructions that do more than one thing: REP MOVS
// that crosses into a protected page, push, call and xchg on protected memory,
// and a load; each is repaired by the handler and completes.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "truth.h"

static char alternate[65536];
volatile uint64_t handled, rcx_seen;

static void on_segv(int number, siginfo_t *info, void *context)
{
	(void)number;
	handled++;
	rcx_seen = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RCX];
	mprotect((char *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE);
}

uint64_t called;
__attribute__((used)) void callee(void) { called++; }

int main(void)
{
	stack_t ss = {.ss_sp = alternate, .ss_size = sizeof alternate};
	sigaltstack(&ss, NULL);
	struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	sigaction(SIGSEGV, &action, NULL);
	char *area = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	static char source[8192];
	for (int i = 0; i < 8192; i++)
		source[i] = i * 7;
	mprotect(area + 4096, 4096, PROT_NONE);
	void *d = area + 1000, *s = source;
	uint64_t n = 6000;
	asm volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory");
	CHECK(memcmp(area + 1000, source, 6000) == 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(handled, 1);
	CHECK_EQ(rcx_seen, 6000 - (4096 - 1000));

	mprotect(area + 4096, 4096, PROT_NONE);
	d = area + 8000, n = 4000; // backwards
	asm volatile("std\n\trep stosb\n\tcld" : "+D"(d), "+c"(n) : "a"(0x5a) : "memory");
	CHECK_EQ(handled, 2);
	CHECK(area[8000] == 0x5a && area[4001] == 0x5a && area[4000] != 0x5a);

	mprotect(area + 3 * 4096, 4096, PROT_NONE);
	uint64_t popped, top = (uint64_t)area + 4 * 4096;
	asm volatile("mov %%rsp, %%rbx\n\tmov %1, %%rsp\n\tpushq $0x1234\n\tpop %0\n\tmov %%rbx, %%rsp"
		     : "=&r"(popped) : "r"(top) : "rbx", "memory");
	CHECK_EQ(popped, 0x1234);
	CHECK_EQ(handled, 3);

	mprotect(area + 3 * 4096, 4096, PROT_NONE);
	asm volatile("mov %%rsp, %%rbx\n\tmov %0, %%rsp\n\tcall callee\n\tmov %%rbx, %%rsp"
		     :: "r"(top)
		     : "rbx", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
	CHECK_EQ(handled, 4);
	CHECK_EQ(called, 1);

	mprotect(area + 5 * 4096, 4096, PROT_NONE);
	volatile uint64_t *cell = (volatile uint64_t *)(area + 5 * 4096), value = 99;
	asm volatile("xchg %0, (%1)" : "+r"(value) : "r"(cell) : "memory");
	CHECK(value == 0 && *cell == 99);
	mprotect(area + 5 * 4096, 4096, PROT_NONE);
	asm volatile("movq (%1), %%xmm3\n\tmovq %%xmm3, %0" : "=r"(value) : "r"(cell) : "xmm3");
	CHECK_EQ(value, 99);
	mprotect(area + 5 * 4096, 4096, PROT_READ);
	cell[1] = 5, cell[2] = 6;
	CHECK_EQ(cell[1] * 10 + cell[2], 56);
	CHECK_EQ(handled, 7);
	TRUTH("signals 11 7");
	TRUTH("calls callee 1");
	FINISH();
}
