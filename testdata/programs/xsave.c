// FXSAVE, FXRSTOR, XSAVE, XSAVEC, XSAVEOPT and XRSTOR of a state that is known.
// build: gcc -g $FLAGS -mxsave -mxsavec -mxsaveopt -mavx -o $OUT $SOURCE
#include "truth.h"

static uint8_t area[8192] __attribute__((aligned(64)));
static uint8_t pattern[32] __attribute__((aligned(32)));
static uint8_t back[32] __attribute__((aligned(32)));

static void clear(void)
{
	memset(area, 0, sizeof area);
	memset(back, 0, sizeof back);
}

int main(void)
{
	if (!__builtin_cpu_supports("avx"))
		SKIP("no avx");
	for (int i = 0; i < 32; i++)
		pattern[i] = i + 1;
	clear();
	asm volatile("movdqa %2, %%xmm7\n\tfxsave64 (%1)\n\tpxor %%xmm7, %%xmm7\n\tfxrstor64 (%1)\n\tmovdqa %%xmm7, %0"
		     : "=m"(back) : "r"(area), "m"(pattern) : "xmm7", "memory");
	CHECK(memcmp(area + 160 + 7 * 16, pattern, 16) == 0);
	CHECK(memcmp(back, pattern, 16) == 0);
	CHECK_EQ(*(uint32_t *)(area + 24), 0x1f80);
	clear();
	asm volatile("movdqa %2, %%xmm7\n\tfxsave (%1)\n\tfxrstor (%1)" : "=m"(back) : "r"(area), "m"(pattern) : "xmm7", "memory");
	CHECK(memcmp(area + 160 + 7 * 16, pattern, 16) == 0);
#define ROUND(save, features, at)                                            \
	do {                                                                 \
		clear();                                                     \
		asm volatile("vmovdqa %2, %%ymm7\n\t" save " (%1)\n\tvpxor %%xmm7, %%xmm7, %%xmm7\n\t" \
			     "xrstor (%1)\n\tvmovdqa %%ymm7, %0"             \
			     : "=m"(back) : "r"(area), "m"(pattern), "a"(features), "d"(0) : "xmm7", "memory"); \
		CHECK_EQ(area[512] & (features), features);                  \
		CHECK(memcmp(area + 160 + 7 * 16, pattern, 16) == 0);        \
		CHECK(memcmp(area + at + 7 * 16, pattern + 16, 16) == 0);    \
		CHECK(memcmp(back, pattern, 32) == 0);                       \
	} while (0)
	ROUND("xsave", 6, 576);
	ROUND("xsavec", 6, 576);
	ROUND("xsaveopt", 6, 576);
	ROUND("xsave64", 6, 576);
	ROUND("xsavec64", 6, 576);
	uint32_t a, d;
	asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	CHECK_EQ(a & 7, 7);
	// rounding mode survives in MXCSR and the control word
	volatile float one = 1, three = 3;
	uint32_t csr = 0x1f80 | 0x2000, old = 0x1f80; // towards minus infinity
	asm volatile("ldmxcsr %0" ::"m"(csr));
	volatile float down = -one / three;
	asm volatile("ldmxcsr %0" ::"m"(old));
	volatile float nearest = -one / three;
	CHECK(down <= nearest);
	FINISH();
}
