package tables

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
	"hindsight/replay"
)

// A program of the tests: functions of 0x100 bytes at multiples of 0x1000,
// named by letters; 'p' is a stub of the procedure linkage table, and what lies
// between has no symbol.
const letters = "0smfghkLep" // 0 is none; s is _start, e the handler, L longjmp

func fn(letter byte) uint64 {
	for i := range letters {
		if letters[i] == letter {
			return uint64(i) * 0x1000
		}
	}
	panic("no such function")
}

type testCode struct{}

func (testCode) at(pc uint64) place {
	id := pc / 0x1000
	if id == 0 || id >= uint64(len(letters)) || pc%0x1000 >= 0x100 {
		return place{}
	}
	return place{function: uint32(id), entry: pc%0x1000 == 0, stub: letters[id] == 'p'}
}

func (testCode) levels(uint64) uint32 { return 1 }

const entrySP = 0x8000

// program builds a history by hand. Its stack pointer is what the program's
// would be; time passes by one at each step.
type program struct {
	*tracker
	t     *testing.T
	batch replay.Batch
	time  uint64
	sp    uint64
	rows  collected
}

// collected keeps what a tracker hands over, as text.
type collected struct {
	calls, writes, stacks, syscalls, switches, times []string
	instructions, threads                            []string // of calls
}

func (c *collected) swap(b buffer) (buffer, error) {
	switch b := b.(type) {
	case *callRows:
		for i := range b.call {
			exit := fmt.Sprint(b.exitT[i])
			if b.exitT[i] == open {
				exit = "open"
			}
			value := "-"
			if b.flags[i]&flagNoValue == 0 {
				value = fmt.Sprint(b.returned[i])
			}
			c.calls = append(c.calls, fmt.Sprintf("%d<%d %c depth %d [%d,%s] = %s",
				b.call[i], b.parent[i], letters[b.function[i]], b.depth[i], b.enterT[i], exit, value))
			c.instructions = append(c.instructions, fmt.Sprintf("%d: %d", b.call[i], b.instructions[i]))
			c.threads = append(c.threads, fmt.Sprintf("%d: %d", b.call[i], b.thread[i]))
		}
	case *narrowWindow:
		for i := range b.n {
			c.writes = append(c.writes, fmt.Sprintf("t%d call %d stack %d%s: %#x", b.t[i], b.call[i], uint32(b.who[i]>>4), threadText(uint32(b.who[i]>>36&0xffff)), b.addr[i]))
		}
	case *wideWindow:
		for i := range b.t {
			c.writes = append(c.writes, fmt.Sprintf("t%d call %d stack %d%s: %#x size %d source %d syscall %d",
				b.t[i], b.call[i], b.stack[i], threadText(b.thread[i]), b.addr[i], b.size[i], b.source[i], b.syscall[i]))
		}
	case *stackRows:
		for i := range b.stack {
			c.stacks = append(c.stacks, fmt.Sprintf("%d<%d %c", b.stack[i], b.parent[i], letters[b.function[i]]))
		}
	}
	b.reset()
	return b, nil
}

// threadText names a thread that is not the first.
func threadText(thread uint32) string {
	if thread == 1 {
		return ""
	}
	return fmt.Sprintf(" thread %d", thread)
}

func (c *collected) syscall(s *systemCall) error {
	end, result := "-", "-"
	if s.end != open {
		end = fmt.Sprint(s.end)
	}
	if s.returned {
		result = fmt.Sprint(s.result)
	}
	c.syscalls = append(c.syscalls, fmt.Sprintf("%d thread %d call %d number %d [%d,%s] = %s, %d+%d ns", s.id, s.who.thread, s.call, s.number, s.t, end, result, s.startNS, s.durationNS))
	return nil
}

func (c *collected) signal(*replay.Control, identity) error { return nil }

func (c *collected) switched(s *threadSwitch) error {
	c.switches = append(c.switches, fmt.Sprintf("t%d %d to %d: %s", s.t, s.from, s.to, s.reason))
	return nil
}

func (c *collected) passed(event, t uint64) {
	if event != 0 {
		c.times = append(c.times, fmt.Sprintf("event %d t%d", event, t))
	}
}

func newProgram(t *testing.T, f filter) *program {
	p := &program{t: t, sp: entrySP}
	if f.to == 0 {
		f.to = ^uint64(0)
	}
	f.writes, f.calls, f.stacks = true, true, true
	p.tracker = newTracker(testCode{}, &recording.Regs{Rip: fn('s'), Rsp: entrySP}, f, 64, &p.rows, &p.rows)
	return p
}

func (p *program) control(c replay.Control) *program {
	c.T, c.Write = p.time, len(p.batch.T)
	p.time++
	p.batch.Controls = append(p.batch.Controls, c)
	return p
}

// call calls a function from pc; the return address is pc+5.
func (p *program) call(letter byte, pc uint64) *program {
	p.write(p.sp-8, 8)
	p.time-- // the push is the call's own
	p.control(replay.Control{Kind: replay.Call, PC: pc, Target: fn(letter), Next: pc + 5, SP: p.sp, Regs: [6]uint64{7}})
	p.sp -= 8
	return p
}

// ret returns value to target.
func (p *program) ret(target, value uint64) *program {
	p.control(replay.Control{Kind: replay.Return, Target: target, SP: p.sp, Regs: [6]uint64{value}})
	p.sp += 8
	return p
}

func (p *program) jump(pc, target uint64) *program {
	return p.control(replay.Control{Kind: replay.Jump, PC: pc, Target: target, SP: p.sp})
}

func (p *program) move(by int64) *program {
	p.sp += uint64(by)
	return p
}

func (p *program) write(addr uint64, size int) *program {
	b := &p.batch
	b.T, b.PC, b.Addr = append(b.T, p.time), append(b.PC, 0x1234), append(b.Addr, addr)
	b.Size, b.Value, b.Wide = append(b.Size, uint32(size)), append(b.Value, 1), append(b.Wide, uint32(len(b.Data)))
	if size > 8 {
		b.Data = append(b.Data, make([]byte, size)...)
	}
	p.time++
	return p
}

// signal delivers a signal to the handler e, whose frame begins at sp; stack is
// the base of the alternate stack, 0 for none.
func (p *program) signal(sp, stack uint64) *program {
	frame := make([]byte, 64)
	binary.LittleEndian.PutUint64(frame, 0x9999) // the restorer
	if stack != 0 {
		binary.LittleEndian.PutUint64(frame[frameStackBase:], stack)
		binary.LittleEndian.PutUint64(frame[frameStackSize:], 0x1000)
	}
	p.control(replay.Control{Kind: replay.Signal, Event: &recording.Event{
		Regs: recording.Regs{Rsp: p.sp}, After: recording.Regs{Rsp: sp, Rip: fn('e')},
		Signal: &recording.Signal{}, Memory: []recording.MemoryWrite{{Addr: recording.Addr(sp), Data: frame}},
	}})
	p.time-- // nothing retires with it
	p.sp = sp
	return p
}

// sigreturn returns from the handler to a stack pointer.
func (p *program) sigreturn(sp uint64) *program {
	p.ret(0x9999, 0)
	p.control(replay.Control{Kind: replay.Syscall, Event: &recording.Event{Regs: recording.Regs{Orig_rax: unix.SYS_RT_SIGRETURN}}})
	p.sp = sp
	return p
}

func (p *program) end() *collected {
	p.t.Helper()
	if err := p.Consume(&p.batch); err != nil {
		p.t.Fatal(err)
	}
	if err := p.finish(p.time); err != nil {
		p.t.Fatal(err)
	}
	for _, list := range [][]string{p.rows.calls, p.rows.instructions, p.rows.threads} {
		slices.SortFunc(list, byNumber)
	}
	slices.SortStableFunc(p.rows.writes, func(a, b string) int { return byNumber(a[1:], b[1:]) })
	return &p.rows
}

func byNumber(a, b string) int {
	var x, y int
	fmt.Sscan(a, &x)
	fmt.Sscan(b, &y)
	return x - y
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%q\nwant:\n%q", what, got, want)
	}
}

func TestPlainCalls(t *testing.T) {
	rows := newProgram(t, filter{}).
		call('m', 0x1010).write(0x10, 8).call('f', 0x2010).write(0x20, 4).ret(0x2015, 42).write(0x30, 16).ret(0x1015, 3).end()
	expect(t, "calls", rows.calls,
		"1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,6] = 3", "3<2 f depth 2 [2,4] = 42")
	expect(t, "writes", rows.writes,
		"t0 call 1 stack 1: 0x7ff8", "t1 call 2 stack 2: 0x10", "t2 call 2 stack 2: 0x7ff0",
		"t3 call 3 stack 3: 0x20", "t5 call 2 stack 2: 0x30 size 16 source 0 syscall 0")
	expect(t, "stacks", rows.stacks, "1<0 s", "2<1 m", "3<2 f")
}

func TestTailCall(t *testing.T) {
	rows := newProgram(t, filter{}).
		call('m', 0x1010).call('f', 0x2010).move(-16).move(16).jump(0x3050, fn('g')).write(0x40, 8).ret(0x2015, 9).ret(0x1015, 0).end()
	expect(t, "calls", rows.calls,
		"1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,5] = 0", "3<2 f depth 2 [1,2] = -", "4<2 g depth 2 [2,4] = 9")
}

func TestJumpsThatAreNoTailCalls(t *testing.T) {
	rows := newProgram(t, filter{}).call('m', 0x1010).
		jump(0x2020, fn('m')).           // a loop to its own entry
		jump(0x2020, fn('m')+0x40).      // a switch
		move(-32).jump(0x2020, fn('g')). // the return address is not on top
		move(32).ret(0x1015, 1).end()
	expect(t, "calls", rows.calls, "1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,4] = 1")
}

func TestLinkageTable(t *testing.T) {
	// Bound already: the stub jumps to the function.
	rows := newProgram(t, filter{}).call('p', 0x1010).jump(0x9000, fn('f')).ret(0x1015, 5).end()
	expect(t, "calls", rows.calls, "1<0 s depth 0 [0,open] = -", "2<1 f depth 1 [0,2] = 5")

	// Lazily: the resolver (here g, without a symbol of its own) runs below the
	// stub's frame and jumps to the function in the end.
	rows = newProgram(t, filter{}).call('p', 0x1010).move(-8).jump(0x9006, 0x9800).move(-8).jump(0x9806, fn('g')).
		call('k', 0x5020).ret(0x5025, 0).move(16).jump(0x5090, fn('f')).write(0x50, 8).ret(0x1015, 5).end()
	expect(t, "calls", rows.calls,
		"1<0 s depth 0 [0,open] = -", "2<1 f depth 1 [0,7] = 5", "3<2 k depth 2 [3,4] = 0")
}

func TestLongjmp(t *testing.T) {
	p := newProgram(t, filter{}).call('m', 0x1010).move(-32)
	sp := p.sp
	p.call('f', 0x2010).call('g', 0x3010).call('L', 0x4010)
	p.sp = sp
	rows := p.jump(0x7010, 0x2055).move(32).ret(0x1015, 1).end()
	expect(t, "calls", rows.calls,
		"1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,5] = 1",
		"3<2 f depth 2 [1,4] = -", "4<3 g depth 3 [2,4] = -", "5<4 L depth 4 [3,4] = -")
}

// An exception: the unwinder puts the landing pad's address where the call's
// return address was, and returns there.
func TestException(t *testing.T) {
	p := newProgram(t, filter{}).call('m', 0x1010).move(-32)
	sp := p.sp
	p.call('f', 0x2010).call('g', 0x3010)
	p.sp = sp - 8
	rows := p.ret(0x2077, 1).write(0x60, 8).move(32).ret(0x1015, 8).end()
	expect(t, "calls", rows.calls,
		"1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,5] = 8", "3<2 f depth 2 [1,3] = -", "4<3 g depth 3 [2,3] = -")
	if last := rows.writes[len(rows.writes)-1]; last != "t4 call 2 stack 2: 0x60" {
		t.Errorf("the write after the landing: %s", last)
	}
}

func TestReturnThatMatchesNothing(t *testing.T) {
	rows := newProgram(t, filter{}).call('m', 0x1010).move(-64).ret(0x2222, 1).move(56).ret(0x1015, 6).end()
	expect(t, "calls", rows.calls, "1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,2] = 6")
}

func TestSignalHandler(t *testing.T) {
	p := newProgram(t, filter{}).call('m', 0x1010)
	sp := p.sp
	rows := p.signal(sp-512, 0).call('f', 0x8010).ret(0x8015, 1).sigreturn(sp).ret(0x1015, 2).end()
	expect(t, "calls", rows.calls,
		"1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,5] = 2", "3<2 e depth 2 [1,4] = -", "4<3 f depth 3 [1,2] = 1")
	if want := "t1 call 2 stack 2: 0x7df8 size 64 source 2 syscall 0"; !slices.Contains(rows.writes, want) {
		t.Errorf("no %q among %q", want, rows.writes)
	}
}

// The alternate stack may lie above the other one or below it.
func TestAlternateStack(t *testing.T) {
	for _, base := range []uint64{0x20000, 0x1000} {
		p := newProgram(t, filter{}).call('m', 0x1010)
		sp := p.sp
		rows := p.signal(base+0x800, base).call('f', 0x8010).ret(0x8015, 1).sigreturn(sp).ret(0x1015, 2).end()
		expect(t, "calls", rows.calls,
			"1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,5] = 2", "3<2 e depth 2 [1,4] = -", "4<3 f depth 3 [1,2] = 1")

		// A jump out of the handler.
		p = newProgram(t, filter{}).call('m', 0x1010).move(-16)
		sp = p.sp
		p.call('k', 0x2010).signal(base+0x800, base).call('f', 0x8010)
		p.sp = sp
		rows = p.jump(0x3050, 0x2033).move(16).ret(0x1015, 2).end()
		expect(t, "calls", rows.calls,
			"1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,4] = 2", "3<2 k depth 2 [1,3] = -",
			"4<3 e depth 3 [2,3] = -", "5<4 f depth 4 [2,3] = -")
	}
}

func TestDeepRecursion(t *testing.T) {
	const depth = 1 << 20
	p := newProgram(t, filter{})
	p.sp = 1 << 40
	p.shadow.frames[0].cfa = 1<<40 + 8
	for range 4 {
		for range depth / 4 {
			p.call('f', 0x3010)
		}
		if err := p.Consume(&p.batch); err != nil {
			t.Fatal(err)
		}
		p.batch = replay.Batch{}
	}
	for range depth {
		p.ret(0x3015, 1)
	}
	if err := p.Consume(&p.batch); err != nil {
		t.Fatal(err)
	}
	if p.maxDepth != depth+1 || p.calls+uint64(len(p.shadow.frames)) != depth+1 || p.stacks.last != depth+1 {
		t.Errorf("depth %d, calls %d, stacks %d", p.maxDepth, p.calls, p.stacks.last)
	}
}

func TestKernelWrites(t *testing.T) {
	p := newProgram(t, filter{}).call('m', 0x1010)
	rows := p.control(replay.Control{Kind: replay.Syscall, PC: 0x2020, Event: &recording.Event{
		Memory: []recording.MemoryWrite{{Addr: 0x70, Data: []byte{1, 2}}, {Addr: 0x80, Data: make([]byte, 100)}},
	}}).control(replay.Control{Kind: replay.Input, PC: 0x2030, Event: &recording.Event{
		Memory: []recording.MemoryWrite{{Addr: 0x90, Data: make([]byte, 64)}},
	}}).end()
	expect(t, "writes", rows.writes,
		"t0 call 1 stack 1: 0x7ff8",
		"t1 call 2 stack 2: 0x70 size 2 source 1 syscall 1", "t1 call 2 stack 2: 0x80 size 100 source 1 syscall 1",
		"t2 call 2 stack 2: 0x90 size 64 source 0 syscall 0")
}

func TestFilterByTime(t *testing.T) {
	p := newProgram(t, filter{from: 3, to: 5})
	rows := p.call('m', 0x1010).call('f', 0x2010).ret(0x2015, 0).
		write(0x10, 8).write(0x18, 8).write(0x20, 8).call('g', 0x2020).ret(0x2025, 0).end()
	expect(t, "writes", rows.writes, "t3 call 2 stack 2: 0x10", "t4 call 2 stack 2: 0x18")
	expect(t, "calls", rows.calls, "1<0 s depth 0 [0,open] = -", "2<1 m depth 1 [0,open] = -")
}

func TestFilterByFunction(t *testing.T) {
	wanted := make([]bool, len(letters))
	wanted[fn('f')/0x1000] = true
	rows := newProgram(t, filter{functions: wanted}).
		call('m', 0x1010).write(0x10, 8).call('f', 0x2010).write(0x20, 4).write(0x28, 16).call('g', 0x3010).
		write(0x30, 4).ret(0x3015, 0).write(0x38, 1).ret(0x2015, 42).write(0x40, 8).end()
	expect(t, "calls", rows.calls, "3<2 f depth 2 [2,9] = 42")
	if len(rows.writes) != 4 { // with the push of the call to g
		t.Errorf("writes: %q", rows.writes)
	}
}

// More distinct stacks than are remembered: numbers go on, none is used twice.
func TestManyStacks(t *testing.T) {
	s := newStackTrie(1000)
	seen := map[uint32]bool{}
	for i := range 5000 {
		stack, fresh := s.find(1, 1, uint64(i))
		if !fresh || seen[stack] {
			t.Fatalf("stack %d is %d, fresh %v", i, stack, fresh)
		}
		seen[stack] = true
	}
	if s.forgot != 5 {
		t.Errorf("forgot %d times", s.forgot)
	}
}

// Deep recursion is a walk, many shallow stacks are their callers.
func TestStackOrderExpands(t *testing.T) {
	var deep, wide, shallow stackOrder
	for id := range uint32(2000) {
		deep.add(id, 1, 16, 1)
		shallow.add(id%1000, 1, 16, 1)
	}
	for id := range uint32(60_000) {
		parent := id
		if id >= 50 {
			parent = 50
		}
		wide.add(parent, 1, 16, 1)
	}
	if deep.expanded() || !wide.expanded() || !shallow.expanded() {
		t.Errorf("of %d, %d and %d callers these are expanded: %t, %t, %t", deep.callers, wide.callers, shallow.callers,
			deep.expanded(), wide.expanded(), shallow.expanded())
	}
}

// Both ways to find a stack's callers give the same.
func TestStackOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var o stackOrder
	var table stackRows
	for id := uint32(1); id <= 500; id++ {
		parent, function, pc, between := random.Uint32N(id), random.Uint32N(60), uint64(id%5)*16, uint32(1)
		if parent == 0 {
			pc, between = 0, 0
		}
		o.add(parent, function, pc, between)
		table.add(stackRow{stack: id, parent: parent, function: function, callPC: pc})
	}
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "history.duckdb")
	db, err := createDatabase(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	fill := func(name string, columns []column, rows int) error {
		a, err := newBulkAppender(db.conn, name)
		if err != nil {
			return err
		}
		return a.append(ctx, columns, nil, rows)
	}
	columns, n := table.columns()
	first, last := o.walk()
	places, m := o.places(first, last)
	recursive := o.recursive(first)
	err = errors.Join(
		o.eachCallers(func(columns []column, rows int) error { return fill("_stack_callers", columns, rows) }),
		fill("_stack_order", places, m), fill("stacks", columns, n), fill("_recursive_stacks", []column{fixed(recursive)}, len(recursive)),
		db.exec(ctx, `INSERT INTO frames SELECT 16*range, 1, 0, NULL, 'f' || range, NULL, NULL, NULL, NULL, false FROM range(5)`),
		db.commit(ctx, nil))
	if err != nil {
		t.Fatal(err)
	}
	pool := openDatabase(t, path)
	// Every row comes from each of the two.
	expect(t, "rows once or more than twice", rows(t, pool,
		`SELECT stack_id, level, function, pc FROM stack_frames WHERE level > 0 GROUP BY ALL HAVING count(*) <> 2`))
	expect(t, "stacks", rows(t, pool, `SELECT count(*) FROM stack_frames WHERE level = 0`), "500")
	expect(t, "gaps", rows(t, pool, `SELECT stack_id FROM stack_frames GROUP BY 1 HAVING count(DISTINCT level) <> max(level) + 1`))
	// The callers of a recursive stack, found step by step, have its function.
	expect(t, "recursive stacks and others", rows(t, pool, `WITH RECURSIVE up AS (
			SELECT stack_id, function_id, parent_stack_id FROM stacks WHERE function_id IS NOT NULL
			UNION ALL SELECT u.stack_id, u.function_id, p.parent_stack_id FROM up u JOIN stacks p ON p.stack_id = u.parent_stack_id),
		known AS (SELECT DISTINCT u.stack_id FROM up u JOIN stacks p ON p.stack_id = u.parent_stack_id WHERE p.function_id = u.function_id)
		SELECT count(*) > 5, count(*) < 400, count(*) = (SELECT count(*) FROM _recursive_stacks JOIN known USING (stack_id)),
			count(*) = (SELECT count(*) FROM _recursive_stacks) FROM known`), "true true true true")
}
