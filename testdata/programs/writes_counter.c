// Writes to globals of every integer size, from loops and from two callers.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

volatile uint64_t counter;
volatile uint8_t small;
volatile uint16_t half;
volatile uint32_t word;
volatile struct { uint32_t before, field, after; } record;

NOINLINE void bump(int by) { counter += by; }

NOINLINE void by_ones(int n)
{
	for (int i = 0; i < n; i++)
		bump(1);
}

NOINLINE void by_tens(int n)
{
	for (int i = 0; i < n; i++)
		bump(10);
}

int main(void)
{
	by_ones(700);
	by_tens(300);
	CHECK_EQ(counter, 3700);
	small = 7, small = 8, small = 255;
	half = 0x1234, half = 0xffff;
	word = 5, word = 0xdeadbeef, word = 6, word++;
	for (int i = 0; i < 12; i++)
		record.field = i * i;
	CHECK_EQ(record.before + record.after, 0);

	TRUTH_VARIABLE(counter);
	TRUTH_VARIABLE(small);
	TRUTH_VARIABLE(half);
	TRUTH_VARIABLE(word);
	printf("truth variable field %#lx 4\n", (unsigned long)&record.field);
	TRUTH("writes counter 1000");
	TRUTH("writer counter bump 1000");
	TRUTH("calls bump 1000");
	TRUTH("called-by bump by_ones 700");
	TRUTH("called-by bump by_tens 300");
	TRUTH("values small 7 8 255");
	TRUTH("values half 0x1234 0xffff");
	TRUTH("values word 5 0xdeadbeef 6 7");
	TRUTH("writer field main 12");
	TRUTH("values field 0 1 4 9 16 25 36 49 64 81 100 121");
	FINISH();
}
