// A masked store whose masked-out elements lie on a page that does not exist.
// build: gcc -g $FLAGS -mavx512f -o $OUT $SOURCE
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include "truth.h"

static char *page;
volatile int handled;

static void on_segv(int number)
{
	(void)number;
	handled++;
	mprotect(page + 4096, 4096, PROT_READ | PROT_WRITE);
}

static void store(uint32_t k)
{
	asm volatile("vpternlogd $255, %%zmm5, %%zmm5, %%zmm5\n\tkmovw %1, %%k1\n\t"
		     "vmovdqu32 %%zmm5, (%0) %{%%k1%}"
		     :: "r"(page + 4096 - 16), "r"(k) : "memory", "xmm5", "k1");
}

int main(void)
{
	if (!__builtin_cpu_supports("avx512f"))
		SKIP("no avx512f");
	signal(SIGSEGV, on_segv);
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(page + 4096, 4096, PROT_NONE);
	store(0x5);
	CHECK_EQ(handled, 0);
	CHECK_EQ(*(uint32_t *)(page + 4080), ~0u);
	CHECK_EQ(*(uint32_t *)(page + 4084), 0);
	CHECK_EQ(*(uint32_t *)(page + 4088), ~0u);
	store(0);
	CHECK_EQ(handled, 0);
	store(0x11);
	CHECK_EQ(handled, 1);
	CHECK_EQ(*(uint32_t *)(page + 4096), ~0u);
	CHECK_EQ(*(uint32_t *)(page + 4100), 0);
	TRUTH("signals 11 1");
	FINISH();
}
