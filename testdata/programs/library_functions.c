// glibc's run-time selected functions: string and memory functions of many
// lengths and alignments, mathematics, printf and strtod.
// build: gcc -g $FLAGS -fno-builtin -o $OUT $SOURCE -lm
#include <math.h>
#include <wchar.h>
#include "truth.h"

static char a[5000], b[5000];
static wchar_t wide[300];

int main(void)
{
	static const int lengths[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129,
				      255, 256, 257, 511, 513, 1000, 2049, 4000};
	for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++)
		for (int offset = 0; offset < 70; offset += 23) {
			int n = lengths[i];
			memset(a, 'x', sizeof a), memset(b, 'y', sizeof b);
			for (int j = 0; j < n; j++)
				a[offset + j] = 'a' + j % 26;
			memcpy(b + 5, a + offset, n);
			CHECK(memcmp(b + 5, a + offset, n) == 0 && b[5 + n] == 'y' && b[4] == 'y');
			memmove(b + 9, b + 5, n);
			CHECK(memcmp(b + 9, a + offset, n) == 0);
			memmove(b + 2, b + 9, n);
			CHECK(memcmp(b + 2, a + offset, n) == 0);
			a[offset + n] = 0;
			CHECK_EQ(strlen(a + offset), n);
			CHECK(strchr(a + offset, '!') == NULL);
			CHECK(memchr(a + offset, 0, 5000 - offset) == a + offset + n);
			CHECK_EQ(strnlen(a + offset, 100), n < 100 ? n : 100);
			strcpy(b, a + offset);
			CHECK(strcmp(b, a + offset) == 0);
			strncpy(b, a + offset, 50);
			CHECK(strncmp(b, a + offset, 50) == 0);
			CHECK(strrchr(a + offset, 'a') == (n ? a + offset + (n - 1) / 26 * 26 : NULL));
			CHECK(stpcpy(b, a + offset) == b + n);
			CHECK(strcasecmp(b, a + offset) == 0);
			CHECK(strstr(b, "xyzabc") == (n >= 29 ? b + 23 : NULL));
			CHECK_EQ(strspn(b, "abcdefghijklmnopqrstuvwxyz"), n);
			memset(b + offset, 'z', n);
			for (int j = 0; j < n; j++)
				CHECK_EQ(b[offset + j], 'z');
		}
	wmemset(wide, L'w', 299);
	CHECK_EQ(wcslen(wide), 299);
	double s = 0;
	for (int i = 1; i < 100; i++)
		s += sin(i) * cos(i) + exp(i / 50.0) + log(i) + pow(i, 0.3) + atan2(i, 3) + fmod(i, 7) + tan(i) +
		     sqrtf(i) + expf(i / 40.0f) + floor(i / 3.0) + rint(i / 4.0) + trunc(i / 5.0) + fma(i, 2, 1);
	CHECK(isfinite(s));
	printf("%.6f %a %Lg %e %08.3f %5d %#x %s\n", s, 1.5, 2.5L, 12345.678, -3.14159, 42, 255, "text");
	CHECK(strtod("3.25e2", NULL) == 325 && strtol("-77", NULL, 10) == -77 && strtoull("ff", NULL, 16) == 255);
	int x, y;
	CHECK(sscanf("12 34", "%d %d", &x, &y) == 2 && x == 12 && y == 34);
	FINISH();
}
