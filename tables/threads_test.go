package tables

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
	"hindsight/replay"
)

// as lets another thread run, whose stack pointer is sp.
func (p *program) as(thread uint32, sp uint64) *program {
	p.control(replay.Control{Kind: replay.Switch, Thread: thread})
	p.time-- // nothing retires with it
	p.sp = sp
	return p
}

// begin begins the running thread in the midst of a function.
func (p *program) begin(parent uint32, tid int, letter byte, memory ...recording.MemoryWrite) *program {
	p.control(replay.Control{Kind: replay.Begin, Event: &recording.Event{
		Kind: recording.KindThread, Memory: memory, Born: &recording.Born{Parent: parent, TID: tid},
		After: recording.Regs{Rip: fn(letter) + 0x40, Rsp: p.sp, Fs_base: 0x7000 + uint64(tid)},
	}})
	p.time--
	return p
}

const syscallPC = 0x2020

// syscallEvent is a system call's event; result nil is one that does not return.
func syscallEvent(number uint64, result *uint64, args ...uint64) *recording.Event {
	a := append(args, 0, 0, 0)
	e := &recording.Event{
		Kind: recording.KindSyscall, StartNS: 100, DurationNS: 7,
		Regs: recording.Regs{Orig_rax: number, Rdi: a[0], Rsi: a[1], Rdx: a[2], Rip: syscallPC + syscallLength},
	}
	if result != nil {
		e.After = recording.Regs{Rax: *result, Rip: syscallPC + syscallLength}
	}
	return e
}

func (p *program) does(e *recording.Event) *program {
	return p.control(replay.Control{Kind: replay.Syscall, PC: syscallPC, Event: e})
}

func (p *program) waits(e *recording.Event) *program {
	e.Kind, e.After = recording.KindWait, recording.Regs{}
	return p.control(replay.Control{Kind: replay.Wait, PC: syscallPC, Event: e})
}

// goesOn ends the system call in which the thread waits.
func (p *program) goesOn(e *recording.Event) *program {
	p.does(e)
	p.time-- // nothing retires with it
	return p
}

func value(v uint64) *uint64 { return &v }

func stored(addr uint64, bytes string) []recording.MemoryWrite {
	return []recording.MemoryWrite{{Addr: recording.Addr(addr), Data: []byte(bytes)}}
}

const otherSP = 0x10000

func TestThreadsHaveTheirOwnStacks(t *testing.T) {
	clone := syscallEvent(unix.SYS_CLONE3, value(77))
	p := newProgram(t, filter{}).call('m', 0x1010).does(clone)
	first := p.sp
	p.as(2, otherSP).begin(1, 77, 'k', recording.MemoryWrite{Addr: 0x500, Data: []byte{77, 0, 0, 0}}).write(0x10, 8).call('f', 0x6050)
	second := p.sp
	p.as(1, first).call('g', 0x2030).ret(0x2035, 5).as(2, second).write(0x20, 8).ret(0x6055, 6)
	rows := p.as(1, first).ret(0x1015, 1).end()
	expect(t, "calls", rows.calls,
		"1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,8] = 1",
		"3<0 k depth 0 [2,open] = -", "4<3 f depth 1 [3,7] = 6", "5<2 g depth 2 [4,5] = 5")
	expect(t, "instructions", rows.instructions, "1: 5", "2: 4", "3: 4", "4: 2", "5: 1")
	expect(t, "threads", rows.threads, "1: 1", "2: 1", "3: 2", "4: 2", "5: 1")
	expect(t, "stacks", rows.stacks, "1<0 s", "2<0 k", "3<1 m", "4<3 g", "5<2 f")
	expect(t, "writes", rows.writes,
		"t0 call 1 stack 1: 0x7ff8", "t1 call 3 stack 2 thread 2: 0x500 size 4 source 1 syscall 1", "t2 call 3 stack 2 thread 2: 0x10",
		"t3 call 3 stack 2 thread 2: 0xfff8", "t4 call 2 stack 3: 0x7ff0", "t6 call 4 stack 5 thread 2: 0x20")
	expect(t, "switches", rows.switches, "t0 0 to 1: begin", "t2 1 to 2: begin", "t4 2 to 1: preempt", "t6 1 to 2: preempt", "t8 2 to 1: preempt")
	if s := p.tracker.threads[2]; s.tid != 77 || s.parent != 1 || s.pointer != 0x7000+77 || s.start != 2 || s.end != open {
		t.Errorf("thread 2: %+v", s)
	}
}

// What the kernel stored at the end of a wait is there for the instruction that
// follows, whoever runs it.
func TestWaitingInASystemCall(t *testing.T) {
	p := newProgram(t, filter{}).call('m', 0x1010)
	first := p.sp
	read := syscallEvent(0, nil, 3, 0x600, 8)
	read.Memory, read.StartNS = stored(0x5f0, "early"), 40
	p.waits(read).as(2, otherSP).begin(1, 9, 'k').write(0x10, 8).does(syscallEvent(unix.SYS_SCHED_YIELD, value(0))).as(1, first)
	done := syscallEvent(0, value(5), 3, 0x600, 8)
	done.Memory, done.Index, done.StartNS, done.DurationNS = stored(0x600, "hello"), 44, 40, 1000
	rows := p.goesOn(done).write(0x20, 8).waits(syscallEvent(202, nil)).as(2, otherSP).write(0x30, 8).end()
	expect(t, "syscalls", rows.syscalls,
		"2 thread 2 call 3 number 24 [3,3] = 0, 100+7 ns",
		"1 thread 1 call 2 number 0 [1,3] = 5, 40+1000 ns",
		"3 thread 1 call 2 number 202 [5,-] = -, 100+0 ns")
	expect(t, "writes", rows.writes, "t0 call 1 stack 1: 0x7ff8",
		"t1 call 2 stack 2: 0x5f0 size 5 source 1 syscall 1", "t2 call 3 stack 3 thread 2: 0x10",
		"t3 call 2 stack 2: 0x600 size 5 source 1 syscall 1", "t4 call 2 stack 2: 0x20", "t6 call 3 stack 3 thread 2: 0x30")
	expect(t, "switches", rows.switches, "t0 0 to 1: begin", "t2 1 to 2: wait", "t4 2 to 1: yield", "t6 1 to 2: wait")
	expect(t, "times", rows.times, "event 44 t3")
	expect(t, "instructions", rows.instructions, "1: 4", "2: 3", "3: 3")
}

// A turn without instructions is none.
func TestEmptyTurns(t *testing.T) {
	p := newProgram(t, filter{}).call('m', 0x1010)
	first := p.sp
	rows := p.as(2, otherSP).begin(1, 9, 'k').as(3, 2*otherSP).begin(1, 10, 'k').as(1, first).does(syscallEvent(39, value(9))).
		as(2, otherSP).as(3, 2*otherSP).write(0x20, 8).as(2, otherSP).as(1, first).as(2, otherSP).write(0x30, 8).end()
	expect(t, "switches", rows.switches, "t0 0 to 1: begin", "t2 1 to 3: begin", "t3 3 to 2: preempt")
	expect(t, "instructions", rows.instructions, "1: 2", "2: 1", "3: 1", "4: 1")
}

func TestThreadExit(t *testing.T) {
	p := newProgram(t, filter{}).call('m', 0x1010)
	first := p.sp
	p.as(2, otherSP).begin(1, 9, 'k').call('f', 0x6050)
	leave := syscallEvent(unix.SYS_EXIT, nil, 0)
	leave.Memory = stored(0x500, "\x00\x00\x00\x00")
	rows := p.does(leave).as(1, first).ret(0x1015, 0).write(0x10, 8).end()
	expect(t, "calls", rows.calls, "1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,3] = 0", "3<0 k depth 0 [1,open] = -", "4<3 f depth 1 [1,open] = -")
	expect(t, "instructions", rows.instructions, "1: 3", "2: 1", "3: 2", "4: 1")
	expect(t, "switches", rows.switches, "t0 0 to 1: begin", "t1 1 to 2: preempt", "t3 2 to 1: exit")
	if want := "t2 call 4 stack 3 thread 2: 0x500 size 4 source 1 syscall 1"; !slices.Contains(rows.writes, want) {
		t.Errorf("no %q among %q", want, rows.writes)
	}
	if end := p.threads[2].end; end != 3 {
		t.Errorf("the thread ended at %d", end)
	}
}

// A new thread is called as its maker was when it made it, unless somebody names it.
func TestThreadNames(t *testing.T) {
	named := func(number uint64, result uint64, text string, args ...uint64) *recording.Event {
		e := syscallEvent(number, value(result), args...)
		e.Input = stored(0x900, text)
		return e
	}
	p := newProgram(t, filter{})
	p.setTID(p.threads[1], 5)
	p.does(named(unix.SYS_PRCTL, 0, "maker\x00", 15, 0x900)).does(syscallEvent(unix.SYS_CLONE3, value(77))).does(syscallEvent(unix.SYS_CLONE3, value(78))).
		does(named(unix.SYS_PRCTL, 0, "later\x00", 15, 0x900)).
		does(named(unix.SYS_OPENAT, 4, "/proc/self/task/78/comm\x00", 0, 0x900)).does(named(unix.SYS_WRITE, 6, "namedx", 4, 0x900, 5)).does(syscallEvent(unix.SYS_CLOSE, value(0), 4)).
		does(named(unix.SYS_OPEN, 4, "/tmp/x\x00", 0x900)).does(named(unix.SYS_WRITE, 6, "other", 4, 0x900, 5)).
		as(2, otherSP).begin(1, 77, 'k').as(3, otherSP).begin(1, 78, 'k').as(1, p.sp).
		does(named(unix.SYS_OPENAT, 6, "/proc/5/task/5/comm\x00", 0, 0x900)).does(named(unix.SYS_WRITE, 6, "first", 6, 0x900, 5)).end()
	for number, want := range map[uint32]string{1: "first", 2: "maker", 3: "named"} {
		if got := p.threads[number].name; got != want {
			t.Errorf("thread %d is called %q, want %q", number, got, want)
		}
	}
}

// Which thread it is does not depend on who begins first, nor on when the maker's
// clone ends.
func TestThreadLineages(t *testing.T) {
	p := newProgram(t, filter{}).does(syscallEvent(unix.SYS_CLONE3, value(11))).does(syscallEvent(unix.SYS_CLONE3, value(12))).waits(syscallEvent(unix.SYS_CLONE3, nil)).
		as(2, otherSP).begin(1, 12, 'k').as(3, otherSP).begin(1, 13, 'k').as(4, otherSP).begin(1, 11, 'k').
		does(syscallEvent(unix.SYS_CLONE, value(14))).as(5, otherSP).begin(4, 14, 'k').as(1, entrySP).goesOn(syscallEvent(unix.SYS_CLONE3, value(13)))
	p.end()
	for number, want := range map[uint32]string{1: "1", 2: "1.2", 3: "1.3", 4: "1.1", 5: "1.1.1"} {
		if got := p.lineages()[number]; got != want {
			t.Errorf("thread %d is %q, want %q", number, got, want)
		}
	}
}

// A system call that the kernel makes anew did not return.
func TestRestartedSystemCall(t *testing.T) {
	read := syscallEvent(0, value(0), 3, 0x600, 8)
	read.After.Rip = syscallPC
	rows := newProgram(t, filter{}).does(read).end()
	expect(t, "syscalls", rows.syscalls, "1 thread 1 call 1 number 0 [0,0] = -, 100+7 ns")
}

// Numbers that the packed column has no room for.
func TestManyThreads(t *testing.T) {
	p := newProgram(t, filter{}).as(1<<16, otherSP)
	rows := p.begin(1, 9, 'k').write(0x10, 8).write(0x18, 16).write(0x30, 4).end()
	expect(t, "writes", rows.writes,
		"t0 call 2 stack 1 thread 65536: 0x10 size 8 source 0 syscall 0", "t1 call 2 stack 1 thread 65536: 0x18 size 16 source 0 syscall 0",
		"t2 call 2 stack 1 thread 65536: 0x30 size 4 source 0 syscall 0")
}

func TestThreadsOutOfOrder(t *testing.T) {
	for what, p := range map[string]*program{
		"a call before":  newProgram(t, filter{}).as(2, otherSP).call('f', 0x6050),
		"a write before": newProgram(t, filter{}).as(2, otherSP).write(0x10, 8),
		"a wait before":  newProgram(t, filter{}).as(2, otherSP).waits(syscallEvent(0, nil)),
		"twice":          newProgram(t, filter{}).as(2, otherSP).begin(1, 9, 'k').begin(1, 9, 'k'),
	} {
		if err := p.Consume(&p.batch); err == nil || !strings.Contains(err.Error(), "thread 2") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The tables have what the tracker tells.
func TestThreadRows(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "history.duckdb")
	db, err := createDatabase(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEventTables(ctx, db, map[string]bool{"switches": true, "syscalls": true, "output": true}, &scan{})
	if err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, filter{from: 2, to: 100})
	p.events = e
	first := p.sp
	write := func(result *uint64) *recording.Event {
		event := syscallEvent(unix.SYS_WRITE, result, 1, 0x900, 3)
		event.Input = stored(0x900, "abc")
		return event
	}
	p.write(0x10, 8).write(0x10, 8).waits(write(nil)).as(2, otherSP).begin(1, 77, 'k').write(0x20, 8).
		does(syscallEvent(unix.SYS_EXIT, nil)).as(1, first).goesOn(write(value(3))).waits(write(nil)).end()
	x := &indexer{tracker: p.tracker, db: db, scan: &scan{exit: &recording.Exit{}}, result: &replay.Result{Instructions: p.time}}
	if err := x.appendTo("threads", x.addThreads); err != nil {
		t.Fatal(err)
	}
	if err := e.close(); err != nil {
		t.Fatal(err)
	}
	if err := db.commit(ctx, nil); err != nil {
		t.Fatal(err)
	}
	pool := openDatabase(t, path)
	expect(t, "threads", rows(t, pool, `SELECT * FROM threads ORDER BY thread_id`), "1 1 0 - 0 6 - 1 -", "2 1 77 - 3 5 1 1.1 28749")
	expect(t, "switches", rows(t, pool, `SELECT * FROM switches ORDER BY t`), "3 1 2 wait", "5 2 1 exit")
	expect(t, "syscalls", rows(t, pool, `SELECT syscall_id, t, thread_id, name, arguments, result, end_t, duration_ns FROM syscalls ORDER BY syscall_id`),
		`1 2 1 write 1, "abc", 3 3 4 7`, "2 4 2 exit 0 - 4 -", `3 5 1 write 1, "abc", 3 - - -`)
	expect(t, "output", rows(t, pool, `SELECT * FROM output`), "4 1 1 1 abc 1")
}
