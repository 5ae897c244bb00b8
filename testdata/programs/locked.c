// Locked operations: add to xor, inc, dec, neg, not, xadd, xchg, cmpxchg of all
// widths that succeed and fail, cmpxchg8b and 16b, bts/btr/btc, and fences.
// build: gcc -g $FLAGS -mcx16 -o $OUT $SOURCE
#include "truth.h"

static uint64_t m[4] __attribute__((aligned(16)));

int main(void)
{
	m[1] = 100;
	asm volatile("lock addq $5, 8(%0)\n\tlock subl $3, 8(%0)\n\tlock orb $1, 8(%0)\n\tlock andw $0xfff7, 8(%0)\n\t"
		     "lock xorq $0x10, 8(%0)\n\tlock incq 8(%0)\n\tlock decl 8(%0)\n\tlock notq 8(%0)\n\tlock negq 8(%0)"
		     :: "r"(m) : "memory", "cc");
	uint64_t want = ((((100 + 5 - 3) | 1) & ~8ull) ^ 0x10);
	CHECK_EQ(m[1], want + 1);
	uint64_t r = 7;
	asm volatile("lock xaddq %0, (%1)" : "+r"(r) : "r"(m + 1) : "memory");
	CHECK(r == want + 1 && m[1] == want + 8);
	uint8_t r8 = 200;
	m[1] = 0x1ff;
	asm volatile("lock xaddb %0, (%1)" : "+q"(r8) : "r"(m + 1) : "memory");
	CHECK(r8 == 0xff && m[1] == 0x1c7);
	r = 0x55;
	asm volatile("xchgq %0, (%1)\n\txchgb %b0, 16(%1)" : "+r"(r) : "r"(m) : "memory");
	CHECK(m[0] == 0x55 && r == 0 && m[2] == 0);

	for (int hit = 0; hit < 2; hit++) {
#define COMPARE(suffix, type, reg)                                           \
	do {                                                                 \
		type *p = (type *)m, expected = hit ? 9 : 8, old = expected; \
		unsigned char z;                                             \
		m[0] = 9;                                                    \
		asm volatile("lock cmpxchg" suffix " %" reg "3, (%2)\n\tsete %1" \
			     : "+a"(old), "=&q"(z) : "r"(p), "q"((type)77) : "memory", "cc"); \
		CHECK_EQ(z, hit);                                            \
		CHECK_EQ(old, 9);                                            \
		CHECK_EQ(*p, hit ? 77 : 9);                                  \
	} while (0)
		COMPARE("b", uint8_t, "b");
		COMPARE("w", uint16_t, "w");
		COMPARE("l", uint32_t, "k");
		COMPARE("q", uint64_t, "q");
		unsigned char z;
		uint64_t a = hit ? 1 : 0, d = 2;
		m[0] = 1, m[1] = 2;
		asm volatile("lock cmpxchg16b (%3)\n\tsete %2" : "+a"(a), "+d"(d), "=q"(z)
			     : "r"(m), "b"(10ul), "c"(20ul) : "memory", "cc");
		CHECK(z == hit && a == 1 && d == 2);
		CHECK(hit ? m[0] == 10 && m[1] == 20 : m[0] == 1 && m[1] == 2);
		uint32_t a4 = hit ? 0x11 : 3, d4 = 0x22;
		m[2] = 0x2200000011;
		asm volatile("cmpxchg8b (%3)\n\tsete %2" : "+a"(a4), "+d"(d4), "=q"(z)
			     : "r"(m + 2), "b"(5), "c"(6) : "memory", "cc");
		CHECK(z == hit && a4 == 0x11 && d4 == 0x22);
		CHECK_EQ(m[2], hit ? 0x600000005 : 0x2200000011);
	}
	m[3] = 0;
	unsigned char c;
	asm volatile("lock btsq $40, (%1)\n\tlock btsl $3, (%1)\n\tlock btcl $3, (%1)\n\tlock btrq $40, (%1)\n\tsetc %0"
		     : "=q"(c) : "r"(m + 3) : "memory", "cc");
	CHECK(c == 1 && m[3] == 0);
	static _Atomic uint64_t shared;
	for (int i = 0; i < 1000; i++)
		shared += i;
	__sync_synchronize();
	asm volatile("mfence\n\tlfence\n\tsfence\n\tpause" ::: "memory");
	CHECK_EQ(shared, 499500);
	TRUTH_VARIABLE(shared);
	TRUTH("writes shared 1000");
	FINISH();
}
