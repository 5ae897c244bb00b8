// push and pop of every register, of memory, of immediates, of rsp, in 16 and
// 64 bits, pop relative to rsp, pushf and popf, enter and leave.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

uint64_t out[20], cell = 0x1234567890abcdef, popped[4];

// all_registers: each register gets its number, all are pushed and popped into out.
asm(".text\n.globl all_registers\n.type all_registers,@function\nall_registers:\n"
    "push %rbx\npush %rbp\npush %r12\npush %r13\npush %r14\npush %r15\n"
    "mov $1,%eax\nmov $2,%ebx\nmov $3,%ecx\nmov $4,%edx\nmov $5,%esi\nmov $6,%edi\nmov $7,%ebp\n"
    "mov $8,%r8d\nmov $9,%r9d\nmov $10,%r10d\nmov $11,%r11d\nmov $12,%r12d\nmov $13,%r13d\nmov $14,%r14d\nmov $15,%r15d\n"
    "push %rax\npush %rbx\npush %rcx\npush %rdx\npush %rsi\npush %rdi\npush %rbp\n"
    "push %r8\npush %r9\npush %r10\npush %r11\npush %r12\npush %r13\npush %r14\npush %r15\n"
    "pop out+112(%rip)\npop out+104(%rip)\npop out+96(%rip)\npop out+88(%rip)\npop out+80(%rip)\n"
    "pop out+72(%rip)\npop out+64(%rip)\npop out+56(%rip)\npop out+48(%rip)\npop out+40(%rip)\n"
    "pop out+32(%rip)\npop out+24(%rip)\npop out+16(%rip)\npop out+8(%rip)\npop out(%rip)\n"
    "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbp\npop %rbx\nret\n.size all_registers,.-all_registers\n");
void all_registers(void);

// stack_forms(out): odd forms; checks rsp by storing differences.
asm(".text\n.globl stack_forms\n.type stack_forms,@function\nstack_forms:\n"
    "push %rbp\npush %rbx\npush %r15\nmov %rsp, %rbx\n"
    "push %rsp\npop %rax\nsub %rbx, %rax\nmov %rax, 0(%rdi)\n"         // 0: rsp before the push
    "push cell(%rip)\npop 8(%rdi)\n"                                   // cell
    "push $-1\npop 16(%rdi)\npush $0x7fffffff\npop 24(%rdi)\n"
    "pushw $0x1122\npushw cell(%rip)\npopw 32(%rdi)\npopw 34(%rdi)\n"
    "push $7\npush $8\nmov %rsp, %rax\npop 8(%rsp)\nsub %rsp, %rax\nmov %rax, 40(%rdi)\n" // -8; 8(%rsp) after
    "pop 48(%rdi)\nmov %rbx, %rsp\n"
    "push $1\npush $2\npush $3\npush 16(%rsp)\npop 56(%rdi)\n"         // 1
    "mov $5, %r15\npush %r15\npush (%rsp)\npop %r15\npush (%rsp,%r15,8)\npop 64(%rdi)\n"
    "mov %rbx, %rsp\n"
    "mov %rsp, %rax\npush %rax\npop %rsp\nsub %rbx, %rsp\nmov %rsp, 72(%rdi)\nmov %rbx, %rsp\n" // 0
    "stc\npushfq\npop %rax\nand $1, %eax\nmov %rax, 80(%rdi)\n"
    "push $0x8d7\npopfq\npushfq\npop %rax\nmov %rax, 88(%rdi)\ncld\n"
    "pushfw\npopfw\n"
    "mov %rsp, %rbp\nenter $32, $0\nmov %rbp, %rax\nsub %rsp, %rax\nmov %rax, 96(%rdi)\nleave\n"
    "mov %rbp, %rax\nsub %rbx, %rax\nmov %rax, 104(%rdi)\n"
    "push $0x77\npush $0x66\nlea 16(%rsp), %rbp\nenter $16, $2\nmov (%rbp), %rax\nsub %rbx, %rax\nmov %rax, 112(%rdi)\n"
    "leave\nmov %rbx, %rsp\n"
    "push %fs\npop %rax\nmov %rax, 120(%rdi)\n"
    "pop %r15\npop %rbx\npop %rbp\nret\n.size stack_forms,.-stack_forms\n");
void stack_forms(uint64_t *results);

int main(void)
{
	all_registers();
	for (int i = 0; i < 15; i++)
		CHECK_EQ(out[i], i + 1);
	uint64_t r[16] = {0};
	stack_forms(r);
	CHECK_EQ(r[0], 0);
	CHECK_EQ(r[1], cell);
	CHECK_EQ(r[2], ~0ull);
	CHECK_EQ(r[3], 0x7fffffff);
	CHECK_EQ(r[4], 0x1122cdef);
	CHECK_EQ(r[5], (uint64_t)-8);
	CHECK_EQ(r[7], 1);
	CHECK_EQ(r[9], 0);
	CHECK_EQ(r[10], 1);
	CHECK_EQ(r[11] & 0x8d5, 0x8d5);
	CHECK_EQ(r[12], 32);
	CHECK_EQ(r[13], 0);
	CHECK_EQ(r[14], 0);
	CHECK_EQ(r[15], 0);
	TRUTH_VARIABLE(out);
	TRUTH("writes out 15");
	TRUTH("values out 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1");
	FINISH();
}
