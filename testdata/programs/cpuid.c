// cpuid of many leaves: deterministic, also in a replay.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// output: varies
#include <cpuid.h>
#include "truth.h"

int main(void)
{
	uint64_t hash = 0;
	uint32_t a, b, c, d;
	CHECK(__get_cpuid_max(0, NULL) >= 7);
	for (int round = 0; round < 3; round++) {
		uint64_t h = 14695981039346656037ull;
		static const uint32_t leaves[][2] = {{0, 0}, {4, 0}, {4, 1}, {7, 0}, {0xd, 1}, {0x80000000, 0},
						     {0x80000002, 0}, {0x80000003, 0}, {0x80000004, 0}, {0x80000008, 0}};
		for (unsigned i = 0; i < sizeof leaves / sizeof *leaves; i++) {
			__cpuid_count(leaves[i][0], leaves[i][1], a, b, c, d);
			uint32_t v[] = {a, b, c, d};
			for (int j = 0; j < 4; j++)
				h = (h ^ v[j]) * 1099511628211ull;
		}
		CHECK(round == 0 || h == hash);
		hash = h;
	}
	char vendor[13] = {0};
	__cpuid(0, a, b, c, d);
	memcpy(vendor, &b, 4), memcpy(vendor + 4, &d, 4), memcpy(vendor + 8, &c, 4);
	__cpuid(1, a, b, c, d);
	CHECK(d & 1 << 26); // SSE2
	printf("vendor %s hash %llx\n", vendor, (unsigned long long)hash);
	FINISH();
}
