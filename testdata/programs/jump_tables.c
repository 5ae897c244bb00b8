// Switches as jump tables, computed goto (an interpreter), jrcxz, jecxz, loop,
// loope and loopne.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

NOINLINE int choose(int x)
{
	switch (x) {
	case 0: return 11;
	case 1: return 7;
	case 2: return 23;
	case 3: return 5;
	case 4: return 17;
	case 5: return 3;
	case 6: return 29;
	case 7: return 2;
	case 9: return 31;
	default: return -1;
	}
}

enum { PUSH, ADD, MUL, DUP, LOOP, END };
NOINLINE int64_t interpret(const int *code)
{
	static void *labels[] = {&&push, &&add, &&mul, &&dup, &&loop, &&end};
	int64_t stack[16], *top = stack, count = 0;
	const int *pc = code;
#define NEXT goto *labels[*pc++]
	NEXT;
push: *top++ = *pc++; NEXT;
add: top--, top[-1] += top[0]; NEXT;
mul: top--, top[-1] = top[-1] * top[0] % 1000003; NEXT;
dup: *top = top[-1], top++; NEXT;
loop: pc = ++count < 500 ? code + pc[0] : pc + 1; NEXT;
end: return top[-1];
}

int main(void)
{
	int sum = 0;
	for (int i = 0; i < 1000; i++)
		sum += choose(i % 12);
	CHECK_EQ(sum, 83 * (11 + 7 + 23 + 5 + 17 + 3 + 29 + 2 + 31 - 3) + 11 + 7 + 23 + 5);
	int code[] = {PUSH, 2, PUSH, 3, MUL, DUP, ADD, LOOP, 2, END};
	int64_t want = 2;
	for (int i = 0; i < 500; i++)
		want = want * 3 % 1000003 * 2;
	CHECK_EQ(interpret(code), want);
	uint64_t n, c;
	asm volatile("xor %0, %0\n\tmov $10, %%ecx\n1:\tinc %0\n\tloop 1b\n\tjrcxz 2f\n\tadd $100, %0\n2:" : "=&r"(n), "=&c"(c));
	CHECK_EQ(n, 10);
	asm volatile("xor %0, %0\n\tmov $10, %%ecx\n1:\tinc %0\n\tcmp $4, %0\n\tloopne 1b" : "=&r"(n), "=&c"(c) :: "cc");
	CHECK(n == 4 && c == 6);
	asm volatile("xor %0, %0\n\tmov $10, %%ecx\n1:\tinc %0\n\tcmp %0, %0\n\tloope 1b" : "=&r"(n), "=&c"(c) :: "cc");
	CHECK(n == 10 && c == 0);
	asm volatile("mov $0x100000000, %%rcx\n\txor %0, %0\n\tjrcxz 1f\n\tinc %0\n1:\tjecxz 2f\n\tadd $10, %0\n2:\tmov $1, %%ecx\n\tloop 1b\n\tjecxz 3f\n\tadd $50, %0\n3:"
		     : "=&r"(n), "=&c"(c) :: "cc");
	CHECK_EQ(n, 1);
	asm volatile("mov $0x100000002, %%rcx\n\txor %0, %0\n1:\tinc %0\n\taddr32 loop 1b" : "=&r"(n), "=&c"(c) :: "cc");
	CHECK_EQ(n, 2);
	TRUTH("calls choose 1000");
	TRUTH("calls interpret 1");
	FINISH();
}
