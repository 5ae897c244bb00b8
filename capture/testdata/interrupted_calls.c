// System calls interrupted by signals: restarted with SA_RESTART, failing with
// EINTR without, continued by restart_syscall after an ignored signal, with a
// queued value and two signals at once.
// build: gcc -g -O2 -o $OUT $SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int fds[2], alarms, value, order[4], n;

static void on_alarm(int number)
{
	(void)number;
	if (++alarms == 1)
		(void)!write(fds[1], "x", 1);
}

static void on_value(int number, siginfo_t *info, void *context)
{
	(void)context;
	value = info->si_value.sival_int;
	order[n++] = number;
}

static void install(int number, int flags)
{
	struct sigaction a = {.sa_flags = flags};
	if (flags & SA_SIGINFO)
		a.sa_sigaction = on_value;
	else
		a.sa_handler = on_alarm;
	sigaction(number, &a, NULL);
}

static void after(int ms)
{
	struct itimerval t = {{0, 0}, {0, ms * 1000}};
	setitimer(ITIMER_REAL, &t, NULL);
}

int main(void)
{
	char c;
	(void)!pipe(fds);
	install(SIGALRM, SA_RESTART);
	after(20);
	printf("restarted read: %zd\n", read(fds[0], &c, 1));
	install(SIGALRM, 0);
	after(20);
	ssize_t got = read(fds[0], &c, 1);
	printf("interrupted read: %zd %s\n", got, strerror(errno));
	after(20);
	int e = nanosleep(&(struct timespec){10, 0}, NULL);
	printf("interrupted sleep: %d %s\n", e, strerror(errno));
	// A stop and a continue have poll end in restart_syscall.
	signal(SIGALRM, SIG_IGN);
	after(20);
	printf("poll: %d\n", poll(NULL, 0, 60));
	install(SIGUSR1, SA_SIGINFO);
	install(SIGRTMIN, SA_SIGINFO);
	sigset_t both, old;
	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigaddset(&both, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &both, &old);
	sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 7});
	raise(SIGUSR1);
	sigsuspend(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	printf("two signals: %d, value %d\n", n, value);
	return alarms == 3 ? 0 : 1;
}
