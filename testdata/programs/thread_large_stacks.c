// Stacks that pthread_create does not keep, that the program brings, or of one page.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <limits.h>
#include <sys/mman.h>

enum { LARGE = 50 << 20 }; // more than the 40 MB that are kept
static char own[128 << 10] __attribute__((aligned(4096)));

NOINLINE long deep(long n)
{
	volatile char page[4096];
	page[n % 4096] = n;
	return n == 0 ? 0 : deep(n - 1) + (unsigned char)page[n % 4096];
}

static void *work(void *p)
{
	sched_yield();
	return (void *)deep((long)p);
}

static pthread_t with(size_t size, void *stack, long depth)
{
	pthread_attr_t attributes;
	pthread_t t;
	pthread_attr_init(&attributes);
	CHECK_EQ(stack ? pthread_attr_setstack(&attributes, stack, size) : pthread_attr_setstacksize(&attributes, size), 0);
	CHECK_EQ(pthread_create(&t, &attributes, work, (void *)depth), 0);
	return t;
}

int main(void)
{
	for (int i = 0; i < 3; i++) {
		pthread_t a = with(LARGE, NULL, 200), b = with(LARGE, NULL, 100);
		CHECK_EQ(join(a), 200 * 201 / 2);
		CHECK_EQ(join(b), 100 * 101 / 2);
	}
	for (int i = 0; i < 2; i++)
		CHECK_EQ(join(with(sizeof own, own, 20)), 210);
	char *mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK_EQ(join(with(1 << 20, mapped, 100)), 5050);
	CHECK_EQ(mapped[0], 0);
	munmap(mapped, 1 << 20);
	CHECK_EQ(join(with(PTHREAD_STACK_MIN, NULL, 1)), 1);
	TRUTH("threads 11");
	TRUTH("callers deep 10");
	FINISH();
}
