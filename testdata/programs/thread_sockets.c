// A server with a thread for each client, over the loopback network and a local socket.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { CLIENTS = 3, TURNS = 5 };
static struct sockaddr_storage address;
static socklen_t length;

static void *serves(void *p)
{
	int fd = (long)p, n;
	while (recv(fd, &n, sizeof n, MSG_WAITALL) == sizeof n) {
		n *= n;
		CHECK_EQ(send(fd, &n, sizeof n, MSG_NOSIGNAL), sizeof n);
	}
	close(fd);
	return p;
}

static void *asks(void *p)
{
	int fd = socket(address.ss_family, SOCK_STREAM, 0);
	CHECK_EQ(connect(fd, (struct sockaddr *)&address, length), 0);
	long sum = 0;
	for (int i = 0; i < TURNS; i++) {
		int n = (long)p * 100 + i;
		struct iovec parts[2] = {{&n, 1}, {(char *)&n + 1, 3}};
		struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
		CHECK_EQ(sendmsg(fd, &message, 0), 4);
		int answer = 0;
		CHECK_EQ(recv(fd, &answer, sizeof answer, MSG_WAITALL), sizeof answer);
		CHECK_EQ(answer, n * n);
		sum += answer;
	}
	close(fd);
	return p = (void *)sum;
}

static void serve(int listener)
{
	CHECK_EQ(listen(listener, 8), 0);
	length = sizeof address;
	CHECK_EQ(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	pthread_t servers[CLIENTS], clients[CLIENTS];
	for (long i = 0; i < CLIENTS; i++)
		clients[i] = spawn(asks, (void *)i);
	for (int i = 0; i < CLIENTS; i++) {
		int fd = accept(listener, NULL, NULL);
		CHECK(fd >= 0);
		servers[i] = spawn(serves, (void *)(long)fd);
	}
	for (int i = 0; i < CLIENTS; i++) {
		CHECK(join(clients[i]) != NULL);
		join(servers[i]);
	}
	close(listener);
}

int main(void)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	CHECK_EQ(bind(listener, (struct sockaddr *)&any, sizeof any), 0);
	serve(listener);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sockaddr_un unnamed = {.sun_family = AF_UNIX};
	CHECK_EQ(bind(listener, (struct sockaddr *)&unnamed, sizeof(sa_family_t)), 0);
	serve(listener);
	TRUTH("threads %d", 1 + 4 * CLIENTS);
	TRUTH("callers asks %d", 2 * CLIENTS);
	FINISH();
}
