// Random bytes: getrandom, /dev/urandom, AT_RANDOM, arc4random; addresses.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// output: varies
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <unistd.h>
#include "truth.h"

volatile uint64_t seen;

static void show(const char *what, const void *bytes, int n)
{
	printf("%s ", what);
	for (int i = 0; i < n; i++)
		printf("%02x", ((const uint8_t *)bytes)[i]);
	putchar('\n');
}

int main(void)
{
	uint8_t b[300];
	CHECK_EQ(getrandom(b, sizeof b, 0), sizeof b);
	show("getrandom", b, 32);
	seen = *(uint64_t *)b;
	int fd = open("/dev/urandom", O_RDONLY);
	CHECK_EQ(read(fd, b, 32), 32);
	show("urandom", b, 32);
	show("auxv", (void *)getauxval(AT_RANDOM), 16);
	uint32_t r = arc4random();
	show("arc4random", &r, 4);
	printf("pid %d stack %p heap %p\n", getpid(), (void *)b, malloc(1));
	TRUTH_VARIABLE(seen);
	TRUTH("values seen %#lx", seen);
	FINISH();
}
