// Two threads that hand a ball to each other by a bare futex, counted.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <linux/futex.h>

enum { TURNS = 60 };
static uint32_t holder;
static volatile uint64_t ball;
static pid_t player[2];
static int waits, wakes;

NOINLINE void pass(void) { ball++; }

static void *play(void *p)
{
	uint32_t me = (long)p;
	player[me] = tid();
	for (int i = 0; i < TURNS; i++) {
		while (__atomic_load_n(&holder, __ATOMIC_SEQ_CST) != me) {
			__atomic_fetch_add(&waits, 1, __ATOMIC_SEQ_CST);
			syscall(SYS_futex, &holder, FUTEX_WAIT_PRIVATE, !me, NULL, NULL, 0);
		}
		pass();
		__atomic_store_n(&holder, !me, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&wakes, 1, __ATOMIC_SEQ_CST);
		syscall(SYS_futex, &holder, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	return p;
}

int main(void)
{
	pthread_t t[2];
	for (long i = 0; i < 2; i++)
		t[i] = spawn(play, (void *)i);
	join(t[0]), join(t[1]);
	CHECK_EQ(ball, 2 * TURNS);
	CHECK_EQ(wakes, 2 * TURNS);
	CHECK(waits > 0);
	TRUTH_VARIABLE(ball);
	TRUTH("calls pass %d", 2 * TURNS);
	TRUTH("handed-over ball %d", 2 * TURNS - 1);
	TRUTH_VARIABLE(holder);
	TRUTH("futex-waits holder %d", waits);
	TRUTH("futex-wakes holder %d", wakes);
	printf("truth assigned ball");
	for (int i = 0; i < 2 * TURNS; i++)
		printf(" %d:%d", player[i % 2], i + 1);
	printf("\n");
	FINISH();
}
