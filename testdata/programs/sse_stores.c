// Every kind of SSE to SSE4 store: aligned, unaligned, scalar, half, streaming,
// byte-masked, extracted, MXCSR.
// build: gcc -g $FLAGS -msse4.2 -o $OUT $SOURCE
#include "truth.h"

static uint8_t m[256] __attribute__((aligned(64)));
static const uint8_t pattern[16] __attribute__((aligned(16))) = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t mask[16] __attribute__((aligned(16))) = {
	0x80, 0, 0xff, 0, 0, 0x80, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0x80};

// STORE runs one instruction on xmm5 or xmm13 with rdi = m and checks that
// bytes [at, at+n) became pattern[skip...] and nothing else changed.
#define STORE(insn, at, n, skip)                                             \
	do {                                                                 \
		memset(m, 0xee, sizeof m);                                   \
		asm volatile("movdqa %0, %%xmm5\n\tmovdqa %0, %%xmm13\n\t" insn \
			     :: "m"(pattern), "D"(m), "a"(2)                 \
			     : "memory", "xmm5", "xmm13", "rcx");            \
		for (int i = 0; i < 256; i++)                                \
			CHECK_EQ(m[i], i >= (at) && i < (at) + (n) ? pattern[(skip) + i - (at)] : 0xee); \
	} while (0)

int main(void)
{
	STORE("movaps %%xmm5, 16(%%rdi)", 16, 16, 0);
	STORE("movapd %%xmm13, 32(%%rdi)", 32, 16, 0);
	STORE("movdqa %%xmm13, (%%rdi,%%rax,8)", 16, 16, 0);
	STORE("movups %%xmm5, 7(%%rdi)", 7, 16, 0);
	STORE("movupd %%xmm5, 7(%%rdi)", 7, 16, 0);
	STORE("movdqu %%xmm13, 60(%%rdi)", 60, 16, 0);
	STORE("movntps %%xmm5, 64(%%rdi)", 64, 16, 0);
	STORE("movntpd %%xmm5, 64(%%rdi)", 64, 16, 0);
	STORE("movntdq %%xmm13, 64(%%rdi)", 64, 16, 0);
	STORE("movss %%xmm5, 3(%%rdi)", 3, 4, 0);
	STORE("movsd %%xmm13, 3(%%rdi)", 3, 8, 0);
	STORE("movlps %%xmm5, 3(%%rdi)", 3, 8, 0);
	STORE("movhps %%xmm5, 3(%%rdi)", 3, 8, 8);
	STORE("movlpd %%xmm5, 3(%%rdi)", 3, 8, 0);
	STORE("movhpd %%xmm13, 3(%%rdi)", 3, 8, 8);
	STORE("movd %%xmm13, 3(%%rdi)", 3, 4, 0);
	STORE("movq %%xmm5, 3(%%rdi)", 3, 8, 0);
	STORE("pextrb $11, %%xmm5, 5(%%rdi)", 5, 1, 11);
	STORE("pextrw $5, %%xmm13, 5(%%rdi)", 5, 2, 10);
	STORE("pextrd $1, %%xmm5, 5(%%rdi)", 5, 4, 4);
	STORE("pextrq $1, %%xmm13, 5(%%rdi)", 5, 8, 8);
	STORE("extractps $3, %%xmm5, 5(%%rdi)", 5, 4, 12);
	STORE("movd %%xmm5, %%ecx\n\tmovnti %%ecx, 8(%%rdi)", 8, 4, 0);
	STORE("movq %%xmm5, %%rcx\n\tmovnti %%rcx, 8(%%rdi)", 8, 8, 0);
	STORE("movdq2q %%xmm5, %%mm0\n\tmovq %%mm0, 9(%%rdi)\n\temms", 9, 8, 0);

	memset(m, 0xee, sizeof m);
	asm volatile("movdqa %0, %%xmm5\n\tmovdqa %1, %%xmm6\n\tmaskmovdqu %%xmm6, %%xmm5"
		     :: "m"(pattern), "m"(mask), "D"(m + 33) : "memory", "xmm5", "xmm6");
	for (int i = 0; i < 256; i++)
		CHECK_EQ(m[i], i >= 33 && i < 49 && mask[i - 33] & 0x80 ? pattern[i - 33] : 0xee);

	uint32_t old = 0, set = 0x1fa0, got = 0;
	asm volatile("stmxcsr %0\n\tldmxcsr %2\n\tstmxcsr %1\n\tldmxcsr %0" : "+m"(old), "+m"(got) : "m"(set));
	CHECK_EQ(got, set);
	CHECK_EQ(old & 0xffc0, 0x1f80);
	FINISH();
}
