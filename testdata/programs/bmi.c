// BMI1, BMI2, ADX, LZCNT, TZCNT, POPCNT with register and memory operands.
// build: gcc -g $FLAGS -mbmi -mbmi2 -mlzcnt -mpopcnt -madx -o $OUT $SOURCE
#include <immintrin.h>
#include "truth.h"

static volatile uint64_t x = 0x00ff00f0123450a0, y = 0xf0f0f0f0f0f0f0f0, shift = 13;
volatile uint64_t result;

int main(void)
{
	if (!__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("bmi"))
		SKIP("no bmi and bmi2");
	result = _andn_u64(x, y);
	CHECK_EQ(result, ~x & y);
	result = _blsi_u64(x);
	CHECK_EQ(result, x & -x);
	result = _blsr_u64(x);
	CHECK_EQ(result, x & (x - 1));
	result = _blsmsk_u64(x);
	CHECK_EQ(result, x ^ (x - 1));
	result = _bextr_u64(x, 8, 12);
	CHECK_EQ(result, x >> 8 & 0xfff);
	result = _bzhi_u64(x, 20);
	CHECK_EQ(result, x & 0xfffff);
	result = _pext_u64(x, y);
	uint64_t e = 0, n = 0;
	for (int i = 0; i < 64; i++)
		if (y >> i & 1)
			e |= (x >> i & 1) << n++;
	CHECK_EQ(result, e);
	result = _pdep_u64(e, y);
	CHECK_EQ(result, x & y);
	CHECK_EQ(_lzcnt_u64(x), 8);
	CHECK_EQ(_tzcnt_u64(x), 5);
	CHECK_EQ(_mm_popcnt_u64(y), 32);
	uint64_t hi, lo, s;
	asm volatile("mulx %3, %1, %0" : "=r"(hi), "=r"(lo) : "d"(x), "m"(y));
	__uint128_t product = (__uint128_t)x * y;
	CHECK(lo == (uint64_t)product && hi == (uint64_t)(product >> 64));
	asm volatile("shlx %2, %1, %0" : "=r"(s) : "m"(x), "r"(shift));
	CHECK_EQ(s, x << shift);
	asm volatile("sarx %2, %1, %0" : "=r"(s) : "m"(y), "r"(shift));
	CHECK_EQ(s, (uint64_t)((int64_t)y >> shift));
	asm volatile("rorx $17, %1, %0" : "=r"(s) : "m"(x));
	CHECK_EQ(s, x >> 17 | x << 47);
	unsigned long long r;
	unsigned char carry = _addcarry_u64(1, ~0ull, x, &r);
	CHECK(carry == 1 && r == x);
	TRUTH_VARIABLE(result);
	TRUTH("writes result 8");
	FINISH();
}
