// Threads that compute for long, side by side, in registers, in memory and with
// string instructions.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
#include "delay.h"
#include "thread.h"

enum { THREADS = 3, ROUNDS = 3000, SIZE = 1 << 14 };
static uint64_t sums[THREADS];
static unsigned char table[THREADS][SIZE];

static uint64_t next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	return *s ^= *s << 17;
}

static uint64_t compute(unsigned char *t, uint64_t seed)
{
	uint64_t sum = 0;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t v = next(&seed);
		delay(5000 + v % 5000);
		t[v % SIZE] += v >> 20;
		sum += t[(v >> 32) % SIZE];
		if (i % 512 == 0) {
			void *to = t, *from = t + 16;
			uint64_t n = SIZE - 16;
			__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
		}
	}
	return sum;
}

static void *work(void *p)
{
	long me = (long)p;
	sums[me] = compute(table[me], me + 1);
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS];
	for (long i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, work, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	for (long i = 0; i < THREADS; i++) {
		static unsigned char fresh[SIZE];
		memset(fresh, 0, SIZE);
		CHECK_EQ(compute(fresh, i + 1), sums[i]);
		printf("%llx\n", (unsigned long long)sums[i]);
	}
	FINISH();
}
