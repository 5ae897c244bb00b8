package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hindsight/internal/fixture"
)

// threaded are the programs with threads, which their names begin with.
func threaded(t *testing.T) []fixture.Program {
	t.Helper()
	programs, err := fixture.Programs()
	if err != nil {
		t.Fatal(err)
	}
	programs = slices.DeleteFunc(programs, func(p fixture.Program) bool { return !strings.HasPrefix(p.Name, "thread_") })
	if len(programs) < 40 {
		t.Errorf("only %d programs with threads", len(programs))
	}
	return programs
}

// TestThreadsRepeat records every program with threads again and again, with
// schedules that differ: each of the recordings must be whole and exact.
// HINDSIGHT_REPEATS says how often; ten times take two minutes of two processors.
func TestThreadsRepeat(t *testing.T) {
	repeats := 1
	if s := os.Getenv("HINDSIGHT_REPEATS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("HINDSIGHT_REPEATS is %q, want how often to record each program", s)
		}
		repeats = n
	}
	for _, p := range threaded(t) {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			path := buildFixture(t, p, fixture.Variants[1])
			for range repeats {
				recording, r := record(t, command{args: append([]string{path}, arguments(t, p)...)})
				if r.status != wantStatus(p) || !strings.Contains(r.stdout, "EXIT-SUCCESS") {
					t.Fatalf("recorded, it ended with %d, want %d:\n%s\n%s", r.status, wantStatus(p), tail(r.stdout), tail(r.stderr))
				}
				checkReplay(t, recording, r.stdout)
				os.RemoveAll(recording)
			}
		})
	}
}

// TestThreadSyscallsEqualStrace compares each thread's system calls, in order,
// with those that strace saw it make.
func TestThreadSyscallsEqualStrace(t *testing.T) {
	need(t, "strace")
	for _, name := range []string{"thread_maps", "thread_files", "thread_sockets", "thread_by_clone", "thread_last_exit"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := variant(t, name, "static")
			dir := t.TempDir()
			run(t, command{args: []string{"strace", "-ff", "-o", filepath.Join(dir, "thread"), "--", path}})
			logs, err := filepath.Glob(filepath.Join(dir, "thread.*"))
			if err != nil || len(logs) == 0 {
				t.Skip("strace does not work here")
			}
			slices.SortFunc(logs, func(a, b string) int { return threadOf(a) - threadOf(b) })
			var want []string
			for i, log := range logs {
				for _, call := range deterministic(straceCalls(t, log)) {
					want = append(want, fmt.Sprintf("thread %d: %s", i+1, call))
				}
			}
			recording, _ := record(t, command{args: []string{path}})
			database := index(t, recording, "history")
			calls := make([][]string, len(logs)+1)
			for _, row := range ask(t, database, `SELECT thread_id, name || coalesce(' ' || error, '') FROM syscalls ORDER BY thread_id, syscall_id`) {
				thread := int(number(t, row[0]))
				if thread > len(logs) {
					t.Fatalf("a thread %d, where strace saw %d", thread, len(logs))
				}
				calls[thread] = append(calls[thread], row[1])
			}
			var got []string
			for i := range calls {
				for _, call := range deterministic(calls[i]) {
					got = append(got, fmt.Sprintf("thread %d: %s", i, call))
				}
			}
			sameText(t, "system calls", strings.Join(got, "\n"), strings.Join(want, "\n"))
			if len(want) < 20 {
				t.Errorf("strace saw only %d calls that do not depend on the schedule", len(want))
			}
		})
	}
}

// threadOf is the number at the end of a log's name.
func threadOf(log string) int {
	n, _ := strconv.Atoi(log[strings.LastIndexByte(log, '.')+1:])
	return n
}

// deterministic leaves out what depends on who runs when: whether a lock is free,
// which stacks are kept, how long another thread takes.
func deterministic(calls []string) []string {
	return slices.DeleteFunc(comparable(calls), func(c string) bool {
		name, _, _ := strings.Cut(c, " ")
		return slices.Contains([]string{"futex", "munmap", "mprotect", "madvise", "clock_nanosleep", "openat", "read", "close", "brk"}, name)
	})
}

// TestThreadStacksEqualGdb compares the stacks of all threads, at a moment when
// one is at a breakpoint and the others sleep, with gdb's.
func TestThreadStacksEqualGdb(t *testing.T) {
	need(t, "gdb")
	for _, flags := range []string{"O0", "O2", "static"} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			path := variant(t, "thread_stacks", flags)
			want := gdbThreads(t, path)
			recording, _ := record(t, command{args: []string{path}})
			database := index(t, recording, "history")
			rows := ask(t, database, `WITH moment AS (SELECT min(enter_t) AS t FROM calls JOIN functions USING (function_id) WHERE name = 'here'),
				open AS (SELECT max_by(c.stack_id, c.depth) AS stack_id, thread_id FROM calls c, moment m
					WHERE c.enter_t <= m.t AND (c.exit_t IS NULL OR c.exit_t > m.t) GROUP BY thread_id)
				SELECT thread_id, string_agg(function, ' ' ORDER BY level) FROM open JOIN stack_frames USING (stack_id)
				WHERE function = 'start_thread' OR file LIKE '%/thread_stacks.c' OR file LIKE '%/thread.h' GROUP BY thread_id ORDER BY thread_id`)
			var got []string
			for _, row := range rows {
				got = append(got, fmt.Sprintf("thread %s: %s", row[0], row[1]))
			}
			sameText(t, "stacks", strings.Join(got, "\n"), strings.Join(want, "\n"))
		})
	}
}

var (
	gdbThread   = regexp.MustCompile(`(?m)^Thread (\d+) \(`)
	gdbOwnFrame = regexp.MustCompile(`(?m)^#\d+ +(?:0x[0-9a-f]+ in )?(\S+) \([^()]*\)( at \S*(?:/thread\.h|thread_stacks\.c):\d+$)?`)
)

// gdbThreads are the threads' stacks at the first call of here, without what is
// not the program's own but start_thread.
func gdbThreads(t *testing.T, path string) []string {
	t.Helper()
	r := run(t, command{args: []string{"gdb", "-nx", "-batch", "-ex", "set startup-with-shell off", "-ex", "set debuginfod enabled off",
		"-ex", "set width 0", "-ex", "break *here", "-ex", "run", "-ex", "thread apply all -ascending bt -frame-arguments none", "-ex", "kill", path}})
	var stacks []string
	at := gdbThread.FindAllStringSubmatchIndex(r.stdout, -1)
	for i, m := range at {
		end := len(r.stdout)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		var frames []string
		for _, f := range gdbOwnFrame.FindAllStringSubmatch(r.stdout[m[0]:end], -1) {
			if f[2] != "" || f[1] == "start_thread" {
				frames = append(frames, f[1])
			}
		}
		stacks = append(stacks, fmt.Sprintf("thread %s: %s", r.stdout[m[2]:m[3]], strings.Join(frames, " ")))
	}
	if len(stacks) == 0 {
		t.Skipf("gdb does not work here: %s", strings.TrimSpace(tail(r.stderr)))
	}
	return stacks
}
