// Calls and jumps through memory that a 32-bit address names, while the upper
// halves of the registers hold something else; ecx as a counter.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <sys/mman.h>
#include "truth.h"

static volatile int called;
static NOINLINE void callee(void) { called++; }

int main(void)
{
	void **low = mmap((void *)0x41000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	low[1] = (void *)callee;
	asm volatile("mov %%rsp, %%r12\n\tsub $256, %%rsp\n\tand $-16, %%rsp\n\t"
		     "mov $0x7fff41000000, %%rax\n\tcall *8(%%eax)\n\t"
		     "mov $0x7fff41000000, %%r15\n\tmov $-1, %%rcx\n\tcall *16(%%r15d,%%ecx,8)\n\tmov %%r12, %%rsp"
		     ::: "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r15", "memory", "cc");
	CHECK_EQ(called, 2);
	uint64_t steps = 0;
	asm volatile("lea 1f(%%rip), %%rdx\n\tmov %%rdx, 32(%1)\n\tmov $0x700000004, %%rcx\n\tmov $0xfff41000000, %%rax\n\t"
		     "jmp *(%%eax,%%ecx,8)\n\tud2\n"
		     "1:\tmov $0xf00000000, %%rcx\n\tjecxz 2f\n\tud2\n"
		     "2:\tmov $0x500000003, %%rcx\n3:\tinc %0\n\taddr32 loop 3b\n\tjrcxz 4f\n\tud2\n4:"
		     : "+r"(steps) : "r"(low) : "rax", "rcx", "rdx", "memory", "cc");
	CHECK_EQ(steps, 3);
	FINISH();
}
