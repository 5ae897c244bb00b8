package recording

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// sample makes one event of each kind, with every field in use somewhere.
func sample() []Event {
	regs := Regs{Rip: 0x401000, Rsp: 0x7ffc0000, Rax: 12, Eflags: 0x246, Cs: 0x33, Ss: 0x2b}
	entry := regs
	entry.Orig_rax, entry.Rcx, entry.R11 = 1, entry.Rip, entry.Eflags
	entry.Rax = ^uint64(37)
	after := entry
	after.Rax = 5
	object := strings.Repeat("0123456789abcdef", 4)
	return []Event{
		{Kind: KindStart, After: regs, XSave: []byte{1, 2, 3}, Brk: 0x555000,
			Maps:   []MapChange{{Op: MapAdd, Addr: 0x400000, Length: 0x2000, Prot: 5, Path: "/bin/x", FileOffset: 0x1000, Object: object, Patches: []Patch{{0x400010, []byte{0x0f, 0xc7, 0x64}}}}, {Op: MapStack, Addr: 0x7ff00000, Length: 0x100000, Prot: 3}},
			Memory: []MemoryWrite{{0x7ffc0000, []byte("argv")}}},
		{Kind: KindSyscall, Regs: entry, After: after, StartNS: 1000, DurationNS: 20, Input: []MemoryWrite{{0x1234, []byte("hello")}}},
		{Kind: KindSyscall, Regs: entry, After: after, StartNS: 1500, Memory: []MemoryWrite{{1, []byte{}}, {2, []byte("x")}},
			Maps: []MapChange{{Op: MapMove, Addr: 0x1000, Length: 0x2000, From: 0x5000, FromLength: 0x1000}, {Op: MapDiscard, Addr: 0x1000, Length: 0x1000}}},
		{Kind: KindTSC, Regs: regs, After: after, StartNS: 1400},
		{Kind: KindXSave, Regs: regs, After: regs, Memory: []MemoryWrite{{0x7ffc0000, bytes.Repeat([]byte{7}, 600)}}},
		{Kind: KindSignal, Regs: regs, After: after, XSave: []byte("xs"), Signal: &Signal{Number: 11, Code: 1, Fault: 0xdead, Handler: 0x401100, Sync: true, Info: []byte("info")}},
		{Kind: KindCheckpoint, Regs: regs, Hashes: []MemoryHash{{0x1000, 0x1000, 0xfedcba9876543210}, {0x2000, MaxHashed, 1}, {0x500, 8, 2}}},
		{Kind: KindWait, Regs: entry, StartNS: 1900, Memory: []MemoryWrite{{9, []byte("futx")}}},
		{Kind: KindThread, Thread: 2, After: after, XSave: []byte("new"), Born: &Born{Parent: 1, TID: 4711}},
		{Kind: KindSyscall, Thread: 2, Regs: entry, After: after, StartNS: 1950},
		{Kind: KindSyscall, Regs: entry, After: after, StartNS: 1960},
		{Kind: KindSyscall, Regs: entry, StartNS: 2000},
		{Kind: KindSignal, Regs: regs, Signal: &Signal{Number: 9, Fatal: true, Info: []byte{}}},
		{Kind: KindExit, StartNS: 2001, Exit: &Exit{Code: 3, Signal: 9}},
	}
}

func testMeta() *Meta {
	return &Meta{Format: FormatVersion, ID: "id", Command: []string{"x"}, StartedAt: time.Now(), XSaveSize: 3}
}

func create(t *testing.T) *Writer {
	t.Helper()
	t.Setenv("HINDSIGHT_DIR", t.TempDir())
	dir, err := NewDir("/bin/x")
	if err != nil {
		t.Fatal(err)
	}
	w, err := Create(dir, testMeta())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func appendAll(t *testing.T, w *Writer, events []Event) {
	t.Helper()
	for i := range events {
		if err := w.Append(&events[i]); err != nil {
			t.Fatal(err)
		}
	}
}

// texts reads what is left as text and returns the error that ended it.
func texts(er *EventReader) (list []string, err error) {
	for {
		var e Event
		if err = er.Next(&e); err != nil {
			return list, err
		}
		list = append(list, e.String())
	}
}

func readAll(t *testing.T, dir string) ([]string, error) {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		return nil, err
	}
	er, err := r.Events()
	if err != nil {
		return nil, err
	}
	list, err := texts(er)
	if err := er.Close(); err != nil {
		t.Error(err)
	}
	return list, err
}

func TestRoundTrip(t *testing.T) {
	w := create(t)
	events := sample()
	appendAll(t, w, events)
	if err := w.Complete(testMeta()); err != nil {
		t.Fatal(err)
	}
	r, err := Open(w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Complete || r.Meta.Events != uint64(len(events)) {
		t.Errorf("complete %v, %d events", r.Complete, r.Meta.Events)
	}
	er, err := r.Events()
	if err != nil {
		t.Fatal(err)
	}
	var got Event
	for i := range events {
		if err := er.Next(&got); err != nil {
			t.Fatal(err)
		}
		want := events[i]
		// Lists that are reused are empty where they were nil.
		for _, e := range []*Event{&got, &want} {
			e.Memory, e.Input = append([]MemoryWrite{}, e.Memory...), append([]MemoryWrite{}, e.Input...)
			e.Maps, e.Hashes = append([]MapChange{}, e.Maps...), append([]MemoryHash{}, e.Hashes...)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("event %d:\ngot  %+v\nwant %+v", i, got, want)
		}
	}
	if err := er.Next(&got); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	if err := er.Close(); err != nil {
		t.Error(err)
	}
}

func TestManyChunksAndReaders(t *testing.T) {
	w := create(t)
	const n = 20_000
	e := sample()[1]
	for i := range n {
		e.Regs.Rdi, e.After.Rax = uint64(i*i), uint64(i)
		e.Input[0].Data = bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 40)
		if err := w.Append(&e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Abandon(testMeta()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		list, err := readAll(t, w.Dir)
		if err != io.EOF || len(list) != n {
			t.Fatalf("%d events, %v", len(list), err)
		}
	}
}

func TestKilledRecorderLeavesItsEvents(t *testing.T) {
	w := create(t)
	appendAll(t, w, sample()[:3])
	deadline := time.Now().Add(10 * time.Second)
	for { // nothing is closed, only time passes
		list, err := readAll(t, w.Dir)
		if err == io.EOF && len(list) == 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d events, %v", len(list), err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	r, err := Open(w.Dir)
	if err != nil || r.Complete {
		t.Errorf("complete %v, %v", r.Complete, err)
	}
	if err := w.Abandon(testMeta()); err != nil {
		t.Fatal(err)
	}
}

// small writes a recording of a few chunks and returns its folder, the name of
// its events file and its contents.
func small(t *testing.T) (dir string, events []byte) {
	t.Helper()
	w := create(t)
	for _, e := range sample() {
		if err := w.Append(&e); err != nil {
			t.Fatal(err)
		}
		if e.Index%3 == 2 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Complete(testMeta()); err != nil {
		t.Fatal(err)
	}
	events, err := os.ReadFile(filepath.Join(w.Dir, eventsFile))
	if err != nil {
		t.Fatal(err)
	}
	return w.Dir, events
}

func TestCutAtEveryOffset(t *testing.T) {
	dir, events := small(t)
	whole, err := readAll(t, dir)
	if err != io.EOF {
		t.Fatal(err)
	}
	// Named as the file of a recorder that was killed; under its own name it was
	// complete once, and a cut is damage.
	path, complete := filepath.Join(dir, partialFile), filepath.Join(dir, eventsFile)
	most := 0
	for n := len(events) - 1; n >= 0; n-- {
		if err := os.WriteFile(complete, events[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		var damaged *DamagedError
		if _, err := readAll(t, dir); !errors.As(err, &damaged) {
			t.Fatalf("complete, cut at %d: %v", n, err)
		}
		if err := os.Remove(complete); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, events[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := readAll(t, dir)
		if n < fileHeaderSize {
			if !errors.As(err, &damaged) {
				t.Fatalf("cut at %d: %v", n, err)
			}
			continue
		}
		if !errors.Is(err, ErrTruncated) && err != io.EOF {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if len(list) > len(whole) || !reflect.DeepEqual(list, append([]string(nil), whole[:len(list)]...)) {
			t.Fatalf("cut at %d: %d events\n%s", n, len(list), strings.Join(list, "\n"))
		}
		most = max(most, len(list))
	}
	if most < 9 {
		t.Errorf("at most %d events came out of a cut recording", most)
	}
}

func TestEveryAlteredByteIsFound(t *testing.T) {
	dir, events := small(t)
	path := filepath.Join(dir, eventsFile)
	for i := range events {
		if i >= 12 && i < fileHeaderSize {
			continue // reserved
		}
		bad := bytes.Clone(events)
		bad[i] ^= 0x41
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readAll(t, dir)
		var damaged *DamagedError
		var version *VersionError
		if !errors.As(err, &damaged) && !errors.As(err, &version) && !errors.Is(err, ErrTruncated) {
			t.Fatalf("byte %d altered: %v", i, err)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir, _ := small(t)
	meta := filepath.Join(dir, metaFile)
	seal := func(body string) string { return string(sealMeta([]byte(body))) }
	for _, c := range []struct{ meta, want string }{
		{`{"format": 99}`, "format version 99"},
		{`{"format": 1`, "damaged: recording.json at offset 12"},
		{`{}`, "not a recording"},
		{`[1]`, "damaged: recording.json: it is a JSON array"},
		{`{"format": "one"}`, `"format" cannot be a JSON string`},
		{`{"format": 1}`, "checksum"},
		{seal(`{"format": 1, "xsave_size": -5`), "not possible"},
		{seal(`{"format": 1, "duration_ns": -5`), "negative"},
		{seal(`{"format": 1, "pid": {}`), `"pid" cannot be a JSON object`},
		{strings.Replace(seal(`{"format": 1, "exit_code": 3`), "3", "2", 1), "checksum"},
	} {
		if err := os.WriteFile(meta, []byte(c.meta), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.meta, err)
		}
	}
	if _, err := Open(t.TempDir()); !errors.Is(err, ErrNotRecording) {
		t.Errorf("empty folder: %v", err)
	}
	if _, err := Open(filepath.Join(dir, "absent")); !errors.Is(err, ErrNotRecording) {
		t.Errorf("no folder: %v", err)
	}
}

func TestSymbolicLinksAreNotFollowed(t *testing.T) {
	dir, events := small(t)
	elsewhere := filepath.Join(t.TempDir(), "events")
	path := filepath.Join(dir, eventsFile)
	if err := errors.Join(os.WriteFile(elsewhere, events, 0o600), os.Remove(path), os.Symlink(elsewhere, path)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a link was followed, or is not named: %v", err)
	}
}

func TestCreateRefusesAFullFolder(t *testing.T) {
	dir, _ := small(t)
	if _, err := Create(dir, testMeta()); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("%v", err)
	}
}

// A recorder that is killed before it knows what it records leaves no recording.
func TestCreateWithoutMeta(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	w, err := Create(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, ErrNotRecording) {
		t.Errorf("before UpdateMeta: %v", err)
	}
	meta := testMeta()
	if err := w.UpdateMeta(meta); err != nil {
		t.Fatal(err)
	}
	if r, err := Open(dir); err != nil || r.Meta.ID != meta.ID || r.Complete {
		t.Errorf("after UpdateMeta: %+v, %v", r, err)
	}
	if err := w.Abandon(meta); err != nil {
		t.Fatal(err)
	}
}
