package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"hindsight/internal/recording"
)

// threadsProgram has threads that take turns under a mutex and a condition, with
// floating-point state of their own, thread-local variables, exits and joins.
const threadsProgram = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn, pair[2];
static __thread long mine;
enum { threads = 3, rounds = 4 };
static void *work(void *arg) {
	long me = (long)arg;
	double x = me + 0.5;
	long double y = me + 0.25L;
	for (int i = 0; i < rounds; i++) {
		pthread_mutex_lock(&lock);
		while (turn % threads != me) pthread_cond_wait(&changed, &lock);
		turn++;
		mine += turn * (me + 1);
		x *= 1.25;
		y *= 1.5L;
		printf("thread %ld round %d: turn %d mine %ld x %f y %Lf\n", me, i, turn, mine, x, y);
		fflush(stdout);
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&lock);
		write(pair[1], &me, sizeof me);
	}
	if (me == 1) pthread_exit((void *)mine);
	return (void *)mine;
}
static void *reader(void *arg) {
	long sum = 0, v;
	for (int i = 0; i < threads * rounds; i++) {
		read(pair[0], &v, sizeof v);
		sum += v + 1;
	}
	return (void *)sum;
}
int main(void) {
	pthread_t t[threads], r;
	void *result;
	pipe(pair);
	pthread_create(&r, 0, reader, 0);
	for (long i = 0; i < threads; i++) pthread_create(&t[i], 0, work, (void *)i);
	for (int i = 0; i < threads; i++) {
		pthread_join(t[i], &result);
		printf("thread %d: %ld\n", i, (long)result);
	}
	pthread_join(r, &result);
	printf("sum %ld\n", (long)result);
	return 5;
}
`

// recordThreads records the program and tells what kinds of events there are.
func recordThreads(t *testing.T, source string, flags ...string) (*recorded, map[recording.Kind]int) {
	t.Helper()
	rec := recordProgram(t, compile(t, source, flags...))
	kinds := map[recording.Kind]int{}
	var last uint32
	for _, e := range eventsOf(t, rec.Recording) {
		kinds[e.Kind]++
		if e.Thread != last && last != 0 {
			kinds[0]++ // turns
		}
		last = e.Thread
	}
	t.Logf("%v", kinds)
	return rec, kinds
}

func eventsOf(t *testing.T, rec *recording.Recording) (list []recording.Event) {
	t.Helper()
	c, err := newCursor(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for e := c.next(); e != nil; e = c.next() {
		list = append(list, *cloneEvent(e))
	}
	return list
}

// A program with threads replays exactly under each engine, and two engines tell
// the same history of it.
func TestThreads(t *testing.T) {
	rec, kinds := recordThreads(t, threadsProgram, "-pthread")
	if kinds[recording.KindThread] != 4 || kinds[recording.KindWait] == 0 || kinds[0] < 10 {
		t.Fatalf("the recording has too little of threads: %v", kinds)
	}
	for _, engine := range []Engine{Native, Translated} {
		r, out, err := replayNative(t, rec.Recording, Options{Engine: engine})
		if err != nil {
			t.Fatalf("engine %d: %v", engine, err)
		}
		if !bytes.Equal(out, rec.output) || !strings.Contains(string(out), "sum 24\n") {
			t.Errorf("engine %d: output %q, recorded %q", engine, out, rec.output)
		}
		if r.Exit == nil || r.Exit.Code != 5 || r.Events != rec.Meta.Events || r.Checkpoints == 0 {
			t.Errorf("engine %d: result %+v", engine, r)
		}
		if n := uint64(kinds[recording.KindSyscall]); r.Syscalls != n {
			t.Errorf("engine %d: %d system calls, %d are recorded", engine, r.Syscalls, n)
		}
	}
	diffEngines(t, rec.Recording, 0)
}

var _ = context.Background
var _ = errors.New
var _ = fmt.Sprint
