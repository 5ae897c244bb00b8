// AVX and AVX2 stores: 128 and 256 bits, masked, extracted, streaming; gathers.
// build: gcc -g $FLAGS -mavx2 -mf16c -o $OUT $SOURCE
#include "truth.h"

static uint8_t m[256] __attribute__((aligned(64)));
static uint8_t pattern[64] __attribute__((aligned(64)));

#define STORE(insn, at, n, skip)                                             \
	do {                                                                 \
		memset(m, 0xee, sizeof m);                                   \
		asm volatile("vmovdqa %0, %%ymm5\n\tvmovdqa %0, %%ymm13\n\t" insn \
			     :: "m"(pattern), "D"(m), "a"(2)                 \
			     : "memory", "xmm4", "xmm5", "xmm13");           \
		for (int i = 0; i < 256; i++)                                \
			CHECK_EQ(m[i], i >= (at) && i < (at) + (n) ? pattern[(skip) + i - (at)] : 0xee); \
	} while (0)

// MASKED stores under a mask of elements of `width` bytes: bit i of `bits`.
#define MASKED(insn, vector, width, bits)                                    \
	do {                                                                 \
		uint8_t k[32] = {0};                                         \
		for (int i = 0; i < vector / width; i++)                     \
			if ((bits) >> i & 1)                                 \
				k[i * width + width - 1] = 0x80;             \
		memset(m, 0xee, sizeof m);                                   \
		asm volatile("vmovdqa %0, %%ymm5\n\tvmovdqu %1, %%ymm6\n\t" insn \
			     :: "m"(pattern), "m"(k), "D"(m + 21)            \
			     : "memory", "xmm5", "xmm6");                    \
		for (int i = 0; i < 256; i++) {                              \
			int e = i - 21;                                      \
			int hit = e >= 0 && e < vector && (bits) >> (e / width) & 1; \
			CHECK_EQ(m[i], hit ? pattern[e] : 0xee);             \
		}                                                            \
	} while (0)

int main(void)
{
	if (!__builtin_cpu_supports("avx2"))
		SKIP("no avx2");
	for (int i = 0; i < 64; i++)
		pattern[i] = i + 1;
	STORE("vmovaps %%ymm5, 32(%%rdi)", 32, 32, 0);
	STORE("vmovdqa %%xmm13, 16(%%rdi)", 16, 16, 0);
	STORE("vmovups %%ymm13, 5(%%rdi)", 5, 32, 0);
	STORE("vmovdqu %%ymm5, 50(%%rdi,%%rax,4)", 58, 32, 0);
	STORE("vmovntdq %%ymm5, 64(%%rdi)", 64, 32, 0);
	STORE("vmovntps %%ymm13, 64(%%rdi)", 64, 32, 0);
	STORE("vmovss %%xmm5, 3(%%rdi)", 3, 4, 0);
	STORE("vmovsd %%xmm13, 3(%%rdi)", 3, 8, 0);
	STORE("vmovhps %%xmm5, 3(%%rdi)", 3, 8, 8);
	STORE("vmovlpd %%xmm5, 3(%%rdi)", 3, 8, 0);
	STORE("vmovq %%xmm5, 3(%%rdi)", 3, 8, 0);
	STORE("vmovd %%xmm13, 3(%%rdi)", 3, 4, 0);
	STORE("vextractf128 $1, %%ymm5, 3(%%rdi)", 3, 16, 16);
	STORE("vextracti128 $1, %%ymm13, 3(%%rdi)", 3, 16, 16);
	STORE("vextracti128 $0, %%ymm13, 3(%%rdi)", 3, 16, 0);
	STORE("vpextrb $7, %%xmm5, 3(%%rdi)", 3, 1, 7);
	STORE("vpextrw $7, %%xmm5, 3(%%rdi)", 3, 2, 14);
	STORE("vpextrd $2, %%xmm5, 3(%%rdi)", 3, 4, 8);
	STORE("vpextrq $1, %%xmm5, 3(%%rdi)", 3, 8, 8);
	STORE("vextractps $1, %%xmm5, 3(%%rdi)", 3, 4, 4);
	for (int bits = 0; bits < 256; bits += 37) {
		MASKED("vmaskmovps %%ymm5, %%ymm6, (%%rdi)", 32, 4, bits);
		MASKED("vmaskmovpd %%ymm5, %%ymm6, (%%rdi)", 32, 8, bits & 15);
		MASKED("vpmaskmovd %%xmm5, %%xmm6, (%%rdi)", 16, 4, bits & 15);
		MASKED("vpmaskmovq %%ymm5, %%ymm6, (%%rdi)", 32, 8, bits & 15);
		MASKED("vpmaskmovq %%xmm5, %%xmm6, (%%rdi)", 16, 8, bits & 3);
		MASKED("vmaskmovdqu %%xmm6, %%xmm5", 16, 1, bits);
	}
	float in[8] = {0, 1, 2, -3, 4.5f, 100, -0.25f, 8};
	memset(m, 0xee, sizeof m);
	if (__builtin_cpu_supports("f16c")) {
		asm volatile("vmovups %0, %%ymm5\n\tvcvtps2ph $0, %%ymm5, 3(%%rdi)"
			     :: "m"(in), "D"(m) : "memory", "xmm5");
		uint16_t want[8] = {0, 0x3c00, 0x4000, 0xc200, 0x4480, 0x5640, 0xb400, 0x4800};
		CHECK(memcmp(m + 3, want, 16) == 0 && m[19] == 0xee);
	}
	int32_t index[8] = {7, 0, 6, 1, 5, 2, 4, 3}, out[8];
	asm volatile("vmovdqu %2, %%ymm6\n\tvpcmpeqd %%ymm7, %%ymm7, %%ymm7\n\tvpgatherdd %%ymm7, (%1,%%ymm6,4), %%ymm5\n\t"
		     "vmovdqu %%ymm5, %0"
		     : "=m"(out) : "r"(pattern), "m"(index) : "xmm5", "xmm6", "xmm7", "memory");
	for (int i = 0; i < 8; i++)
		CHECK_EQ(out[i], ((uint32_t *)pattern)[index[i]]);
	FINISH();
}
