// A mask of its own for each thread: who gets a signal to the process, and when.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <semaphore.h>

enum { THREADS = 3 };
static sem_t handled, ready;
static struct published go = PUBLISHED;
static pid_t ids[THREADS], who;
static volatile int counts[THREADS];

static void on_signal(int number)
{
	(void)number;
	who = tid();
	for (int i = 0; i < THREADS; i++)
		if (ids[i] == who)
			counts[i]++;
	sem_post(&handled);
}

static void block(int how)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_EQ(pthread_sigmask(how, &set, NULL), 0);
}

// work of thread 1 takes the signal; thread 2 takes it once it is let to.
static void *work(void *p)
{
	long me = (long)p;
	ids[me] = tid();
	if (me == 1)
		block(SIG_UNBLOCK);
	sem_post(&ready);
	await(&go);
	if (me == 2) {
		CHECK_EQ(counts[2], 0);
		block(SIG_UNBLOCK); // the signal comes at this very call
		CHECK_EQ(counts[2], 1);
	}
	return p;
}

int main(void)
{
	sem_init(&handled, 0, 0), sem_init(&ready, 0, 0);
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGUSR1, &action, NULL);
	block(SIG_BLOCK);
	pthread_t t[THREADS];
	for (long i = 0; i < THREADS; i++)
		t[i] = spawn(work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		while (sem_wait(&ready) != 0)
			;
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(kill(getpid(), SIGUSR1), 0);
		while (sem_wait(&handled) != 0)
			;
		CHECK_EQ(who, ids[1]);
	}
	CHECK_EQ(pthread_kill(t[2], SIGUSR1), 0);
	CHECK_EQ(pthread_kill(t[0], SIGUSR1), 0); // never taken
	publish(&go, 1);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	CHECK(counts[0] == 0 && counts[1] == 4 && counts[2] == 1);
	CHECK_EQ(pthread_kill(pthread_self(), 0), 0);
	TRUTH("signals %d 5", SIGUSR1);
	TRUTH("calls on_signal 5");
	TRUTH("callers on_signal 2");
	FINISH();
}
