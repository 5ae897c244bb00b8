// main leaves by pthread_exit; the others go on, and the last ends the process.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"

static pthread_t first;
static void goodbye(void) { puts("at exit"); }

static void *last(void *p)
{
	CHECK_EQ(join(first), 5);
	for (int i = 0; i < 10; i++)
		sleep_ms(1);
	TRUTH("threads 3");
	TRUTH("unfinished main 0"); // it was unwound
	puts(truth_failures ? "EXIT-FAILURE" : "EXIT-SUCCESS");
	return p;
}

static void *early(void *p) { return sleep_ms(2), p; }

int main(void)
{
	atexit(goodbye);
	first = pthread_self();
	spawn(last, NULL);
	CHECK_EQ(join(spawn(early, (void *)3)), 3);
	pthread_exit((void *)5);
}
