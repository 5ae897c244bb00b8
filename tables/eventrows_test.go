package tables

import (
	"context"
	"encoding/binary"
	"path/filepath"
	"testing"

	"hindsight/internal/recording"
	"hindsight/internal/symbols"
	"hindsight/replay"
)

func TestReadable(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"plain\n":                "plain\n",
		"Grüße €":                "Grüße €",
		"a\x00b\xffc\xc3":        `a\x00b\xffc\xc3`,
		"\xed\xa0\x80 surrogate": `\xed\xa0\x80 surrogate`,
	} {
		if got := readable([]byte(in)); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestEventRows(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "history.duckdb")
	db, err := createDatabase(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	fills := map[string]bool{"syscalls": true, "signals": true, "output": true}
	e, err := newEventTables(ctx, db, fills, &scan{modules: []module{{mapped: 3}}})
	if err != nil {
		t.Fatal(err)
	}
	p := newTracker(testCode{}, &recording.Regs{Rip: fn('s'), Rsp: entrySP}, filter{to: open}, 64, dropRows{}, e)
	vector := make([]byte, 32) // two parts, of which the call wrote 7 bytes
	for i, part := range [][2]uint64{{0x3000, 5}, {0x4000, 5}} {
		binary.LittleEndian.PutUint64(vector[16*i:], part[0])
		binary.LittleEndian.PutUint64(vector[16*i+8:], part[1])
	}
	input := []recording.MemoryWrite{{Addr: 0x1000, Data: []byte("hello\n")}, {Addr: 0x2000, Data: vector},
		{Addr: 0x3000, Data: []byte("first")}, {Addr: 0x4000, Data: []byte("second")}, {Addr: 0x5000, Data: []byte("worker\x00?")}}
	call := func(at uint64, number, result uint64, args ...uint64) {
		t.Helper()
		a := append(args, 0, 0, 0)
		event := &recording.Event{Index: at, Input: input, After: recording.Regs{Rax: result, Rip: 0x402}, StartNS: 10, DurationNS: 20,
			Regs: recording.Regs{Orig_rax: number, Rdi: a[0], Rsi: a[1], Rdx: a[2]}}
		if number == 231 {
			event.After, event.DurationNS = recording.Regs{}, 0
		}
		c := &replay.Control{Kind: replay.Syscall, T: at * 100, PC: 0x400, Event: event}
		if err := p.control(c); err != nil {
			t.Fatal(err)
		}
	}
	call(1, 1, 6, 1, 0x1000, 6)
	call(2, 20, 7, 2, 0x2000, 2)
	call(3, 1, 6, 5, 0x1000, 6)           // not the terminal
	call(4, 1, ^uint64(31), 1, 0x1000, 6) // EPIPE
	call(5, 157, 0, 15, 0x5000)           // prctl(PR_SET_NAME)
	call(6, 231, 0, 3)                    // exit_group
	fault := &recording.Signal{Number: 11, Code: 1, Fault: 0x10, Handler: 0x500, Sync: true}
	if err := e.signal(&replay.Control{T: 700, Event: &recording.Event{Signal: fault, Regs: recording.Regs{Rip: 0x444}}}, identity{1, 1}); err != nil {
		t.Fatal(err)
	}
	if err := e.close(); err != nil {
		t.Fatal(err)
	}
	if err := db.commit(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if e.times[3] != 300 || p.running.name != "worker" {
		t.Errorf("event 3 was at %d, the thread is called %q", e.times[3], p.running.name)
	}
	pool := openDatabase(t, path)
	expect(t, "output", rows(t, pool, `SELECT t, fd, text FROM output ORDER BY t`), "100 1 hello\n", "200 2 firstse")
	expect(t, "syscalls", rows(t, pool, `SELECT syscall_id, t, call_id, pc, number, name, arg0, result, error, start_ns, duration_ns FROM syscalls ORDER BY 1`),
		"1 100 1 1024 1 write 1 6 - 10 20", "2 200 1 1024 20 writev 2 7 - 10 20", "3 300 1 1024 1 write 5 6 - 10 20",
		"4 400 1 1024 1 write 1 -32 EPIPE 10 20", "5 500 1 1024 157 prctl 15 0 - 10 20", "6 600 1 1024 231 exit_group 3 - - 10 -")
	expect(t, "arguments", rows(t, pool, `SELECT arguments FROM syscalls WHERE syscall_id = 1`), `1, "hello\n", 6`)
	expect(t, "signals", rows(t, pool, `SELECT * FROM signals`), "700 1 1 11 SIGSEGV SEGV_MAPERR 16 1092 1280")
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"main", "main", true}, {"main", "mainly", false}, {"*", "", true}, {"a*c", "abbc", true}, {"a*c", "abcd", false},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {"*::push(*)", "std::vector<int>::push(int const&)", true}, {"**x", "yx", true},
	} {
		if got := globMatch(c.pattern, c.name); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.name, got)
		}
	}
}

// A module's place follows from any of its mappings.
func TestModulePlace(t *testing.T) {
	segments := []symbols.Segment{
		{Offset: 0, Filesz: 0x800, Vaddr: 0x400000, Memsz: 0x800},
		{Offset: 0x1000, Filesz: 0x2345, Vaddr: 0x401000, Memsz: 0x2345, Execute: true},
		{Offset: 0x3e10, Filesz: 0x300, Vaddr: 0x404e10, Memsz: 0x9000},
	}
	m := module{}
	m.place(segments, 0x7f0000001000, 0x1000)
	if m.bias != 0x7f0000001000-0x401000 || m.start != m.bias+0x400000 || m.end != m.bias+0x40e000 {
		t.Errorf("%#x to %#x, bias %#x", m.start, m.end, m.bias)
	}
	other := module{}
	other.place(segments, 0x7f0000003000, 0x3000) // a later page of the code
	if other.bias != m.bias {
		t.Errorf("bias %#x, want %#x", other.bias, m.bias)
	}
}

// A file that is mapped in pieces, unmapped and mapped again is two modules.
func TestModuleLives(t *testing.T) {
	s := &scanner{files: map[string]*symbols.File{"lib": nil, "data": nil}}
	step := func(event uint64, op recording.MapOp, addr, length uint64, object string, prot uint32) {
		t.Helper()
		e := &recording.Event{Index: event, Maps: []recording.MapChange{{
			Op: op, Addr: recording.Addr(addr), Length: length, Object: object, Path: "/" + object, Prot: prot, FileOffset: addr & 0xffff,
		}}}
		if err := s.event(e); err != nil {
			t.Fatal(err)
		}
	}
	step(0, recording.MapAdd, 0x900000, 0x1000, "data", 1)
	step(1, recording.MapAdd, 0x100000, 0x4000, "lib", 1)
	step(2, recording.MapAdd, 0x101000, 0x1000, "lib", 5)
	step(3, recording.MapRemove, 0x103000, 0x1000, "", 0)
	step(4, recording.MapRemove, 0x100000, 0x3000, "", 0)
	step(5, recording.MapAdd, 0x201000, 0x1000, "lib", 5)
	if len(s.modules) != 2 {
		t.Fatalf("%d modules: %+v", len(s.modules), s.modules)
	}
	a, b := s.modules[0], s.modules[1]
	if a.mapped != 2 || !a.gone || a.unmapped != 4 || b.mapped != 5 || b.gone || b.code != 0x201000 {
		t.Errorf("%+v\n%+v", a, b)
	}
}
