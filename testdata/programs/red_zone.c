// Leaf functions that live in the red zone below rsp, across loops, calls made
// by their callers, and signals.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include <signal.h>
#include "truth.h"

asm(".text\n.globl leaf\n.type leaf,@function\nleaf:\n"
    "mov %rdi, -8(%rsp)\nmov %rsi, -16(%rsp)\nmovq $0, -24(%rsp)\nmov %rbx, -128(%rsp)\nmov $0x5555, %ebx\n"
    "1: mov -16(%rsp), %rax\nadd %rax, -24(%rsp)\ndecq -8(%rsp)\njnz 1b\n"
    "lea 2f(%rip), %rcx\njmp *%rcx\n.byte 0x0f,0x0b\n2: ud2\n"
    "mov -24(%rsp), %rax\nmov -128(%rsp), %rbx\nret\n.size leaf,.-leaf\n");
uint64_t leaf(uint64_t n, uint64_t x);

#include <ucontext.h>
volatile int handled;
static void on_ill(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	volatile char noise[4096];
	for (int i = 0; i < 4096; i++)
		noise[i] = i;
	handled += noise[7] == 7;
	((ucontext_t *)context)->uc_mcontext.gregs[16] += 2; // REG_RIP
}

NOINLINE uint64_t sum_squares(int n)
{
	volatile uint64_t a[8] = {0};
	for (int i = 0; i < n; i++)
		a[i & 7] += (uint64_t)i * i;
	return a[0] + a[1] + a[2] + a[3] + a[4] + a[5] + a[6] + a[7];
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_ill, .sa_flags = SA_SIGINFO};
	sigaction(SIGILL, &action, NULL);
	uint64_t kept = 0x1234;
	for (int i = 1; i < 20; i++) {
		CHECK_EQ(leaf(i, i + 5), (uint64_t)i * (i + 5));
		kept++;
	}
	CHECK_EQ(kept, 0x1234 + 19);
	CHECK_EQ(sum_squares(100), 328350);
	TRUTH("signals 4 19");
	TRUTH("calls leaf 19");
	FINISH();
}
