// mmap, munmap, mremap, mprotect and madvise, over and over, at fixed places and
// where the kernel chooses, private, anonymous and of files, split and merged.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "truth.h"

#define PAGE 4096
static uint64_t seed = 1;
static unsigned next(unsigned n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (seed >> 33) % n;
}

static void churn(void)
{
	enum { N = 64 };
	uint8_t *base = mmap(NULL, N * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t model[N] = {0}, mapped[N] = {0};
	for (int i = 0; i < 400; i++) {
		unsigned p = next(N), n = 1 + next(N - p);
		switch (next(5)) {
		case 0: // fresh zeroes
			mmap(base + p * PAGE, n * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			memset(mapped + p, 1, n), memset(model + p, 0, n);
			break;
		case 1:
			munmap(base + p * PAGE, n * PAGE);
			memset(mapped + p, 0, n);
			break;
		case 2:
			for (unsigned j = p; j < p + n; j++)
				if (mapped[j])
					base[j * PAGE + 100] = model[j] = i;
			break;
		case 3:
			for (unsigned j = p; j < p + n; j++)
				if (mapped[j]) {
					mprotect(base + j * PAGE, PAGE, PROT_READ);
					CHECK_EQ(base[j * PAGE + 100], model[j]);
					mprotect(base + j * PAGE, PAGE, PROT_READ | PROT_WRITE);
				}
			break;
		case 4:
			if (mapped[p]) {
				madvise(base + p * PAGE, PAGE, MADV_DONTNEED);
				model[p] = 0;
			}
		}
	}
	for (unsigned j = 0; j < N; j++)
		if (mapped[j])
			CHECK_EQ(base[j * PAGE + 100], model[j]);
	munmap(base, N * PAGE);
}

static void move(void)
{
	uint8_t *a = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 4; i++)
		a[i * PAGE] = i + 1;
	a = mremap(a, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	CHECK(a != MAP_FAILED && a[3 * PAGE] == 4 && a[63 * PAGE] == 0);
	a[63 * PAGE] = 99;
	uint8_t *room = mmap(NULL, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(mremap(a, 64 * PAGE, 64 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room) == room);
	CHECK(room[0] == 1 && room[63 * PAGE] == 99);
	CHECK(mremap(room, 64 * PAGE, 2 * PAGE, 0) == room);
	CHECK_EQ(room[PAGE], 2);
	munmap(room, 2 * PAGE);
}

static void file(void)
{
	char name[] = "/tmp/memory_maps_XXXXXX";
	int fd = mkstemp(name);
	unlink(name);
	uint8_t page[PAGE];
	for (int i = 0; i < 3; i++) {
		memset(page, 'a' + i, PAGE);
		CHECK_EQ(write(fd, page, i == 2 ? 100 : PAGE), i == 2 ? 100 : PAGE);
	}
	uint8_t *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p[0] == 'a' && p[PAGE] == 'b' && p[2 * PAGE + 99] == 'c' && p[2 * PAGE + 100] == 0);
	p[PAGE] = 'X';
	madvise(p + PAGE, PAGE, MADV_DONTNEED);
	CHECK_EQ(p[PAGE], 'b');
	uint8_t *q = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE);
	CHECK(q[5] == 'b');
	munmap(q, PAGE);
	munmap(p + PAGE, PAGE);
	CHECK(p[0] == 'a' && p[2 * PAGE] == 'c');
	close(fd);
	CHECK_EQ(p[2 * PAGE + 98], 'c');
	munmap(p, 3 * PAGE);
}

int main(void)
{
	churn();
	for (int i = 0; i < 20; i++)
		move(), file();
	CHECK(mmap((void *)123, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK(mremap((void *)0x100000, PAGE, 2 * PAGE, 0) == MAP_FAILED);
	void *big = mmap(NULL, 1ul << 36, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(big != MAP_FAILED);
	CHECK_EQ(mprotect((char *)big + (1ul << 35), PAGE, PROT_READ | PROT_WRITE), 0);
	((volatile char *)big)[1ul << 35] = 5;
	munmap(big, 1ul << 36);
	FINISH();
}
