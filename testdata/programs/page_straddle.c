// Instructions that straddle two pages, at every offset, the second page absent
// at first; and data accesses that straddle pages.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include "truth.h"

static uint8_t *code;
volatile int handled;

static void on_segv(int number)
{
	(void)number;
	handled++;
	mprotect(code, 8192, PROT_READ | PROT_EXEC);
}

int main(void)
{
	// mov $0x1122334455667788, %rax; add $1000, %rax; mov %rax, (%rdi); ret
	static const uint8_t body[] = {0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
				       0x48, 0x05, 0xe8, 3, 0, 0, 0x48, 0x89, 0x07, 0xc3};
	signal(SIGSEGV, on_segv);
	code = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int before = 1; before < (int)sizeof body; before++) {
		mprotect(code, 8192, PROT_READ | PROT_WRITE);
		memset(code, 0xcc, 8192);
		memcpy(code + 4096 - before, body, sizeof body);
		mprotect(code, 4096, PROT_READ | PROT_EXEC);
		mprotect(code + 4096, 4096, PROT_NONE);
		uint64_t out = 0;
		((void (*)(uint64_t *))(code + 4096 - before))(&out);
		CHECK_EQ(out, 0x1122334455667788 + 1000);
		CHECK_EQ(handled, before);
	}
	uint8_t *data = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = -8; i < 2; i++) {
		*(volatile uint64_t *)(data + 4096 + i) = 0x0102030405060708 + i;
		CHECK_EQ(*(volatile uint64_t *)(data + 4096 + i), 0x0102030405060708 + i);
		__atomic_fetch_add((uint32_t *)(data + 8192 + (i & ~3)), 5, __ATOMIC_SEQ_CST);
	}
	TRUTH_VARIABLE(handled);
	TRUTH("writes handled 19");
	TRUTH("signals 11 19");
	FINISH();
}
