// Memory that changes while a thread is blocked in a call that will write to it.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: O2 static
#include "thread.h"
#include <poll.h>
#include <sys/mman.h>
#include <sys/uio.h>

static int pipes[2];
static pid_t id;
static char *buffer;
static volatile uint64_t word;
static struct pollfd watched;

static void *reads(void *p)
{
	sleeps_soon(&id);
	long n = read(pipes[0], buffer, 100);
	return p = (void *)(n < 0 ? -(long)errno : n);
}

static void *reads_word(void *p)
{
	sleeps_soon(&id);
	CHECK_EQ(read(pipes[0], (void *)&word, 4), 4);
	return p;
}

static void *scatters(void *p)
{
	struct iovec v[3] = {{buffer, 3}, {buffer + 4096, 4}, {(void *)&word, 8}};
	sleeps_soon(&id);
	CHECK_EQ(readv(pipes[0], v, 3), 9);
	return p;
}

static void *polls(void *p)
{
	sleeps_soon(&id);
	return p = (void *)(long)poll(&watched, 1, -1);
}

static void say(const char *text) { CHECK_EQ(write(pipes[1], text, strlen(text)), strlen(text)); }

int main(void)
{
	CHECK_EQ(pipe(pipes), 0);
	buffer = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t t = spawn(reads, NULL);
	wait_sleeper(&id);
	memset(buffer, 'a', 8192); // while it waits
	say("hello");
	CHECK_EQ(join(t), 5);
	CHECK(memcmp(buffer, "helloaaa", 8) == 0);

	// The buffer is mapped anew, then not at all, while it waits.
	t = spawn(reads, NULL);
	wait_sleeper(&id);
	CHECK(mmap(buffer, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == buffer);
	say("again");
	CHECK_EQ(join(t), 5);
	CHECK(memcmp(buffer, "again\0\0", 8) == 0);
	CHECK_EQ(buffer[4096], 'a');
	t = spawn(reads, NULL);
	wait_sleeper(&id);
	CHECK_EQ(mprotect(buffer, 4096, PROT_NONE), 0);
	say("lost");
	CHECK_EQ(join(t), -EFAULT);
	CHECK_EQ(mprotect(buffer, 4096, PROT_READ | PROT_WRITE), 0);
	CHECK(memcmp(buffer, "again", 5) == 0);
	t = spawn(reads, NULL);
	CHECK(join(t) == (void *)4 && memcmp(buffer, "lostn", 5) == 0);
	id = 0; // that one did not sleep

	t = spawn(reads_word, NULL);
	wait_sleeper(&id);
	word = 0x1122334455667788;
	say("ABCD");
	join(t);
	CHECK_EQ(word, 0x1122334444434241);

	t = spawn(scatters, NULL);
	wait_sleeper(&id);
	buffer[4096 + 4] = 'z';
	say("123456789");
	join(t);
	CHECK(memcmp(buffer, "123t", 4) == 0 && memcmp(buffer + 4096, "4567z", 5) == 0);
	CHECK_EQ(word, 0x1122334444433938);

	// The kernel took the descriptor to watch when the call began.
	watched = (struct pollfd){.fd = pipes[0], .events = POLLIN};
	t = spawn(polls, NULL);
	wait_sleeper(&id);
	watched.fd = 12345;
	say("!");
	CHECK_EQ(join(t), 1);
	CHECK_EQ(watched.fd, 12345);
	CHECK_EQ(watched.revents, POLLIN);
	TRUTH_VARIABLE(word);
	TRUTH("values word 0x1122334455667788");
	TRUTH("threads 8");
	FINISH();
}
