// Four threads that contend for a mutex and wait for one another by a condition.
// build: gcc -g -O2 -o $OUT $SOURCE -pthread
// matrix: O2
#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, ROUNDS = 500, WORK = 20000 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long next;
static volatile unsigned long work[THREADS];

static void *run(void *p)
{
	long me = (long)p;
	for (int i = 0; i < ROUNDS; i++) {
		for (int k = 0; k < WORK; k++)
			work[me] = work[me] * 31 + k;
		pthread_mutex_lock(&lock);
		while (next % THREADS != me)
			pthread_cond_wait(&changed, &lock);
		next++;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS];
	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, run, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	printf("%ld\n", next);
	return 0;
}
