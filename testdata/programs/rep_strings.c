// REP MOVS, STOS, CMPS, SCAS and LODS of all widths, forwards and backwards,
// with counts 0, 1 and many, overlapping, and without REP.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

static uint8_t from[4096], to[4096], want[4096];
static uint64_t src, dst, count, acc, flags;

#define RUN(insn)                                                            \
	asm volatile(insn "\n\tcld\n\t"                                      \
		     : "+S"(src), "+D"(dst), "+c"(count), "+a"(acc), "=@ccz"(flags)::"memory")

static void reset(void)
{
	for (int i = 0; i < 4096; i++)
		from[i] = i * 31 + 7, to[i] = want[i] = 0xcc;
}

#define MOVS(suffix, width, n)                                               \
	do {                                                                 \
		reset();                                                     \
		src = (uint64_t)from + 3, dst = (uint64_t)to + 5, count = n; \
		RUN("rep movs" suffix);                                      \
		memcpy(want + 5, from + 3, (n) * width);                     \
		CHECK(memcmp(want, to, 4096) == 0);                          \
		CHECK_EQ(src - (uint64_t)from, 3 + (n) * width);             \
		CHECK_EQ(dst - (uint64_t)to, 5 + (n) * width);               \
		CHECK_EQ(count, 0);                                          \
		reset();                                                     \
		src = (uint64_t)from + 3000, dst = (uint64_t)to + 3001, count = n; \
		RUN("std\n\trep movs" suffix);                               \
		for (int i = 0; i < (n); i++)                                \
			memcpy(want + 3001 - i * width, from + 3000 - i * width, width); \
		CHECK(memcmp(want, to, 4096) == 0);                          \
		CHECK_EQ(dst - (uint64_t)to, 3001 - (n) * width);            \
	} while (0)

#define STOS(suffix, width, n)                                               \
	do {                                                                 \
		reset();                                                     \
		dst = (uint64_t)to + 9, count = n, acc = 0x8877665544332211; \
		RUN("rep stos" suffix);                                      \
		for (int i = 0; i < (n); i++)                                \
			memcpy(want + 9 + i * width, &acc, width);           \
		CHECK(memcmp(want, to, 4096) == 0);                          \
		reset();                                                     \
		dst = (uint64_t)to + 3001, count = n;                        \
		RUN("std\n\trep stos" suffix);                               \
		for (int i = 0; i < (n); i++)                                \
			memcpy(want + 3001 - i * width, &acc, width);        \
		CHECK(memcmp(want, to, 4096) == 0);                          \
	} while (0)

#define EVERY(f, suffix, width) f(suffix, width, 0); f(suffix, width, 1); f(suffix, width, 2); f(suffix, width, 301)

static void compare_and_scan(void)
{
	reset();
	memcpy(to, from, 4096);
	to[100] ^= 1;
	src = (uint64_t)from, dst = (uint64_t)to, count = 4096;
	RUN("repe cmpsb");
	CHECK_EQ(count, 4096 - 101);
	CHECK_EQ(flags, 0);
	src = (uint64_t)from, dst = (uint64_t)to, count = 512;
	RUN("repe cmpsq");
	CHECK_EQ(count, 512 - 13);
	src = (uint64_t)from, dst = (uint64_t)to + 1, count = 64;
	RUN("repne cmpsl");
	CHECK_EQ(count, 0);
	src = (uint64_t)from + 90, dst = (uint64_t)to + 90, count = 40;
	RUN("std\n\trepe cmpsw");
	CHECK_EQ(count, 0);
	CHECK_EQ(flags, 1);
	dst = (uint64_t)to, count = 4096, acc = from[77];
	RUN("repne scasb");
	CHECK_EQ(dst - (uint64_t)to, 78);
	dst = (uint64_t)to, count = 0, acc = 1;
	RUN("xor %%edx, %%edx\n\trepne scasb");
	CHECK_EQ(dst - (uint64_t)to, 0);
	memset(to, 0, 4096);
	dst = (uint64_t)to, count = 512, acc = 0;
	RUN("repe scasq");
	CHECK_EQ(count, 0);
	dst = (uint64_t)to + 4092, count = 12, acc = 0;
	RUN("std\n\trepe scasl");
	CHECK_EQ(count, 0);
	dst = (uint64_t)to, count = 9, acc = 5;
	RUN("repe scasw");
	CHECK_EQ(count, 8);
}

static void single(void)
{
	reset();
	src = (uint64_t)from, dst = (uint64_t)to, acc = 0xabcd;
	RUN("movsb\n\tmovsw\n\tmovsl\n\tmovsq\n\tstosb\n\tstosw\n\tlodsb\n\tlodsl");
	memcpy(want, from, 15);
	want[15] = 0xcd, want[16] = 0xcd, want[17] = 0xab;
	CHECK(memcmp(want, to, 4096) == 0);
	CHECK_EQ(src - (uint64_t)from, 20);
	src = (uint64_t)from, count = 5;
	RUN("rep lodsw");
	CHECK_EQ(acc & 0xffff, from[8] | from[9] << 8);
	reset();
	memcpy(to, from, 64);
	src = (uint64_t)to, dst = (uint64_t)to + 1, count = 40; // smears the first byte
	RUN("rep movsb");
	for (int i = 0; i <= 40; i++)
		CHECK_EQ(to[i], from[0]);
}

int main(void)
{
	EVERY(MOVS, "b", 1);
	EVERY(MOVS, "w", 2);
	EVERY(MOVS, "l", 4);
	EVERY(MOVS, "q", 8);
	EVERY(STOS, "b", 1);
	EVERY(STOS, "w", 2);
	EVERY(STOS, "l", 4);
	EVERY(STOS, "q", 8);
	compare_and_scan();
	single();
	FINISH();
}
