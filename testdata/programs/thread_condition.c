// Condition variables: producers and consumers over a queue with little room.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: O0 static
#include "thread.h"

enum { ROOM = 3, PRODUCERS = 2, CONSUMERS = 3, EACH = 40 };
static struct {
	pthread_mutex_t lock;
	pthread_cond_t not_full, not_empty;
	int items[ROOM], first, count, closed;
} queue = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, {0}, 0, 0, 0};

NOINLINE void put(int item)
{
	pthread_mutex_lock(&queue.lock);
	while (queue.count == ROOM)
		pthread_cond_wait(&queue.not_full, &queue.lock);
	queue.items[(queue.first + queue.count++) % ROOM] = item;
	pthread_cond_signal(&queue.not_empty);
	pthread_mutex_unlock(&queue.lock);
}

// take is 0 where nothing will come any more.
NOINLINE int take(void)
{
	int item = 0;
	pthread_mutex_lock(&queue.lock);
	while (queue.count == 0 && !queue.closed)
		pthread_cond_wait(&queue.not_empty, &queue.lock);
	if (queue.count > 0) {
		item = queue.items[queue.first];
		queue.first = (queue.first + 1) % ROOM;
		queue.count--;
		pthread_cond_signal(&queue.not_full);
	}
	pthread_mutex_unlock(&queue.lock);
	return item;
}

static void *produce(void *p)
{
	for (int i = 1; i <= EACH; i++)
		put((long)p * 1000 + i);
	return NULL;
}

static void *consume(void *p)
{
	long sum = 0;
	for (int item; (item = take()) != 0;)
		sum += item;
	return p = (void *)sum;
}

int main(void)
{
	pthread_t producers[PRODUCERS], consumers[CONSUMERS];
	for (long i = 0; i < CONSUMERS; i++)
		consumers[i] = spawn(consume, NULL);
	for (long i = 0; i < PRODUCERS; i++)
		producers[i] = spawn(produce, (void *)(i + 1));
	for (int i = 0; i < PRODUCERS; i++)
		join(producers[i]);
	pthread_mutex_lock(&queue.lock);
	queue.closed = 1;
	pthread_cond_broadcast(&queue.not_empty);
	pthread_mutex_unlock(&queue.lock);
	long sum = 0;
	for (int i = 0; i < CONSUMERS; i++)
		sum += (long)join(consumers[i]);
	CHECK_EQ(sum, (1000 + 2000) * EACH + 2 * EACH * (EACH + 1) / 2);
	TRUTH("threads %d", 1 + PRODUCERS + CONSUMERS);
	TRUTH("calls put %d", PRODUCERS * EACH);
	TRUTH("calls take %d", PRODUCERS * EACH + CONSUMERS);
	TRUTH("callers put %d", PRODUCERS);
	TRUTH("callers take %d", CONSUMERS);
	FINISH();
}
