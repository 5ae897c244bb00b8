// Code is overwritten by stores of every shape: across two pages of code, string
// instructions over many of them, bit instructions, byte masks, backwards.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <emmintrin.h>
#include <sys/mman.h>
#include "truth.h"

enum { PAGES = 8, PAGE = 4096, HALF = PAGE / 2 };
static unsigned char *code;
static unsigned char image[PAGES * PAGE];

// A function that returns a number.
static void put(unsigned char *at, int value)
{
	const unsigned char f[] = {0xb8, value, 0, 0, 0, 0xc3};
	memcpy(at, f, sizeof f);
}

static int call(unsigned char *at) { return ((int (*)(void))at)(); }

// Calls all functions, so that all pages have been executed.
static int total(void)
{
	int sum = 0;
	for (int i = 0; i < PAGES; i++)
		sum += call(code + i * PAGE + HALF);
	return sum;
}

int main(void)
{
	code = mmap(NULL, sizeof image, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < PAGES; i++)
		put(code + i * PAGE + HALF, i);
	CHECK_EQ(total(), 28);
	// one store to two pages of code
	asm volatile("movq %1, (%0)" :: "r"(code + PAGE - 4), "r"(0x9090909090909090) : "memory");
	CHECK_EQ(total(), 28);
	_mm_storeu_si128((void *)(code + 2 * PAGE - 8), _mm_set1_epi8(0x66));
	put(code + 2 * PAGE + HALF, 12);
	CHECK_EQ(total(), 38);
	// a string instruction over all pages
	memcpy(image, code, sizeof image);
	for (int i = 0; i < PAGES; i++)
		put(image + i * PAGE + HALF, 10 + i);
	void *to = code, *from = image;
	long n = sizeof image;
	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) :: "memory");
	CHECK_EQ(total(), 108);
	to = code;
	n = 3 * PAGE / 8;
	asm volatile("rep stosq" : "+D"(to), "+c"(n) : "a"(0x9090c300000077b8) : "memory");
	CHECK_EQ(total(), 75 + 3 * 0x77);
	// a bit of another word than the operand's
	unsigned char *f = code + 5 * PAGE + HALF;
	asm volatile("btsq %1, (%0)" :: "r"(f + 1 - 64), "r"(8 * 64 + 6l) : "memory", "cc");
	CHECK_EQ(call(f), 15 + 64);
	_mm_maskmoveu_si128(_mm_set1_epi8(5), _mm_setr_epi8(0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), (char *)f);
	CHECK_EQ(call(f), 5);
	asm volatile("xchg %%rax, 3(%%rax)" :: "a"(f + 5) : "memory");
	CHECK_EQ(call(f), 5);
	// backwards, over two pages; string instructions are executed otherwise from here on
	to = f + 1, n = HALF + 10;
	total();
	asm volatile("std\n\trep stosb\n\tcld" : "+D"(to), "+c"(n) : "a"(0x33) : "memory");
	CHECK_EQ(f[1], 0x33);
	put(f, 1);
	put(f - PAGE, 2);
	CHECK_EQ(call(f), 1);
	FINISH();
}
