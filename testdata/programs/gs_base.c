// A program that uses gs as it likes: sets its base by instruction and by system
// call, stores through it and loads the register.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "truth.h"

static volatile uint64_t first[8], second[8];

int main(void)
{
	if (!(getauxval(AT_HWCAP2) & 2))
		SKIP("the system does not allow wrgsbase");
	uint64_t base;
	for (int i = 0; i < 5; i++) {
		asm volatile("wrgsbase %1\n\tmovq $5, %%gs:8\n\tmov $16, %%ecx\n\tmov %%rcx, %%gs:(%%rcx)\n\trdgsbase %0"
			     : "=r"(base) : "r"(first) : "rcx", "memory");
		CHECK_EQ(base, (uintptr_t)first);
		CHECK(first[1] == 5 && first[2] == 16);
		syscall(SYS_arch_prctl, ARCH_SET_GS, second);
		asm volatile("incq %%gs:24\n\tmovdqu %%xmm0, %%gs:32" ::: "memory", "cc");
		CHECK_EQ(second[3], i + 1);
		asm volatile("mov %0, %%gs" :: "r"(0)); // a base of zero, or the old one
	}
	FINISH();
}
