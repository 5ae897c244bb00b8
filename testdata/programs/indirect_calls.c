// Indirect calls: tables of function pointers, callbacks, calls through memory,
// through each register, and a call site with many targets.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

#define TARGET(n) NOINLINE uint64_t target##n(uint64_t x) { return x + n; }
TARGET(0) TARGET(1) TARGET(2) TARGET(3) TARGET(4) TARGET(5) TARGET(6) TARGET(7)

typedef uint64_t (*function)(uint64_t);
static function volatile table[8] = {target0, target1, target2, target3,
				     target4, target5, target6, target7};

NOINLINE uint64_t polymorphic(int which, uint64_t x) { return table[which](x) + 1; }

NOINLINE int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

// A call through every register that can hold a target; the result in rdi.
uint64_t target;
#define THROUGH(reg)                                                         \
	({                                                                   \
		uint64_t result;                                             \
		target = (uint64_t)target5;                                  \
		asm volatile("lea -128(%%rsp), %%rsp\n\tpush %%" reg "\n\t" \
			     "mov target(%%rip), %%" reg "\n\t"            \
			     "mov $1000, %%edi\n\tcall *%%" reg "\n\t"      \
			     "mov %%rax, %%rdi\n\tpop %%" reg "\n\t"        \
			     "lea 128(%%rsp), %%rsp"                         \
			     : "=D"(result)                                  \
			     :: "rax", "rsi", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc"); \
		result;                                                      \
	})

int main(void)
{
	uint64_t sum = 0;
	for (int i = 0; i < 800; i++)
		sum += polymorphic(i % 8, i);
	CHECK_EQ(sum, 800 * 799 / 2 + 100 * 28 + 800);
	int numbers[] = {5, 3, 9, 1};
	qsort(numbers, 4, sizeof *numbers, compare);
	CHECK(numbers[0] == 1 && numbers[3] == 9);
	CHECK_EQ(THROUGH("rax"), 1005);
	CHECK_EQ(THROUGH("rbx"), 1005);
	CHECK_EQ(THROUGH("rcx"), 1005);
	CHECK_EQ(THROUGH("rdx"), 1005);
	CHECK_EQ(THROUGH("rsi"), 1005);
	CHECK_EQ(THROUGH("rbp"), 1005);
	CHECK_EQ(THROUGH("r8"), 1005);
	CHECK_EQ(THROUGH("r9"), 1005);
	CHECK_EQ(THROUGH("r10"), 1005);
	CHECK_EQ(THROUGH("r11"), 1005);
	CHECK_EQ(THROUGH("r12"), 1005);
	CHECK_EQ(THROUGH("r13"), 1005);
	CHECK_EQ(THROUGH("r14"), 1005);
	CHECK_EQ(THROUGH("r15"), 1005);
	TRUTH("calls polymorphic 800");
	TRUTH("calls target0 100");
	TRUTH("calls target5 114");
	TRUTH("called-by target7 polymorphic 100");
	FINISH();
}
