// Futexes by hand: bit sets, wake with an operation, requeued, several, with a limit.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <linux/futex.h>

enum { FUTEX_WAITV = 449, SIZE_32 = 2 };
static uint32_t a, b, c;
static pid_t id[3];

static long futex(uint32_t *at, int op, uint32_t value, const void *limit, uint32_t *other, uint32_t bits)
{
	return syscall(SYS_futex, at, op | FUTEX_PRIVATE_FLAG, value, limit, other, bits);
}

static void *waits(void *p)
{
	sleeps_soon(&id[0]);
	return (void *)futex(p, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void *waits_too(void *p)
{
	sleeps_soon(&id[1]);
	return (void *)futex(p, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void *waits_for_bits(void *p)
{
	sleeps_soon(&id[(long)p - 1]);
	return (void *)futex(&a, FUTEX_WAIT_BITSET, 0, NULL, NULL, (long)p);
}

struct waiter { uint64_t value, address; uint32_t flags, reserved; };
static void *waits_for_two(void *p)
{
	struct waiter v[2] = {{0, (uint64_t)&a, SIZE_32 | FUTEX_PRIVATE_FLAG, 0}, {0, (uint64_t)&b, SIZE_32 | FUTEX_PRIVATE_FLAG, 0}};
	sleeps_soon(&id[0]);
	long woken = syscall(FUTEX_WAITV, v, 2, 0, NULL, 0);
	return p = (void *)(woken == -1 && errno == ENOSYS ? 1 : woken);
}

int main(void)
{
	struct timespec limit = {0, 3000000};
	CHECK(futex(&a, FUTEX_WAIT, 1, NULL, NULL, 0) == -1 && errno == EAGAIN);
	CHECK(futex(&a, FUTEX_WAIT, 0, &limit, NULL, 0) == -1 && errno == ETIMEDOUT);
	limit = after_ms(CLOCK_MONOTONIC, 3);
	CHECK(futex(&a, FUTEX_WAIT_BITSET, 0, &limit, NULL, 8) == -1 && errno == ETIMEDOUT);
	CHECK_EQ(futex(&a, FUTEX_WAKE, 1, NULL, NULL, 0), 0);

	// Only the second waits for that bit.
	pthread_t t = spawn(waits_for_bits, (void *)1), u = spawn(waits_for_bits, (void *)2);
	wait_sleeper(&id[0]), wait_sleeper(&id[1]);
	CHECK_EQ(futex(&a, FUTEX_WAKE_BITSET, 10, NULL, NULL, 2), 1);
	CHECK_EQ(join(u), 0);
	CHECK_EQ(futex(&a, FUTEX_WAKE_BITSET, 10, NULL, NULL, 1), 1);
	CHECK_EQ(join(t), 0);

	// Wakes a's; sets b to 7 and wakes b's, since that was 0.
	t = spawn(waits, &a), u = spawn(waits_too, &b);
	wait_sleeper(&id[0]), wait_sleeper(&id[1]);
	CHECK_EQ(futex(&a, FUTEX_WAKE_OP, 1, (void *)1, &b, FUTEX_OP(FUTEX_OP_SET, 7, FUTEX_OP_CMP_EQ, 0)), 2);
	CHECK_EQ(join(t), 0);
	CHECK_EQ(join(u), 0);
	CHECK_EQ(b, 7);
	b = 0;

	// One of two is woken, the other comes to wait for c.
	t = spawn(waits, &a), u = spawn(waits_too, &a);
	wait_sleeper(&id[0]), wait_sleeper(&id[1]);
	CHECK_EQ(futex(&a, FUTEX_CMP_REQUEUE, 1, (void *)1, &c, 0), 2);
	CHECK_EQ(futex(&a, FUTEX_WAKE, 10, NULL, NULL, 0), 0);
	CHECK_EQ(futex(&c, FUTEX_WAKE, 10, NULL, NULL, 0), 1);
	CHECK_EQ(join(t), 0);
	CHECK_EQ(join(u), 0);

	t = spawn(waits_for_two, NULL);
	wait_sleeper(&id[0]);
	futex(&b, FUTEX_WAKE, 1, NULL, NULL, 0);
	CHECK_EQ(join(t), 1);
	TRUTH_VARIABLE(b);
	TRUTH("threads 8");
	FINISH();
}
