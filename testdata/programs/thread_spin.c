// Threads that wait for one another without a system call.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
#include <stdatomic.h>
#include "thread.h"

enum { THREADS = 2, TURNS = 5, SIZE = 1 << 12 };
static atomic_int ball;
static unsigned char block[THREADS][SIZE];

static void *play(void *p)
{
	long me = (long)p;
	for (int turn = 1; turn <= TURNS; turn++) {
		while (atomic_load(&ball) != me) {
			if (turn % 2)
				__asm__ volatile("pause");
		}
		memset(block[me], turn, SIZE);
		atomic_store(&ball, (int)(me + 1) % THREADS);
	}
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS];
	for (long i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, play, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(block[i][SIZE - 1], TURNS);
	FINISH();
}
