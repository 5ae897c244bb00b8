// Signals, timers and calls that are interrupted. See calls.h. Build: cc -O1 -o signal_calls signal_calls.c -lrt
#include "calls.h"

static void times_(void) {
	struct timespec ts = {0, 1000}, rem;
	struct timeval tv;
	int zone[2];
	S(N(nanosleep), &ts, &rem);
	S(N(nanosleep), &(struct timespec){-1, 0}, NULL);
	S(N(clock_nanosleep), CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	S(N(clock_gettime), CLOCK_PROCESS_CPUTIME_ID, &ts);
	S(N(clock_gettime), 99, &ts);
	S(N(clock_gettime), -6, &ts);
	S(N(clock_getres), CLOCK_MONOTONIC, &ts);
	S(N(gettimeofday), &tv, zone);
	S(N(time), buf);
	S(N(times), buf);
	struct timex tx = {0};
	S(N(adjtimex), &tx);
	S(N(clock_adjtime), CLOCK_REALTIME, &tx);
	int id;
	struct sigevent se = {.sigev_signo = SIGUSR2, .sigev_notify = SIGEV_SIGNAL};
	S(N(timer_create), CLOCK_MONOTONIC, &se, &id);
	S(N(timer_create), 99, &se, &id);
	struct itimerspec it = {{0, 0}, {10, 0}}, old;
	S(N(timer_settime), id, 0, &it, &old);
	S(N(timer_gettime), id, &old);
	S(N(timer_getoverrun), id);
	S(N(timer_delete), id);
	int f = S(N(timerfd_create), CLOCK_MONOTONIC, TFD_NONBLOCK);
	S(N(timerfd_settime), f, 0, &it, &old);
	S(N(timerfd_gettime), f, &old);
	S(N(read), f, buf, 8);
}

static void handler(int s) { (void)s; }

static void signals(void) {
	struct { void *h; unsigned long f; void *r; unsigned long m; } sa = {handler, SA_RESTART, 0, 1 << 9}, old;
	unsigned long set = 1 << (SIGUSR1 - 1), all = ~0ul, none = 0;
	struct sigaction libc = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigaction(SIGALRM, &libc, NULL);
	libc.sa_flags = 0;
	sigaction(SIGUSR2, &libc, NULL);
	S(N(rt_sigaction), SIGUSR1, NULL, &old, 8);
	S(N(rt_sigaction), SIGCHLD, &sa, &old, 8);
	S(N(rt_sigaction), SIGCHLD, NULL, &old, 8);
	S(N(rt_sigaction), 100, &sa, &old, 8);
	S(N(rt_sigprocmask), SIG_BLOCK, &set, &old, 8);
	S(N(rt_sigprocmask), SIG_SETMASK, &all, &old, 8);
	S(N(rt_sigprocmask), SIG_SETMASK, &set, &old, 8);
	S(N(rt_sigprocmask), 9, &none, &old, 4);
	S(N(kill), getpid(), SIGUSR1);
	S(N(rt_sigpending), &old, 8);
	int f = S(N(signalfd4), -1, &set, 8, SFD_NONBLOCK);
	S(N(read), f, buf, 128);
	S(N(tgkill), getpid(), getpid(), SIGUSR1);
	struct timespec ts = {0, 1000};
	S(N(rt_sigtimedwait), &set, buf, &ts, 8);
	S(N(rt_sigtimedwait), &set, buf, &ts, 8);
	memset(buf, 0, 128);
	*(int *)(buf + 8) = -1;
	S(N(rt_sigqueueinfo), getpid(), SIGUSR1, buf);
	S(N(rt_sigtimedwait), &set, buf, NULL, 8);
	S(N(tkill), getpid(), 0);
	S(N(kill), -100000, 0);
	stack_t ss = {other, 0, 4096}, oldss;
	S(N(sigaltstack), NULL, &oldss);
	S(N(sigaltstack), &ss, &oldss);
	ss.ss_flags = SS_DISABLE;
	S(N(sigaltstack), &ss, NULL);
	// The interval is for a machine so busy that the first signal comes too early.
	struct itimerval it = {{0, 500000}, {0, 50000}}, oit;
	S(N(setitimer), ITIMER_REAL, &it, &oit);
	struct timespec long_time = {5, 0}, rest;
	S(N(nanosleep), &long_time, &rest);
	S(N(setitimer), ITIMER_REAL, &it, NULL);
	S(N(getitimer), ITIMER_REAL, &oit);
	S(N(clock_nanosleep), CLOCK_MONOTONIC, 0, &long_time, &rest);
	S(N(setitimer), ITIMER_REAL, &it, NULL);
	S(N(pause));
	S(N(setitimer), ITIMER_REAL, &it, NULL);
	S(N(rt_sigsuspend), &none, 8);
	S(N(setitimer), ITIMER_REAL, &it, NULL);
	struct pollfd pf = {-1, POLLIN, 0};
	S(N(poll), &pf, 1, 5000);
	S(N(setitimer), ITIMER_REAL, &it, NULL);
	struct timespec pts = {5, 0};
	S(N(ppoll), &pf, 1, &pts, NULL, 8);
	S(N(setitimer), ITIMER_REAL, &it, NULL);
	struct timeval tv = {5, 0};
	S(N(select), 0, NULL, NULL, NULL, &tv);
	S(N(setitimer), ITIMER_REAL, &it, NULL);
	int p[2];
	pipe(p);
	sigaction(SIGALRM, &libc, NULL);
	S(N(read), p[0], buf, 10);
	S(N(alarm), 0);
	S(N(getpid));
}

MAIN(times_(); signals();)
