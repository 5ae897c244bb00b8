// What gcc -O3 -march=native makes of loops: the widest vectors that are here.
// build: gcc -g $FLAGS -O3 -march=native -o $OUT $SOURCE -lm
// matrix: O2 static
#include <math.h>
#include "truth.h"

enum { N = 1003 };
static float x[N], y[N], z[N];
static uint8_t bytes[N * 4], other[N * 4];
static int32_t ints[N], index_[N];
static double d[N];

NOINLINE void saxpy(float a) { for (int i = 0; i < N; i++) z[i] = a * x[i] + y[i]; }
NOINLINE void conditional(void) { for (int i = 0; i < N; i++) if (ints[i] & 1) ints[i] = ints[i] * 3 + 1; }
NOINLINE void narrow(void) { for (int i = 0; i < N; i++) bytes[i] = ints[i] >> 2; }
NOINLINE void permute(void) { for (int i = 0; i < N; i++) ints[index_[i]] = i; }
NOINLINE int64_t sum(void) { int64_t s = 0; for (int i = 0; i < N; i++) s += ints[i] * (int64_t)bytes[i]; return s; }
NOINLINE void roots(void) { for (int i = 0; i < N; i++) d[i] = sqrt(d[i]) + floor(d[i] / 3); }
NOINLINE void swap(void) { for (int i = 0; i < N * 4; i++) { uint8_t t = bytes[i]; bytes[i] = other[i], other[i] = t; } }

int main(void)
{
	for (int i = 0; i < N; i++)
		x[i] = i, y[i] = 2 * i, ints[i] = i, index_[i] = (i * 7) % N, d[i] = (double)i * i;
	saxpy(3);
	for (int i = 0; i < N; i++)
		CHECK(z[i] == 5.0f * i);
	conditional();
	for (int i = 0; i < N; i++)
		CHECK_EQ(ints[i], i & 1 ? i * 3 + 1 : i);
	narrow();
	for (int i = 0; i < N; i++)
		CHECK_EQ(bytes[i], (uint8_t)((i & 1 ? i * 3 + 1 : i) >> 2));
	int64_t want = 0;
	permute();
	for (int i = 0; i < N; i++) {
		CHECK_EQ(ints[(i * 7) % N], i);
		want += (int64_t)i * bytes[(i * 7) % N];
	}
	CHECK_EQ(sum(), want);
	roots();
	for (int i = 0; i < N; i++)
		CHECK(d[i] == i + floor((double)i * i / 3));
	swap(), swap();
	CHECK_EQ(sum(), want);
	TRUTH("calls saxpy 1");
	TRUTH("calls sum 2");
	FINISH();
}
