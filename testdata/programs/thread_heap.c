// malloc in threads, each with its arena, and free in another thread.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"

enum { THREADS = 3, BLOCKS = 40 };
static struct { unsigned char *p; size_t size; } blocks[THREADS][BLOCKS];
static pthread_barrier_t barrier;

static void *work(void *p)
{
	long me = (long)p;
	for (int i = 0; i < BLOCKS; i++) {
		size_t size = i == BLOCKS - 1 ? 300000 : 16 + i * 97;
		unsigned char *block = malloc(size);
		memset(block, me * 50 + i, size);
		blocks[me][i].p = block;
		blocks[me][i].size = size;
		if (i % 8 == me)
			sched_yield();
	}
	pthread_barrier_wait(&barrier);
	long neighbour = (me + 1) % THREADS;
	for (int i = 0; i < BLOCKS; i++) {
		unsigned char *block = blocks[neighbour][i].p;
		size_t size = blocks[neighbour][i].size;
		for (size_t at = 0; at < size; at += 61)
			CHECK_EQ(block[at], (unsigned char)(neighbour * 50 + i));
		if (i % 3 == 0) {
			block = realloc(block, size * 2);
			CHECK_EQ(block[size - 1], (unsigned char)(neighbour * 50 + i));
		}
		free(block);
		if (i % 16 == 0)
			sched_yield();
	}
	void *aligned = NULL;
	CHECK_EQ(posix_memalign(&aligned, 4096, 5000), 0);
	CHECK_EQ((uintptr_t)aligned % 4096, 0);
	free(aligned);
	return p;
}

int main(void)
{
	pthread_barrier_init(&barrier, NULL, THREADS);
	pthread_t t[THREADS];
	for (long i = 0; i < THREADS; i++)
		t[i] = spawn(work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	TRUTH("callers work %d", THREADS);
	FINISH();
}
