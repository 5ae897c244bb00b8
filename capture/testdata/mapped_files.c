// Files that are mapped and changed while they are: by write, by a shared
// mapping of their own, by truncation; moved, grown and discarded mappings.
// build: gcc -g -O2 -o $OUT $SOURCE
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

int main(void)
{
	char name[] = "/tmp/mapped-XXXXXX";
	int fd = mkstemp(name);
	unlink(name);
	(void)!ftruncate(fd, 3 * PAGE);
	char *shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 2 * PAGE);
	strcpy(shared, "by store");
	(void)!pwrite(fd, "by write", 9, PAGE);
	(void)!pwrite(fd, "below a private page", 21, 2 * PAGE);
	printf("%s, %s, %s\n", shared, shared + PAGE, private);
	strcpy(private, "copied");
	(void)!pwrite(fd, "unseen", 7, 2 * PAGE);
	printf("%s\n", private);
	madvise(private, PAGE, MADV_DONTNEED);
	printf("%s\n", private);
	(void)!ftruncate(fd, 4 * PAGE);
	strcpy(shared + 3 * PAGE, "grown");
	shared = mremap(shared, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	printf("%s, %s\n", shared + 3 * PAGE, shared + PAGE);
	char *anonymous = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	strcpy(anonymous, "anonymous");
	madvise(anonymous, PAGE, MADV_DONTNEED);
	printf("[%s]\n", anonymous);
	char *common = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(common, "kept");
	madvise(common, PAGE, MADV_DONTNEED);
	printf("[%s]\n", common);
	munmap(shared, 8 * PAGE);
	char *heap = sbrk(64 * PAGE);
	memset(heap, 1, 64 * PAGE);
	sbrk(-32 * PAGE);
	return heap[0] == 1 ? 0 : 1;
}
