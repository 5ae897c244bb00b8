// The x87 unit remembers where its last instruction was, and fxsave stores that.
// Only with an exception pending, as here, is it the same on all processors:
// AMD's forget it otherwise as the system switches tasks.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#include "truth.h"

static const uint16_t unmasked = 0x37b; // division by zero
static uint64_t area[128] __attribute__((aligned(64)));

// Leaves the exception of a division pending and gives its address.
#define DIVIDE "fninit\n\tfldcw %2\n\tfldz\n\tfld1\n\tlea 1f(%%rip), %1\n1:\tfdiv %%st(1), %%st\n\t"
#define CLEAN "\n\tfnclex\n\tfninit"

int main(void)
{
	uintptr_t place;
	asm volatile(DIVIDE "fxsave64 %0" CLEAN : "=m"(area), "=&r"(place) : "m"(unmasked));
	CHECK_EQ(area[1], place);
	// with a system call between
	asm volatile(DIVIDE "mov $39, %%eax\n\tsyscall\n\tfxsave64 %0" CLEAN
		     : "=m"(area), "=&r"(place) : "m"(unmasked) : "rax", "rcx", "r11");
	CHECK_EQ(area[1], place);
	// std makes new translations: the address is from one of the old
	asm volatile(DIVIDE "std\n\tcld\n\tfxsave64 %0" CLEAN : "=m"(area), "=&r"(place) : "m"(unmasked));
	CHECK_EQ(area[1], place);
	FINISH();
}
