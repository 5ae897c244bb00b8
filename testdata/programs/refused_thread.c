// A second thread: not recorded yet, and said so.
// build: gcc -g $FLAGS -o $OUT $SOURCE -lpthread
// matrix: O2 static
// refused: clone
#include <pthread.h>
#include "truth.h"

static void *work(void *p) { return p; }
int main(void)
{
	pthread_t t;
	CHECK_EQ(pthread_create(&t, NULL, work, NULL), 0);
	pthread_join(t, NULL);
	FINISH();
}
