// What a handler sees and changes of the interrupted registers: general ones
// (r15 too), flags, a vector register, and where to go on.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include <ucontext.h>
#include "truth.h"

static greg_t seen[NGREG];
static uint32_t xmm_seen;

static void on_ill(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
	memcpy(seen, m->gregs, sizeof seen);
	xmm_seen = m->fpregs->_xmm[9].element[0];
	m->gregs[REG_RIP] += 2; // over ud2
	m->gregs[REG_R15] ^= 0xff;
	m->gregs[REG_RBX] += 5;
	m->gregs[REG_EFL] |= 1; // carry
	m->fpregs->_xmm[9].element[0] = 77;
}

// probe(in, out): fills registers, faults, stores them.
asm(".text\n.globl probe\n.type probe,@function\nprobe:\n"
    "push %rbx\npush %rbp\npush %r12\npush %r13\npush %r14\npush %r15\npush %rsi\n"
    "movq (%rdi), %xmm9\nmov 8(%rdi), %rax\nmov 16(%rdi), %rbx\nmov 24(%rdi), %rcx\n"
    "mov 32(%rdi), %rdx\nmov 40(%rdi), %rbp\nmov 48(%rdi), %r8\nmov 56(%rdi), %r9\n"
    "mov 64(%rdi), %r10\nmov 72(%rdi), %r11\nmov 80(%rdi), %r12\nmov 88(%rdi), %r13\n"
    "mov 96(%rdi), %r14\nmov 104(%rdi), %r15\n"
    "clc\nud2\n"
    "pop %rsi\n"
    "mov %r15, 0(%rsi)\nmov %rbx, 8(%rsi)\nsetc 16(%rsi)\nmovq %xmm9, 24(%rsi)\nmov %r14, 32(%rsi)\n"
    "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbp\npop %rbx\nret\n.size probe,.-probe\n");
void probe(const uint64_t *in, uint64_t *out);

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_ill, .sa_flags = SA_SIGINFO};
	sigaction(SIGILL, &action, NULL);
	for (int round = 0; round < 3; round++) {
		uint64_t in[14], out[5] = {0};
		for (int i = 0; i < 14; i++)
			in[i] = 0x1111111111111111ull * i + round;
		in[0] = 33;
		probe(in, out);
		CHECK_EQ(seen[REG_RAX], in[1]);
		CHECK_EQ(seen[REG_RBX], in[2]);
		CHECK_EQ(seen[REG_RCX], in[3]);
		CHECK_EQ(seen[REG_RDX], in[4]);
		CHECK_EQ(seen[REG_RBP], in[5]);
		CHECK_EQ(seen[REG_R8], in[6]);
		CHECK_EQ(seen[REG_R11], in[9]);
		CHECK_EQ(seen[REG_R14], in[12]);
		CHECK_EQ(seen[REG_R15], in[13]);
		CHECK_EQ(seen[REG_RIP] - (uint64_t)probe < 200, 1);
		CHECK_EQ(xmm_seen, 33);
		CHECK_EQ(out[0], in[13] ^ 0xff);
		CHECK_EQ(out[1], in[2] + 5);
		CHECK_EQ(out[2] & 1, 1);
		CHECK_EQ(out[3], 77);
		CHECK_EQ(out[4], in[12]);
	}
	TRUTH("signals 4 3");
	TRUTH("calls probe 3");
	FINISH();
}
