// An alternate signal stack for each thread, on which it outlives stack overflow.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <setjmp.h>

enum { THREADS = 3 };
static __thread sigjmp_buf back;
static __thread char *alternate;
static int outlived;

static void on_fault(int number)
{
	char here;
	(void)number;
	CHECK(&here >= alternate && &here < alternate + (64 << 10));
	siglongjmp(back, 1);
}

NOINLINE int overflow(volatile char *above)
{
	volatile char room[4096];
	room[0] = above[0];
	return overflow(room) + room[0];
}

static void *work(void *p)
{
	stack_t stack = {.ss_sp = alternate = malloc(64 << 10), .ss_size = 64 << 10}, before;
	CHECK_EQ(sigaltstack(&stack, &before), 0);
	CHECK_EQ(before.ss_flags, SS_DISABLE);
	sched_yield();
	char first = 1;
	if (sigsetjmp(back, 1) == 0)
		overflow(&first);
	else
		__atomic_fetch_add(&outlived, 1, __ATOMIC_SEQ_CST);
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
	free(alternate);
	return p;
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
	sigaction(SIGSEGV, &action, NULL);
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 128 << 10);
	pthread_t t[THREADS];
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], &attributes, work, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	CHECK_EQ(outlived, THREADS);
	TRUTH("signals %d %d", SIGSEGV, THREADS);
	TRUTH("callers on_fault %d", THREADS);
	FINISH();
}
