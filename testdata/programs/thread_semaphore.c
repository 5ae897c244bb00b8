// Semaphores: two threads in strict turns, and a limit on how many are inside.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <semaphore.h>

enum { TURNS = 50, CROWD = 6, LIMIT = 2 };
static sem_t ping, pong, room;
static volatile uint64_t ball;
static int inside, most;
static pid_t player[2];

NOINLINE void hit(void) { ball++; }

static void *play(void *p)
{
	long side = (long)p;
	player[side] = tid();
	for (int i = 0; i < TURNS; i++) {
		sem_wait(side ? &pong : &ping);
		CHECK_EQ(ball % 2, side);
		hit();
		sem_post(side ? &ping : &pong);
	}
	return NULL;
}

static void *enter(void *p)
{
	for (int i = 0; i < 5; i++) {
		sem_wait(&room);
		int now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
		if (now > most)
			most = now;
		sched_yield();
		__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
		sem_post(&room);
	}
	return p;
}

int main(void)
{
	sem_init(&ping, 0, 1), sem_init(&pong, 0, 0), sem_init(&room, 0, LIMIT);
	pthread_t t[CROWD];
	for (long i = 0; i < 2; i++)
		t[i] = spawn(play, (void *)i);
	join(t[0]), join(t[1]);
	CHECK_EQ(ball, 2 * TURNS);
	for (int i = 0; i < CROWD; i++)
		t[i] = spawn(enter, NULL);
	for (int i = 0; i < CROWD; i++)
		join(t[i]);
	CHECK(most >= 1 && most <= LIMIT);
	CHECK_EQ(sem_trywait(&ping), 0);
	CHECK(sem_trywait(&ping) == -1 && errno == EAGAIN);
	TRUTH_VARIABLE(ball);
	TRUTH("callers hit 2");
	printf("truth assigned ball");
	for (int i = 0; i < 2 * TURNS; i++)
		printf(" %d:%d", player[i % 2], i + 1);
	printf("\n");
	FINISH();
}
