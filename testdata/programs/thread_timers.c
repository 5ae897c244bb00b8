// Timers: SIGEV_THREAD (in threads of glibc's own), to a thread, and an alarm.
// build: gcc -g $FLAGS -o $OUT $SOURCE -pthread
// matrix: static
#include "thread.h"
#include <semaphore.h>

static sem_t fired;
static volatile int notified, alarmed, targeted;
static pid_t target;

static void notify(union sigval v)
{
	CHECK_EQ(v.sival_int, 5);
	__atomic_fetch_add(&notified, 1, __ATOMIC_SEQ_CST);
	sem_post(&fired);
}

static void on_alarm(int number) { (void)number, alarmed++, sem_post(&fired); }
static void on_target(int number)
{
	(void)number;
	CHECK_EQ(tid(), target);
	targeted++;
}

static void start(timer_t *timer, struct sigevent *event)
{
	struct itimerspec soon = {.it_value.tv_nsec = 2000000};
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, event, timer), 0);
	CHECK_EQ(timer_settime(*timer, 0, &soon, NULL), 0);
}

static void *is_target(void *p)
{
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
	target = event._sigev_un._tid = tid();
	start(&timer, &event);
	while (!targeted) {
		struct timespec t = {0, 5000000}; // interrupted or not
		nanosleep(&t, NULL);
	}
	timer_delete(timer);
	return p;
}

static void wait_fired(void)
{
	while (sem_wait(&fired) != 0)
		;
}

int main(void)
{
	sem_init(&fired, 0, 0);
	signal(SIGALRM, on_alarm), signal(SIGUSR1, on_target);
	join(spawn(is_target, NULL));
	CHECK_EQ(targeted, 1);

	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = notify, .sigev_value.sival_int = 5};
	start(&timer, &event);
	wait_fired();
	CHECK_EQ(notified, 1);
	CHECK_EQ(timer_delete(timer), 0);

	timer_t alarm;
	event = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	start(&alarm, &event);
	wait_fired();
	CHECK_EQ(alarmed, 1);
	TRUTH("calls notify 1");
	TRUTH("calls on_target 1");
	TRUTH("signals %d 1", SIGALRM);
	FINISH();
}
