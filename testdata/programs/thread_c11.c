// The threads of C11: thrd_create, mtx, cnd, tss and call_once.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include <threads.h>
#include "truth.h"

enum { THREADS = 3, TURNS = 20 };
static mtx_t lock;
static cnd_t all;
static tss_t key;
static once_flag once = ONCE_FLAG_INIT;
static int counter, arrived, freed;
static thread_local int turns;

static void begin(void) { mtx_init(&lock, mtx_plain | mtx_timed); }
static void destroy(void *p) { freed += *(int *)p, free(p); }

static int work(void *p)
{
	call_once(&once, begin);
	int *mine = malloc(sizeof *mine);
	*mine = *(int *)p;
	tss_set(key, mine);
	for (turns = 0; turns < TURNS; turns++) {
		mtx_lock(&lock);
		counter++;
		thrd_yield();
		mtx_unlock(&lock);
	}
	mtx_lock(&lock);
	if (++arrived == THREADS)
		cnd_broadcast(&all);
	while (arrived < THREADS)
		cnd_wait(&all, &lock);
	mtx_unlock(&lock);
	return turns + *mine;
}

int main(void)
{
	thrd_t t[THREADS];
	int numbers[THREADS];
	cnd_init(&all), tss_create(&key, destroy);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		CHECK_EQ(thrd_create(&t[i], work, &numbers[i]), thrd_success);
	}
	for (int i = 0; i < THREADS; i++) {
		int result = 0;
		CHECK_EQ(thrd_join(t[i], &result), thrd_success);
		CHECK_EQ(result, TURNS + i);
	}
	CHECK_EQ(counter, THREADS * TURNS);
	CHECK_EQ(freed, 3);
	TRUTH("callers work %d", THREADS);
	TRUTH("calls begin 1");
	FINISH();
}
