// A signal handler interrupts blocked calls of a thread: EINTR, or restarted.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: O0 static
#include "thread.h"
#include <poll.h>
#include <semaphore.h>

static int pipes[2];
static volatile int handled;
static pid_t id;
static sem_t sem;

static void on_signal(int number) { (void)number, handled++; }

static void handle(int flags)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
}

static void *reads(void *p)
{
	char c = 0;
	sleeps_soon(&id);
	ssize_t n = read(pipes[0], &c, 1);
	if (p) {
		CHECK_EQ(n, 1);
		CHECK_EQ(c, 'x');
	} else {
		CHECK(n == -1 && errno == EINTR);
	}
	return p;
}

static void *sleeps(void *p)
{
	struct timespec t = {60, 0}, left = {0, 0};
	sleeps_soon(&id);
	CHECK(nanosleep(&t, &left) == -1 && errno == EINTR);
	// The rest counts the slack of the timer too: it may be above 60 seconds.
	CHECK(left.tv_sec > 50 && left.tv_sec <= 60);
	return p;
}

static void *polls(void *p)
{
	struct pollfd f = {.fd = pipes[0], .events = POLLIN};
	sleeps_soon(&id);
	CHECK(poll(&f, 1, -1) == -1 && errno == EINTR);
	return p;
}

static void *waits(void *p)
{
	sleeps_soon(&id);
	CHECK(sem_wait(&sem) == -1 && errno == EINTR);
	return p;
}

// locks goes on to wait: mutexes do not return EINTR.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *locks(void *p)
{
	sleeps_soon(&id);
	CHECK_EQ(pthread_mutex_lock(&lock), 0);
	pthread_mutex_unlock(&lock);
	return p;
}

// interrupt sends the signal to a thread that sleeps in its call.
static pthread_t interrupt(void *(*work)(void *), void *argument)
{
	int before = handled;
	pthread_t t = spawn(work, argument);
	wait_sleeper(&id);
	CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
	while (__atomic_load_n(&handled, __ATOMIC_SEQ_CST) == before)
		sleep_ms(1);
	return t;
}

int main(void)
{
	CHECK_EQ(pipe(pipes), 0);
	sem_init(&sem, 0, 0);
	handle(0);
	join(interrupt(reads, NULL));
	join(interrupt(sleeps, NULL));
	join(interrupt(polls, NULL));
	join(interrupt(waits, NULL));
	pthread_mutex_lock(&lock);
	pthread_t t = interrupt(locks, NULL);
	pthread_mutex_unlock(&lock);
	join(t);
	handle(SA_RESTART);
	t = interrupt(reads, &id);
	CHECK_EQ(write(pipes[1], "x", 1), 1);
	join(t);
	join(interrupt(polls, NULL)); // is not restarted even so
	CHECK_EQ(handled, 7);
	TRUTH_VARIABLE(handled);
	TRUTH("values handled 1 2 3 4 5 6 7");
	TRUTH("signals %d 7", SIGUSR1);
	TRUTH("callers on_signal 7");
	FINISH();
}
