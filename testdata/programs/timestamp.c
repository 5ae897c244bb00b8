// rdtsc and rdtscp: they grow, and a replay gives the same ones.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// output: varies
#include <x86intrin.h>
#include "truth.h"

volatile uint64_t seen[3];

int main(void)
{
	uint64_t last = 0;
	uint32_t aux, first_aux;
	__rdtscp(&first_aux);
	for (int i = 0; i < 200; i++) {
		uint64_t now = i % 2 ? __rdtsc() : __rdtscp(&aux);
		CHECK(now > last);
		last = now;
		if (i % 100 == 0)
			seen[i / 100] = now;
	}
	CHECK_EQ(aux, first_aux);
	// with prefixes that change nothing
	uint32_t low, high;
	asm volatile(".byte 0x48\n\trdtsc\n\t.byte 0xf3\n\trdtsc\n\t.byte 0x66, 0x41\n\trdtscp" : "=a"(low), "=d"(high) :: "rcx");
	CHECK(((uint64_t)high << 32 | low) > last);
	seen[2] = last;
	printf("last %llu\n", (unsigned long long)last);
	TRUTH_VARIABLE(seen);
	TRUTH("values seen %#lx %#lx %#lx", seen[0], seen[1], seen[2]);
	FINISH();
}
