// Jumps, calls and returns to what is no address: they fault in front of the
// branch, with nothing pushed or popped. To addresses without code, and of the
// kernel: they fault behind it.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include <ucontext.h>
#include "truth.h"

static volatile unsigned long faults, stack_at_fault, below_stack, at_target;

// Continues at the address in r12 with the stack in r13.
static void go_on(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	faults++;
	stack_at_fault = r[REG_R13] - r[REG_RSP];
	below_stack = ((unsigned long *)r[REG_RSP])[-1];
	at_target = r[REG_RIP] == r[REG_RAX];
	r[REG_RIP] = r[REG_R12];
	r[REG_RSP] = r[REG_R13];
}

// rax is the address; the words around rsp are known.
#define FAULTING(branch, address)                                                      \
	asm volatile("mov %%rsp, %%r13\n\tsub $1024, %%rsp\n\tlea 1f(%%rip), %%r12\n\t" \
		     "movq $0x1234, -8(%%rsp)\n\tmov %%rax, 8(%%rsp)\n\tmov %%rax, (%%rsp)\n\t" \
		     branch "\n1:\tnop" :: "a"(address) : "rcx", "r12", "r13", "memory", "cc")

#define EXPECT(popped, below, reached)             \
	CHECK_EQ(stack_at_fault, 1024 - (popped)); \
	CHECK_EQ(below_stack, below);              \
	CHECK_EQ(at_target, reached)

int main(void)
{
	struct sigaction action = {.sa_sigaction = go_on, .sa_flags = SA_SIGINFO};
	sigaction(SIGSEGV, &action, NULL);
	const unsigned long none[] = {0x4141414141414141, 0x800000000000, 0xffff7fffffffffff};
	for (int i = 0; i < 3; i++) {
		FAULTING("jmp *%%rax", none[i]);
		EXPECT(0, 0x1234, 0);
		FAULTING("jmp *8(%%rsp)", none[i]);
		EXPECT(0, 0x1234, 0);
		FAULTING("call *%%rax", none[i]);
		EXPECT(0, 0x1234, 0);
		FAULTING("call *(%%rsp)", none[i]);
		EXPECT(0, 0x1234, 0);
		FAULTING("ret", none[i]);
		EXPECT(0, 0x1234, 0);
		FAULTING("ret $16", none[i]);
		EXPECT(0, 0x1234, 0);
	}
	CHECK_EQ(faults, 18);
	const unsigned long empty[] = {0, 0x123456789000, 0xffffffff81000000, (unsigned long)&faults};
	for (int i = 0; i < 4; i++) {
		FAULTING("jmp *%%rax", empty[i]);
		EXPECT(0, 0x1234, 1);
		FAULTING("call *%%rax", empty[i]);
		CHECK_EQ(stack_at_fault, 1024 + 8);
		CHECK_EQ(at_target, 1);
		FAULTING("ret", empty[i]);
		EXPECT(8, empty[i], 1);
	}
	TRUTH("signals 11 %lu", faults);
	FINISH();
}
