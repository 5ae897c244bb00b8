// exit(2) by every thread, main's first: no exit_group. The status is the last one's.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
// ends: 9
#include "thread.h"

static struct published first = PUBLISHED;
static pthread_t threads[3];

static void *work(void *p)
{
	long me = (long)p;
	char path[64];
	snprintf(path, sizeof path, "/proc/self/task/%ld/stat", await(&first));
	// Its first thread stays as a zombie until the process ends.
	for (char state = 0; me == 0 && state != 'Z';) {
		char text[256] = "";
		int fd = open(path, O_RDONLY);
		CHECK(read(fd, text, sizeof text - 1) > 0);
		close(fd);
		state = strrchr(text, ')')[2];
		sleep_ms(1);
	}
	if (me > 0)
		syscall(SYS_exit, 10 + me);
	join(threads[1]), join(threads[2]);
	TRUTH("threads 4");
	TRUTH("syscalls exit 4");
	TRUTH("syscalls exit_group 0");
	puts(truth_failures ? "EXIT-FAILURE" : "EXIT-SUCCESS");
	fflush(stdout);
	syscall(SYS_exit, 9);
	return NULL;
}

int main(void)
{
	for (long i = 0; i < 3; i++)
		threads[i] = spawn(work, (void *)i);
	publish(&first, tid());
	syscall(SYS_exit, 5);
}
