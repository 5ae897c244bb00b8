// Memory that moves, grows, shrinks, is discarded and replaced, by mremap, brk,
// madvise, munmap and mmap over what is there. After each step it prints what
// some bytes hold: "memory ADDRESS BYTES", in hexadecimal, by a write of its own.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// output: varies
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "truth.h"

#define PAGE 4096ul

static void show(const volatile void *at, int n)
{
	const volatile uint8_t *p = at;
	char line[300];
	int k = sprintf(line, "memory %#lx ", (unsigned long)at);
	for (int i = 0; i < n; i++)
		k += sprintf(line + k, "%02x", p[i]);
	line[k++] = '\n';
	CHECK_EQ(write(1, line, k), k);
}

static uint8_t *fresh(size_t pages)
{
	uint8_t *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	return p;
}

static void moves(void)
{
	uint8_t *a = fresh(40);
	for (size_t i = 0; i < 40; i++)
		memset(a + i * PAGE + 10 * i, 'A' + i, 30);
	uint8_t *room = fresh(200);
	// To a fixed place, longer; then written to; then elsewhere, shorter.
	uint8_t *b = mremap(a, 40 * PAGE, 60 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room + 100 * PAGE);
	CHECK(b == room + 100 * PAGE);
	show(b + 5 * PAGE + 40, 20), show(b + 50 * PAGE, 8);
	memcpy(b + 5 * PAGE + 52, "moved", 5);
	b[59 * PAGE + 4095] = 9;
	uint8_t *c = mremap(b, 60 * PAGE, 30 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room + 10 * PAGE);
	CHECK(c == room + 10 * PAGE);
	show(c + 5 * PAGE + 45, 16), show(c + 29 * PAGE + 285, 20), show(c - 8, 8);
	// A part of it back over what is there.
	CHECK(mremap(c + 4 * PAGE, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room) == (void *)room);
	show(room + PAGE + 48, 12), show(room + 3 * PAGE + 60, 20), show(c + 3 * PAGE + 25, 10);
	// In place: shorter, and longer again, with zeros.
	CHECK(mremap(room, 4 * PAGE, 2 * PAGE, 0) == (void *)room);
	CHECK(mremap(room, 2 * PAGE, 4 * PAGE, 0) == (void *)room);
	show(room + PAGE + 48, 12), show(room + 3 * PAGE + 60, 20);
	// What was moved and is discarded is zero.
	madvise(room + PAGE, PAGE, MADV_DONTNEED);
	show(room + PAGE + 48, 12), show(room + 38, 6);
	room[PAGE + 50] = 1;
	show(room + PAGE + 48, 12);
}

static void pieces(void)
{
	uint8_t *p = fresh(5);
	memset(p, 0x11, 5 * PAGE);
	CHECK(mmap(p + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + 2 * PAGE);
	show(p + 2 * PAGE - 4, 8), show(p + 3 * PAGE - 4, 8);
	munmap(p + PAGE, PAGE);
	show(p + PAGE - 8, 8), show(p + 2 * PAGE, 8);
	mprotect(p, PAGE, PROT_READ);
	show(p + 100, 4);
	mprotect(p, PAGE, PROT_READ | PROT_WRITE);
	p[101] = 0x22;
	show(p + 100, 4);
}

static void program_break(void)
{
	uint8_t *end = sbrk(4 * PAGE);
	memset(end, 0x33, 4 * PAGE);
	show(end + 3 * PAGE, 4);
	CHECK_EQ(brk(end + PAGE + 100), 0);
	show(end + PAGE + 100, 4);
	CHECK_EQ(brk(end + 4 * PAGE), 0);
	show(end + PAGE + 96, 8), show(end + 2 * PAGE, 4);
}

static void files(void)
{
	char name[] = "/tmp/memory_moves_XXXXXX";
	int fd = mkstemp(name);
	unlink(name);
	uint8_t page[PAGE];
	for (int i = 0; i < 3; i++) {
		memset(page, 'a' + i, PAGE);
		CHECK_EQ(write(fd, page, i == 2 ? 100 : PAGE), i == 2 ? 100 : PAGE);
	}
	uint8_t *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	show(p + PAGE - 2, 4), show(p + 2 * PAGE + 98, 4);
	memcpy(p + PAGE, "XYZ", 3);
	show(p + PAGE - 2, 8);
	madvise(p + PAGE, PAGE, MADV_DONTNEED);
	show(p + PAGE - 2, 8);
	CHECK_EQ(pwrite(fd, "late", 4, 2 * PAGE), 4);
	show(p + 2 * PAGE, 8);
	uint8_t *s = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
	if (s != MAP_FAILED) {
		s[1] = '!';
		madvise(s, PAGE, MADV_DONTNEED);
		show(s, 4);
		munmap(s, PAGE);
	}
	uint8_t *q = mremap(p, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, fresh(3));
	CHECK(q != MAP_FAILED);
	show(q + 2 * PAGE, 8), show(q + PAGE - 2, 4);
	struct iovec parts[2] = {{q + 20, 10}, {q + 25, 10}}; // they overlap
	lseek(fd, PAGE - 5, SEEK_SET);
	CHECK_EQ(readv(fd, parts, 2), 20);
	show(q + 18, 20);
}

int main(int argc, char **argv)
{
	(void)argc;
	show(argv[0], 4);
	show("a string constant", 17);
	moves();
	pieces();
	program_break();
	files();
	FINISH();
}
