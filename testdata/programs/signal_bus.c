// SIGBUS behind the end of a mapped file, repaired by mapping memory there.
// build: gcc -g $FLAGS -o $OUT $SOURCE
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include "truth.h"

volatile int handled;

static void on_bus(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	handled++;
	mmap((void *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

int main(void)
{
	struct sigaction action = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO};
	sigaction(SIGBUS, &action, NULL);
	char name[] = "/tmp/signal_bus_XXXXXX";
	int fd = mkstemp(name);
	unlink(name);
	CHECK_EQ(write(fd, "hello", 5), 5);
	char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(memcmp(p, "hello\0\0", 7) == 0);
	p[4096] = 'x';
	CHECK_EQ(p[8192 + 100], 0);
	CHECK_EQ(p[4096], 'x');
	CHECK_EQ(handled, 2);
	TRUTH("signals 7 2");
	FINISH();
}
