// ah, bh, ch and dh as sources and destinations, with and without memory.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

static uint8_t m[16];

int main(void)
{
	uint64_t a, b, c, d;
	asm volatile("mov $0x1122334455667788, %%rax\n\tmov %%rax, %%rbx\n\tmov %%rax, %%rcx\n\tmov %%rax, %%rdx\n\t"
		     "mov $0xa1, %%ah\n\tmov %%ah, %%bl\n\tmov %%bh, %%ch\n\tadd %%ah, %%dh\n\txchg %%al, %%ah\n\t"
		     "mov %%ch, (%4)\n\tadd %%dh, (%4)\n\tmov (%4), %%bh\n\txor %%bh, 1(%4)\n\tmovb $7, 2(%4)\n\tsub 2(%4), %%ch\n\t"
		     "xchg %%dl, 2(%4)\n\txchg 2(%4), %%dh\n\tnot %%bh\n\tsetc %%ch\n\tmovzbl %%ah, %%edx"
		     : "=a"(a), "=&b"(b), "=&c"(c), "=&d"(d) : "D"(m) : "memory", "cc");
	CHECK_EQ(a, 0x11223344556688a1);
	CHECK_EQ(b, 0x1122334455667000 | 0xa1 | (uint64_t)(uint8_t)~(uint8_t)(0x77 + 0x18) << 8);
	CHECK_EQ(c & 0xffffffffffff00ff, 0x1122334455660088);
	CHECK_EQ(d, 0x88);
	CHECK_EQ(m[0], 0x8f);
	CHECK_EQ(m[1], 0x8f);
	CHECK_EQ(m[2], 0x18);
	asm volatile("mov $0x1234, %%eax\n\timul %%ah\n\tmov $10, %%bl\n\tidiv %%bl\n\tmov %%ah, %%cl"
		     : "=a"(a), "=c"(c) :: "rbx", "cc");
	CHECK_EQ(c & 0xff, 0x34 * 0x12 % 10);
	asm volatile("mov $0x40, %%ah\n\tsahf\n\tsete %%bl\n\tlahf\n\tmov %%ah, %%cl" : "=&b"(b), "=&c"(c) :: "rax", "cc");
	CHECK_EQ(b & 0xff, 1);
	CHECK_EQ(c & 0x40, 0x40);
	FINISH();
}
