// Time of day, clocks, sleeps, resource usage: a replay tells the same times.
// build: gcc -g $FLAGS -o $OUT $SOURCE
// output: varies
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>
#include "truth.h"

int main(void)
{
	struct timespec a, b, wait = {0, 3000000};
	struct timeval tv;
	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &a), 0);
	CHECK_EQ(nanosleep(&wait, NULL), 0);
	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &b), 0);
	int64_t ns = (b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec;
	CHECK(ns >= 3000000 && ns < 2000000000);
	CHECK_EQ(gettimeofday(&tv, NULL), 0);
	time_t now = time(NULL);
	CHECK(now >= tv.tv_sec - 1 && now <= tv.tv_sec + 1); // time() is coarse
	uint64_t last = 0;
	for (int i = 0; i < 200; i++) {
		clock_gettime(i % 2 ? CLOCK_MONOTONIC : CLOCK_MONOTONIC_COARSE, &a);
		clock_gettime(CLOCK_MONOTONIC, &b);
		uint64_t t = b.tv_sec * 1000000000ull + b.tv_nsec;
		CHECK(t >= last);
		last = t;
	}
	struct rusage usage;
	struct tms tms;
	CHECK_EQ(getrusage(RUSAGE_SELF, &usage), 0);
	CHECK(times(&tms) != (clock_t)-1);
	CHECK_EQ(clock_getres(CLOCK_REALTIME, &a), 0);
	CHECK_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a), 0);
	char text[64];
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", localtime(&now));
	printf("slept %ld ns, now %ld.%06ld %s, cpu %ld, rss %ld\n", ns, tv.tv_sec, tv.tv_usec, text,
	       a.tv_nsec, usage.ru_maxrss);
	FINISH();
}
