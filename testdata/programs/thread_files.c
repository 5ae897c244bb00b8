// Threads that share a file: its position, appending, locks and stdio's buffers.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { THREADS = 3, TURNS = 20 };
static int shared;
static FILE *stream;

static void *work(void *p)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/self/fd/%d", shared);
	int own = open(path, O_RDWR | O_CLOEXEC); // not the same open file
	for (int i = 0; i < TURNS; i++) {
		CHECK_EQ(flock(own, LOCK_EX), 0);
		char record[8] = "";
		snprintf(record, sizeof record, "%d %02d\n", (int)(long)p, i);
		CHECK_EQ(write(shared, record, 5), 5);
		sched_yield();
		CHECK_EQ(pwrite(own, record, 5, 4096 + ((long)p * TURNS + i) * 5), 5);
		CHECK_EQ(flock(own, LOCK_UN), 0);
		fprintf(stream, "%ld:%d\n", (long)p, i);
	}
	close(own);
	return p;
}

int main(void)
{
	shared = memfd_create("shared", 0);
	char *text;
	size_t size;
	stream = open_memstream(&text, &size);
	pthread_t t[THREADS];
	for (long i = 0; i < THREADS; i++)
		t[i] = spawn(work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	fclose(stream);
	int lines = 0, counts[THREADS] = {0};
	for (char *at = text; at < text + size; at = strchr(at, '\n') + 1, lines++)
		CHECK_EQ(atoi(at + 2), counts[at[0] - '0']++);
	CHECK_EQ(lines, THREADS * TURNS);
	CHECK_EQ(lseek(shared, 0, SEEK_CUR), THREADS * TURNS * 5);
	struct stat status;
	fstat(shared, &status);
	CHECK_EQ(status.st_size, 4096 + THREADS * TURNS * 5);
	char record[6] = "";
	CHECK_EQ(pread(shared, record, 5, 4096 + (2 * TURNS + 7) * 5), 5);
	CHECK(strcmp(record, "2 07\n") == 0);
	free(text);
	TRUTH("threads %d", THREADS + 1);
	FINISH();
}
