// Signals that threads wait for: sigwait, sigtimedwait, sent to one and to all.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"

static sigset_t mine;
static struct published seen = PUBLISHED;
static pid_t id;
static volatile uint64_t got;

static void *waits(void *p)
{
	int number;
	sleeps_soon(&id);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(sigwait(&mine, &number), 0);
		got = number;
		publish(&seen, number);
	}
	return p;
}

static void *waits_with_info(void *p)
{
	siginfo_t info;
	struct timespec limit = {60, 0};
	sleeps_soon(&id);
	CHECK_EQ(sigtimedwait(&mine, &info, &limit), SIGUSR2);
	CHECK_EQ(info.si_code, SI_QUEUE);
	CHECK_EQ(info.si_value.sival_int, 77);
	return p;
}

static void *runs_out(void *p)
{
	siginfo_t info;
	struct timespec limit = {0, 4000000};
	CHECK_EQ(sigtimedwait(&mine, &info, &limit), -1);
	CHECK_EQ(errno, EAGAIN);
	return p;
}

static void expect(long number)
{
	CHECK_EQ(await(&seen), number);
	publish(&seen, 0);
}

int main(void)
{
	sigemptyset(&mine);
	sigaddset(&mine, SIGUSR1);
	sigaddset(&mine, SIGUSR2);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &mine, NULL), 0);
	pthread_t t = spawn(waits, NULL);
	wait_sleeper(&id);
	CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
	expect(SIGUSR1);
	CHECK_EQ(kill(getpid(), SIGUSR2), 0);
	expect(SIGUSR2);
	CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
	expect(SIGUSR1);
	join(t);

	t = spawn(waits_with_info, NULL);
	wait_sleeper(&id);
	union sigval value = {.sival_int = 77};
	CHECK_EQ(pthread_sigqueue(t, SIGUSR2, value), 0);
	join(t);
	join(spawn(runs_out, NULL));
	TRUTH_VARIABLE(got);
	TRUTH("values got %d %d %d", SIGUSR1, SIGUSR2, SIGUSR1);
	TRUTH("signals %d 0", SIGUSR1);
	TRUTH("signals %d 0", SIGUSR2);
	FINISH();
}
