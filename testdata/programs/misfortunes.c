// A file, calls that fail, recursion, a signal, memory misused, and an abort:
// what saved queries ask for.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// matrix: O0
// ends: SIGABRT
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "truth.h"

static volatile int counter;
static volatile int caught;
static char *kept[3];

NOINLINE void on_signal(int number) { caught = number; }

NOINLINE int down(int n) { return n == 0 ? 0 : 1 + down(n - 1); }

// Fails for odd numbers.
NOINLINE int attempt(int n) { return n % 2 ? -1 : n; }

NOINLINE void count_to(int n)
{
	for (int i = 1; i <= n; i++)
		counter = i;
}

NOINLINE void never_called(void) { counter = -1; }

NOINLINE void copy_file(const char *path)
{
	char buffer[100];
	int fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(read(fd, buffer, 10), 10);
	CHECK_EQ(read(fd, buffer, 20), 20);
	close(fd);
	CHECK(open("/no/such/file", O_RDONLY) == -1);
	CHECK(open("/no/such/folder/file", O_RDONLY) == -1);
	CHECK(write(-1, buffer, 5) == -1);
}

NOINLINE char *allocate(size_t size) { return malloc(size); }

NOINLINE void misuse_memory(void)
{
	for (int i = 0; i < 3; i++)
		kept[i] = allocate(1000 + i); // never freed: leaks
	char *volatile gone = allocate(64);
	free(gone);
	gone[32] = 'x'; // a write after free
	char *again = allocate(72);
	free(again);
}

int main(int argc, char **argv)
{
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	CHECK_EQ(caught, SIGUSR1);
	CHECK_EQ(down(6), 6);
	CHECK_EQ(down(2), 2);
	for (int i = 0; i < 5; i++)
		attempt(i);
	count_to(4);
	copy_file(argv[0]);
	misuse_memory();
	if (argc > 5)
		never_called();
	puts("EXIT-SUCCESS");
	fflush(stdout);
	char *twice = allocate(5000);
	free(twice);
	free(twice); // glibc aborts
}
