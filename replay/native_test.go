package replay

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"hindsight/internal/recording"
)

const signalsProgram = `
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <ucontext.h>
static volatile int faults;
static char *page;
static void handler(int n, siginfo_t *i, void *c) {
	faults++;
	mprotect(page, 4096, PROT_READ | PROT_WRITE);
}
int main(int argc, char **argv) {
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	sigaction(SIGSEGV, &a, 0);
	page = mmap(0, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	double x = argc * 1.5;
	*(double *)page = x * 2;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	char *heap = malloc(300000);
	memset(heap, (int)now.tv_nsec, 300000);
	unsigned sum = 0;
	for (int i = 0; i < 300000; i += 1000) sum += (unsigned char)heap[i];
	printf("faults %d value %f nanoseconds %ld sum %u\n", faults, *(double *)page, (long)now.tv_nsec, sum);
	fflush(stdout);
	struct iovec v[2] = {{"first ", 6}, {"second\n", 7}};
	writev(2, v, 2);
	free(heap);
	munmap(page, 8192);
	if (argc > 1) abort();
	return 7;
}
`

func replayNative(t *testing.T, rec *recording.Recording, opt Options) (*Result, []byte, error) {
	t.Helper()
	var out bytes.Buffer
	opt.Output = func(_ int, b []byte) { out.Write(b) }
	r, err := Run(context.Background(), rec, opt)
	return r, out.Bytes(), err
}

// The native engine comes to each event with the recorded registers, computes
// the same output and memory, and ends as the program did.
func TestNative(t *testing.T) {
	program := compile(t, signalsProgram)
	rec := recordProgram(t, program)
	if err := os.Remove(program); err != nil { // only the recording may be needed
		t.Fatal(err)
	}
	r, out, err := replayNative(t, rec.Recording, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out, rec.output) || len(out) == 0 {
		t.Errorf("output %q, recorded %q", out, rec.output)
	}
	if r.Exit == nil || r.Exit.Code != rec.status.ExitStatus() || r.Exit.Code != 7 || r.Checkpoints == 0 || r.Truncated || r.Events != rec.Meta.Events {
		t.Errorf("result %+v, exit %+v", r, r.Exit)
	}
	t.Logf("%+v", r.Stats)
}

// A program that dies by a signal does so in replay.
func TestNativeFatalSignal(t *testing.T) {
	rec := recordProgram(t, compile(t, `int main(int argc, char **argv) { *(volatile int *)8 = argc; return 0; }`))
	r, _, err := replayNative(t, rec.Recording, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Exit == nil || r.Exit.Signal != 11 {
		t.Errorf("exit %+v", r.Exit)
	}
}

// copyEvents makes a recording of the events of another one, changed.
func copyEvents(t *testing.T, rec *recording.Recording, change func(e *recording.Event) (keep bool), complete bool) *recording.Recording {
	t.Helper()
	dir := t.TempDir() + "/changed"
	meta := rec.Meta
	w, err := recording.Create(dir, &meta)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	er, err := rec.Events()
	if err != nil {
		t.Fatal(err)
	}
	defer er.Close()
	var e recording.Event
	for er.Next(&e) == nil {
		for i := range e.Maps {
			name := &e.Maps[i].Object
			if *name != "" && names[*name] == "" {
				b, err := rec.Object(*name)
				if err != nil {
					t.Fatal(err)
				}
				if names[*name], _, err = w.AddObject(bytes.NewReader(b)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !change(&e) {
			break
		}
		if err := w.Append(&e); err != nil {
			t.Fatal(err)
		}
	}
	meta.Events = w.Events()
	if complete {
		err = w.Complete(&meta)
	} else {
		err = w.Abandon(&meta)
	}
	if err != nil {
		t.Fatal(err)
	}
	changed, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// What was not recorded truly is found, at its place.
func TestDivergence(t *testing.T) {
	rec := recordProgram(t, compile(t, signalsProgram))
	calls := func(e *recording.Event) bool { return e.Kind == recording.KindSyscall && e.After.Rip != 0 }
	for _, c := range []struct {
		name   string
		kind   DivergenceKind
		change func(e *recording.Event)
	}{
		{"register", RegistersDiffer, func(e *recording.Event) {
			if e.Index == 5 {
				e.Regs.R12++
			}
		}},
		{"kernel's write", MemoryDiffers, func(e *recording.Event) {
			if calls(e) && e.Regs.Orig_rax == 228 { // clock_gettime
				e.Memory[0].Data[0]++
			}
		}},
		{"hash", MemoryDiffers, func(e *recording.Event) {
			if e.Kind == recording.KindCheckpoint {
				e.Hashes[0].Hash++
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := copyEvents(t, rec.Recording, func(e *recording.Event) bool { c.change(e); return true }, true)
			_, _, err := replayNative(t, bad, Options{})
			var d *Divergence
			if !errors.As(err, &d) || d.Kind != c.kind && c.name != "kernel's write" {
				t.Fatalf("got %v", err)
			}
			t.Log(err)
		})
	}
}

// A recording that is cut off replays to its end.
func TestNativeTruncated(t *testing.T) {
	rec := recordProgram(t, compile(t, signalsProgram))
	for _, n := range []uint64{1, 5, rec.Meta.Events - 1} {
		cut := copyEvents(t, rec.Recording, func(e *recording.Event) bool { return e.Index < n }, false)
		r, _, err := replayNative(t, cut, Options{})
		if err != nil || !r.Truncated || r.Events != n || r.Exit != nil {
			t.Errorf("%d events: %+v, %v", n, r, err)
		}
	}
}

// A program that was killed while it computed ends with its last event: how far
// it came is unknown.
func TestNativeKilled(t *testing.T) {
	rec := recordProgram(t, compile(t, signalsProgram))
	killed := copyEvents(t, rec.Recording, func(e *recording.Event) bool {
		if e.Index == 9 {
			*e = recording.Event{Kind: recording.KindExit, Exit: &recording.Exit{Signal: 9}}
		}
		return e.Index < 10
	}, true)
	r, _, err := replayNative(t, killed, Options{})
	if err != nil || r.Exit == nil || r.Exit.Signal != 9 || r.Truncated {
		t.Errorf("%+v, %v", r, err)
	}
}

// A recording that would write into the replay's own page is refused.
func TestHostileWrite(t *testing.T) {
	rec := recordProgram(t, compile(t, signalsProgram))
	const lowestGadget = 0x200000000000
	bad := copyEvents(t, rec.Recording, func(e *recording.Event) bool {
		if e.Index == 3 {
			e.Memory = append(e.Memory, recording.MemoryWrite{Addr: lowestGadget, Data: []byte{0x90}})
		}
		return true
	}, true)
	if _, _, err := replayNative(t, bad, Options{}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("got %v", err)
	}
}

func TestMaxEventsAndCancel(t *testing.T) {
	rec := recordProgram(t, compile(t, signalsProgram))
	if r, _, err := replayNative(t, rec.Recording, Options{MaxEvents: 6}); err != nil || r.Events != 6 {
		t.Errorf("%+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, rec.Recording, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
