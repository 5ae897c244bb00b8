// AVX-512 stores: full, masked per element of every width, merging, scattered,
// compressed, narrowed, extracted, with registers 16 to 31 and mask stores.
// build: gcc -g $FLAGS -mavx512f -mavx512bw -mavx512vl -mavx512dq -o $OUT $SOURCE
#include "truth.h"

static uint8_t m[1024] __attribute__((aligned(64)));
static uint8_t pattern[64] __attribute__((aligned(64)));

#define RUN(insn, k)                                                         \
	do {                                                                 \
		memset(m, 0xee, sizeof m);                                   \
		asm volatile("vmovdqa64 %0, %%zmm5\n\tvmovdqa64 %0, %%zmm21\n\tkmovq %1, %%k1\n\tkmovq %1, %%k7\n\t" insn \
			     :: "m"(pattern), "r"((uint64_t)(k)), "D"(m), "a"(2ul) \
			     : "memory", "xmm5", "xmm6", "xmm21", "k1", "k2", "k7", "rcx"); \
	} while (0)

#define EXPECT(condition, value)                                             \
	for (int i = 0; i < 1024; i++)                                       \
		CHECK_EQ(m[i], (condition) ? (value) : 0xee)

#define MASKED(insn, at, vector, width, k)                                   \
	do {                                                                 \
		RUN(insn, k);                                                \
		EXPECT(i >= at && i < at + vector && ((uint64_t)(k)) >> ((i - at) / width) & 1, pattern[i - at]); \
	} while (0)

static void scatter(uint64_t k)
{
	int32_t index[16];
	uint8_t want[1024];
	for (int i = 0; i < 16; i++)
		index[i] = i * 5 % 16 * 3 - 4;
	index[9] = index[2]; // a collision: the higher element wins
	memset(m, 0xee, sizeof m);
	memset(want, 0xee, sizeof want);
	for (int i = 0; i < 16; i++)
		if (k >> i & 1)
			memcpy(want + 100 + index[i] * 4, pattern + i * 4, 4);
	asm volatile("vmovdqa64 %0, %%zmm5\n\tvmovdqu64 %1, %%zmm6\n\tkmovq %2, %%k3\n\t"
		     "vpscatterdd %%zmm5, (%%rdi,%%zmm6,4) %{%%k3%}\n\tkmovq %%k3, %%rcx"
		     :: "m"(pattern), "m"(index), "r"(k), "D"(m + 100)
		     : "memory", "xmm5", "xmm6", "k3", "rcx");
	CHECK(memcmp(m, want, sizeof m) == 0);

	int64_t wide[8] = {3, 9, 1, 40, 17, 25, 60, 33};
	memset(m, 0xee, sizeof m);
	memset(want, 0xee, sizeof want);
	for (int i = 0; i < 8; i++)
		if (k >> i & 1)
			memcpy(want + wide[i] * 8, pattern + i * 8, 8);
	asm volatile("vmovdqa64 %0, %%zmm21\n\tvmovdqu64 %1, %%zmm22\n\tkmovq %2, %%k3\n\t"
		     "vscatterqpd %%zmm21, (%%rdi,%%zmm22,8) %{%%k3%}"
		     :: "m"(pattern), "m"(wide), "r"(k), "D"(m)
		     : "memory", "xmm21", "xmm22", "k3");
	CHECK(memcmp(m, want, sizeof m) == 0);
}

static void compress(uint64_t k)
{
	uint8_t want[1024];
	RUN("vpcompressd %%zmm5, 9(%%rdi) %{%%k1%}", k);
	memset(want, 0xee, sizeof want);
	for (int i = 0, n = 0; i < 16; i++)
		if (k >> i & 1)
			memcpy(want + 9 + 4 * n++, pattern + 4 * i, 4);
	CHECK(memcmp(m, want, sizeof m) == 0);
	RUN("vcompresspd %%ymm21, 9(%%rdi) %{%%k7%}", k);
	memset(want, 0xee, sizeof want);
	for (int i = 0, n = 0; i < 4; i++)
		if (k >> i & 1)
			memcpy(want + 9 + 8 * n++, pattern + 8 * i, 8);
	CHECK(memcmp(m, want, sizeof m) == 0);
}

int main(void)
{
	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
	    !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq"))
		SKIP("no avx512f, bw, vl and dq");
	for (int i = 0; i < 64; i++)
		pattern[i] = i + 1;
	RUN("vmovdqa64 %%zmm21, 128(%%rdi)", 0);
	EXPECT(i >= 128 && i < 192, pattern[i - 128]);
	RUN("vmovups %%zmm5, 33(%%rdi,%%rax,8)", 0);
	EXPECT(i >= 49 && i < 113, pattern[i - 49]);
	RUN("vmovntdq %%zmm5, 64(%%rdi)", 0);
	EXPECT(i >= 64 && i < 128, pattern[i - 64]);
	RUN("vextracti64x4 $1, %%zmm21, 7(%%rdi)", 0);
	EXPECT(i >= 7 && i < 39, pattern[32 + i - 7]);
	RUN("vextractf32x4 $3, %%zmm5, 7(%%rdi)", 0);
	EXPECT(i >= 7 && i < 23, pattern[48 + i - 7]);
	RUN("vpmovqb %%zmm5, 7(%%rdi)", 0);
	EXPECT(i >= 7 && i < 15, pattern[8 * (i - 7)]);
	RUN("vpmovdw %%zmm21, 7(%%rdi) %{%%k1%}", 0xa5a5);
	EXPECT(i >= 7 && i < 39 && 0xa5a5 >> (i - 7) / 2 & 1, pattern[(i - 7) / 2 * 4 + (i - 7) % 2]);
	RUN("kmovq %%k1, 7(%%rdi)", 0x1122334455667788);
	EXPECT(i >= 7 && i < 15, (uint8_t)(0x1122334455667788 >> 8 * (i - 7)));
	RUN("kmovw %%k7, 7(%%rdi)", 0x7788);
	EXPECT(i >= 7 && i < 9, (uint8_t)(0x7788 >> 8 * (i - 7)));
	uint64_t ks[] = {0, 1, ~0ull, 0xa5a5a5a5a5a5a5a5, 0x8000000000000001, 0x00ff00ff0f0f3355};
	for (int j = 0; j < 6; j++) {
		uint64_t k = ks[j];
		MASKED("vmovdqu8 %%zmm5, 3(%%rdi) %{%%k1%}", 3, 64, 1, k);
		MASKED("vmovdqu16 %%zmm21, 3(%%rdi) %{%%k7%}", 3, 64, 2, k);
		MASKED("vmovdqu32 %%zmm5, 3(%%rdi) %{%%k1%}", 3, 64, 4, k);
		MASKED("vmovdqu64 %%zmm5, 3(%%rdi) %{%%k1%}", 3, 64, 8, k);
		MASKED("vmovdqu8 %%ymm21, 3(%%rdi) %{%%k1%}", 3, 32, 1, k);
		MASKED("vmovdqu16 %%xmm5, 3(%%rdi) %{%%k1%}", 3, 16, 2, k);
		MASKED("vmovapd %%ymm5, 64(%%rdi) %{%%k1%}", 64, 32, 8, k);
		MASKED("vmovaps %%zmm21, 64(%%rdi) %{%%k7%}", 64, 64, 4, k);
		MASKED("vmovss %%xmm5, 64(%%rdi) %{%%k1%}", 64, 4, 4, k);
		MASKED("vmovsd %%xmm21, 64(%%rdi) %{%%k1%}", 64, 8, 8, k);
		scatter(k);
		compress(k);
	}
	FINISH();
}
