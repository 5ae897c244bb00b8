// poll, select, epoll and an eventfd, with which one thread wakes another.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/timerfd.h>

enum { ROUNDS = 12 };
static int events[3], answers, timer;

static void *wakes(void *p)
{
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t n = i + 1;
		if (i % 3 == 0)
			sleep_ms(1);
		CHECK_EQ(write(events[i % 3], &n, sizeof n), sizeof n);
		CHECK_EQ(read(answers, &n, sizeof n), sizeof n);
		CHECK_EQ(n, i + 1);
	}
	return p;
}

NOINLINE int by_poll(void)
{
	struct pollfd f[3];
	for (int i = 0; i < 3; i++)
		f[i] = (struct pollfd){.fd = events[i], .events = POLLIN};
	CHECK_EQ(poll(f, 3, -1), 1);
	for (int i = 0; i < 3; i++)
		if (f[i].revents & POLLIN)
			return i;
	return -1;
}

NOINLINE int by_select(void)
{
	fd_set set;
	FD_ZERO(&set);
	for (int i = 0; i < 3; i++)
		FD_SET(events[i], &set);
	CHECK_EQ(select(events[2] + 1, &set, NULL, NULL, NULL), 1);
	for (int i = 0; i < 3; i++)
		if (FD_ISSET(events[i], &set))
			return i;
	return -1;
}

NOINLINE int by_epoll(int e)
{
	struct epoll_event got[4];
	CHECK_EQ(epoll_wait(e, got, 4, -1), 1);
	return got[0].data.u32;
}

int main(void)
{
	int e = epoll_create1(EPOLL_CLOEXEC);
	answers = eventfd(0, 0);
	for (int i = 0; i < 3; i++) {
		events[i] = eventfd(0, EFD_CLOEXEC);
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
		CHECK_EQ(epoll_ctl(e, EPOLL_CTL_ADD, events[i], &event), 0);
	}
	pthread_t t = spawn(wakes, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		int which = i / 3 % 3 == 0 ? by_poll() : i / 3 % 3 == 1 ? by_select() : by_epoll(e);
		CHECK_EQ(which, i % 3);
		uint64_t n = 0;
		CHECK_EQ(read(events[which], &n, sizeof n), sizeof n);
		CHECK_EQ(write(answers, &n, sizeof n), sizeof n);
	}
	join(t);
	struct epoll_event none;
	CHECK_EQ(epoll_wait(e, &none, 1, 3), 0);

	timer = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec soon = {.it_value.tv_nsec = 3000000};
	CHECK_EQ(timerfd_settime(timer, 0, &soon, NULL), 0);
	uint64_t expired = 0;
	CHECK_EQ(read(timer, &expired, sizeof expired), sizeof expired);
	CHECK_EQ(expired, 1);
	TRUTH("calls by_poll 6");
	TRUTH("threads 2");
	FINISH();
}
