// Pipes and socket pairs between threads: in turns, full, and closed at an end.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <sys/socket.h>

enum { TURNS = 40, MUCH = 200000 };
static int to[2], from[2], pair[2], wide[2];

static void *echoes(void *p)
{
	int n;
	while (read(to[0], &n, sizeof n) == sizeof n) {
		n = n * 2 + 1;
		CHECK_EQ(write(from[1], &n, sizeof n), sizeof n);
	}
	close(from[1]);
	return p;
}

// sends blocks again and again: a pipe holds 64 KB.
static void *sends(void *p)
{
	char *much = malloc(MUCH);
	for (int i = 0; i < MUCH; i++)
		much[i] = i * 7;
	CHECK_EQ(write(wide[1], much, MUCH), MUCH);
	close(wide[1]);
	free(much);
	return p;
}

static void *talks(void *p)
{
	char text[64];
	for (int i = 0; i < 5; i++) {
		ssize_t n = recv(pair[1], text, sizeof text, 0);
		CHECK(n > 0);
		CHECK_EQ(send(pair[1], text, n, 0), n);
	}
	shutdown(pair[1], SHUT_RDWR);
	return p;
}

int main(void)
{
	CHECK(pipe(to) == 0 && pipe(from) == 0 && pipe(wide) == 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	pthread_t t = spawn(echoes, NULL);
	for (int i = 0; i < TURNS; i++) {
		int n = i;
		CHECK_EQ(write(to[1], &n, sizeof n), sizeof n);
		CHECK_EQ(read(from[0], &n, sizeof n), sizeof n);
		CHECK_EQ(n, 2 * i + 1);
	}
	close(to[1]);
	char c;
	CHECK_EQ(read(from[0], &c, 1), 0);
	join(t);

	t = spawn(sends, NULL);
	static char buffer[5000];
	long total = 0;
	for (ssize_t n; (n = read(wide[0], buffer, sizeof buffer)) > 0; total += n)
		for (ssize_t i = 0; i < n; i += 100)
			CHECK_EQ((unsigned char)buffer[i], (unsigned char)((total + i) * 7));
	CHECK_EQ(total, MUCH);
	join(t);

	t = spawn(talks, NULL);
	for (int i = 0; i < 5; i++) {
		char text[64];
		int n = snprintf(text, sizeof text, "message %d", i);
		CHECK_EQ(send(pair[0], text, n, 0), n);
		memset(text, 0, sizeof text);
		CHECK_EQ(recv(pair[0], text, sizeof text, 0), n);
		CHECK_EQ(text[8], '0' + i);
	}
	join(t);
	TRUTH("threads 4");
	FINISH();
}
