// Threads that map, protect, move and give back memory while others use theirs.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <sys/mman.h>

enum { THREADS = 3, TURNS = 6, SIZE = 5 * 4096 };

static void *work(void *p)
{
	for (int i = 1; i <= TURNS; i++) {
		unsigned char *m = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(m != MAP_FAILED);
		memset(m, (long)p * 10 + i, SIZE);
		sched_yield();
		CHECK_EQ(mprotect(m, 4096, PROT_READ), 0);
		CHECK_EQ(m[4095], (long)p * 10 + i);
		CHECK_EQ(madvise(m + 4096, 4096, MADV_DONTNEED), 0);
		CHECK_EQ(m[4096], 0);
		CHECK_EQ(m[8192], (long)p * 10 + i);
		sched_yield();
		unsigned char *moved = mremap(m + 8192, SIZE - 8192, 2 * SIZE, MREMAP_MAYMOVE);
		CHECK_EQ(moved[SIZE - 8193], (long)p * 10 + i);
		CHECK_EQ(moved[SIZE - 8192], 0);
		CHECK_EQ(munmap(moved, 2 * SIZE), 0);
		CHECK_EQ(munmap(m, 8192), 0);
		if (i % 2)
			free(malloc(200000)); // grows and shrinks the break or a map
	}
	return p;
}

int main(void)
{
	pthread_t t[THREADS];
	for (long i = 0; i < THREADS; i++)
		t[i] = spawn(work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	TRUTH("callers work %d", THREADS);
	FINISH();
}
