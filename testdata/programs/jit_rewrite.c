// Code made at run time: written to a page that is writable and executable, run,
// rewritten in place and run again, a byte at a time, from near and from itself.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <sys/mman.h>
#include "truth.h"

static uint8_t *page;
typedef uint64_t (*function)(uint64_t);

static int emit(uint8_t *at, uint32_t add)
{
	uint8_t code[] = {0x48, 0x8d, 0x87, add, add >> 8, add >> 16, add >> 24, 0xc3}; // lea add(%rdi), %rax; ret
	memcpy(at, code, sizeof code);
	return sizeof code;
}

int main(void)
{
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		SKIP("no writable and executable memory");
	// the same place, 100 times another function
	for (int i = 0; i < 100; i++) {
		emit(page, i * 1000);
		CHECK_EQ(((function)page)(5), 5 + (uint64_t)i * 1000);
	}
	// many functions, some rewritten while the others stay
	for (int i = 0; i < 50; i++)
		emit(page + 512 + i * 16, i);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 50; i++)
			CHECK_EQ(((function)(page + 512 + i * 16))(100), 100ul + i + (i % 7 == 0 ? round * 1000 : 0));
		for (int i = 0; i < 50; i += 7)
			page[512 + i * 16 + 3] = (i + (round + 1) * 1000) & 0xff,
			page[512 + i * 16 + 4] = (i + (round + 1) * 1000) >> 8;
	}
	// code that rewrites an instruction ahead of itself in its own block:
	// movl $7, 1+1f(%rip); jmp 1f; 1: mov $1, %eax; ret
	uint8_t self[] = {0xc7, 0x05, 3, 0, 0, 0, 7, 0, 0, 0, 0xeb, 0, 0xb8, 1, 0, 0, 0, 0xc3};
	memcpy(page + 2048, self, sizeof self);
	CHECK_EQ(((function)(page + 2048))(0), 7);
	page[2048 + 6] = 8;
	CHECK_EQ(((function)(page + 2048))(0), 8);
	// data beside code: writes to the page that holds running code
	volatile uint64_t *beside = (volatile uint64_t *)(page + 4000);
	for (int i = 0; i < 50; i++)
		*beside += ((function)page)(i);
	CHECK_EQ(*beside, 50 * 99000 + 49 * 50 / 2);
	// REP MOVS as the writer of code; then the mapping goes away and comes back
	uint8_t source[8];
	emit(source, 4321);
	void *d = page + 3000, *s = source;
	uint64_t n = 8;
	asm volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory");
	CHECK_EQ(((function)(page + 3000))(1), 4322);
	munmap(page, 8192);
	uint8_t *again = mmap(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	emit(again + 3000, 1);
	CHECK_EQ(((function)(again + 3000))(1), 2);
	FINISH();
}
