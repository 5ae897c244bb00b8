package tables

import (
	"encoding/binary"
	"sort"

	"hindsight/internal/recording"
	"hindsight/replay"
)

// filter says which rows are wanted.
type filter struct {
	from, to uint64 // rows with from <= t < to
	// functions, where not nil, has true at the ids of the functions whose calls
	// and own writes are wanted.
	functions []bool
	writes    bool
	calls     bool
	stacks    bool
}

// function tells whether rows of a function are wanted.
func (f *filter) function(id uint32) bool {
	return f.functions == nil || int(id) < len(f.functions) && f.functions[id]
}

func (f *filter) at(t uint64) bool { return f.from <= t && t < f.to }

// loading takes full buffers and gives empty ones of the same table.
type loading interface {
	swap(full buffer) (empty buffer, err error)
}

// eventRows takes the rows that system calls, signals and switches make.
type eventRows interface {
	syscall(s *systemCall) error
	signal(c *replay.Control, who identity) error
	switched(s *threadSwitch) error
	// passed is told when each event had its effects, wanted or not.
	passed(event, t uint64)
}

// identity is a thread and its process.
type identity struct{ process, thread uint32 }

// tracker turns a program's history into rows: it is the Consumer of a replay.
// Its memory grows with the number of threads, the depth of their stacks and the
// number of distinct stacks (up to a limit), not with rows.
type tracker struct {
	filter  filter
	code    code
	loading loading
	events  eventRows
	memory  *memoryMap // nil where it is not followed
	threads map[uint32]*threadState
	living  map[int]*threadState // those that live, by the kernel's number
	running *threadState
	shadow  *shadow // of the running thread
	// turn is the switch to the running thread, as far as it is known.
	turn threadSwitch
	// nameFiles are open descriptors by which a thread, by the kernel's number, is given
	// its name.
	nameFiles map[uint32]int
	stacks    *stackTrie
	order     stackOrder
	pcs       *pcSet

	narrow     *narrowWindow
	wide       *wideWindow
	callRows   *callRows
	stackRows  *stackRows
	memoryRows *memoryRows

	lastCall, lastSyscall uint64
	writes                uint64 // rows handed over, both kinds
	calls                 uint64
	maxDepth              int
	// maxWrites is how many writes are handed over; where there are more,
	// overflow is set and no others are.
	maxWrites uint64
	overflow  bool
	err       error // of a row made where no error can be returned
}

// newTracker returns a tracker of a program that starts with registers regs.
// windows says how many writes are loaded at a time.
func newTracker(code code, regs *recording.Regs, f filter, window int, to loading, events eventRows) *tracker {
	t := &tracker{
		filter: f, loading: to, events: events, threads: map[uint32]*threadState{}, living: map[int]*threadState{},
		stacks: newStackTrie(maxStacks), pcs: newPCSet(), maxWrites: ^uint64(0),
		narrow: newNarrowWindow(window), wide: &wideWindow{}, callRows: &callRows{}, stackRows: &stackRows{},
		memoryRows: &memoryRows{},
	}
	t.code = code
	t.running = t.thread(1, 0)
	t.shadow = &t.running.shadow
	t.running.begun = true
	t.shadow.push(frame{cfa: regs.Rsp + 8, entryPC: regs.Rip, noArgs: true})
	return t
}

// Consume takes the next batch of the history.
func (t *tracker) Consume(b *replay.Batch) error {
	done := 0
	for i := range b.Controls {
		c := &b.Controls[i]
		if err := t.addWrites(b, done, c.Write); err != nil {
			return err
		}
		done = c.Write
		if err := t.control(c); err != nil {
			return err
		}
	}
	return t.addWrites(b, done, len(b.T))
}

func (t *tracker) control(c *replay.Control) error {
	s := t.shadow
	if c.Event != nil {
		at := t.effectTime(c)
		t.events.passed(c.Event.Index, at)
		if t.memory != nil {
			if err := t.memory.event(c.Event, at); err != nil {
				return err
			}
		}
	}
	if !t.running.begun && c.Kind != replay.Begin && c.Kind != replay.Switch {
		return t.notBegun()
	}
	switch c.Kind {
	case replay.Call:
		s.push(frame{cfa: c.SP, next: c.Next, enterT: c.T, callPC: c.PC, site: c.PC, entryPC: c.Target, args: c.Regs})
		t.maxDepth = max(t.maxDepth, len(s.frames))
	case replay.Return:
		s.returns(c.SP, c.Target, c.Regs[0], c.T, c.PC)
	case replay.Jump:
		var args *[6]uint64
		if c.Arguments {
			args = &c.Regs
		}
		s.jump(c.SP, c.Target, c.T, c.PC, args)
	case replay.Syscall:
		return t.syscall(c)
	case replay.Wait:
		return t.wait(c)
	case replay.Begin:
		return t.begin(c)
	case replay.Switch:
		return t.switchTo(c)
	case replay.Signal:
		return t.signal(c)
	case replay.Input:
		return t.eventMemory(c.Event.Memory, c.T, c.PC, sourceInstruction, 0)
	}
	return t.err
}

// addWrites adds the writes [lo, hi) of a batch, all made in the innermost call.
func (t *tracker) addWrites(b *replay.Batch, lo, hi int) error {
	if lo == hi || !t.filter.writes {
		return nil
	}
	if !t.running.begun {
		return t.notBegun()
	}
	if !t.filter.function(t.shadow.top().function) {
		return nil
	}
	if b.T[lo] < t.filter.from {
		lo += sort.Search(hi-lo, func(i int) bool { return b.T[lo+i] >= t.filter.from })
	}
	if hi > lo && b.T[hi-1] >= t.filter.to {
		hi = lo + sort.Search(hi-lo, func(i int) bool { return b.T[lo+i] >= t.filter.to })
	}
	for lo < hi {
		if t.writes >= t.maxWrites {
			t.filter.writes, t.overflow = false, true
			return nil
		}
		if t.running.packed {
			lo += t.addNarrow(b, lo, hi)
		}
		if t.narrow.full() {
			if err := t.swap(); err != nil {
				return err
			}
			continue
		}
		if lo < hi {
			if err := t.addWide(b, lo); err != nil {
				return err
			}
			lo++
		}
	}
	return t.err
}

// addNarrow adds writes [lo, hi) up to the first of more than 8 bytes, as far as
// there is room, and returns how many.
func (t *tracker) addNarrow(b *replay.Batch, lo, hi int) int {
	w := t.narrow
	n, call := w.n, t.shadow.top().call
	hi = min(hi, lo+len(w.t)-n)
	who := packWho(t.running.process, t.running.thread, t.stack())
	i := lo
	for ; i < hi && b.Size[i] <= 8; i++ {
		pc := b.PC[i]
		w.t[n], w.pc[n], w.addr[n], w.value[n] = b.T[i], pc, b.Addr[i], b.Value[i]
		w.call[n], w.who[n] = call, who|uint64(b.Size[i])
		n++
		t.pcs.add(pc)
	}
	w.n = n
	t.writes += uint64(i - lo)
	return i - lo
}

// addWide adds write i of a batch, one of more than 8 bytes or of a thread whose
// number does not fit into the packed column.
func (t *tracker) addWide(b *replay.Batch, i int) error {
	w := wideWrite{t: b.T[i], pc: b.PC[i], addr: b.Addr[i], value: b.Value[i]}
	if b.Size[i] > 8 {
		w.data = b.Data[b.Wide[i]:][:b.Size[i]]
	} else {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], b.Value[i])
		w.data = word[:b.Size[i]]
	}
	return t.addWideWrite(w)
}

// addWideWrite adds a write to the innermost call.
func (t *tracker) addWideWrite(r wideWrite) error {
	r.process, r.thread = t.running.process, t.running.thread
	r.call, r.stack = t.shadow.top().call, t.stack()
	t.pcs.add(r.pc)
	t.wide.add(&r)
	t.writes++
	if !t.wide.full() {
		return t.err
	}
	b, err := t.loading.swap(t.wide)
	if err == nil {
		t.wide = b.(*wideWindow)
	}
	return err
}

func (t *tracker) swap() error {
	b, err := t.loading.swap(t.narrow)
	if err == nil {
		t.narrow = b.(*narrowWindow)
	}
	return err
}

// stack returns the number of the open calls' stack.
func (t *tracker) stack() uint32 { return t.stackAt(len(t.shadow.frames) - 1) }

// stackAt returns the number of the stack that ends at a depth. Numbers are
// given when they are asked for, outer stacks first.
func (t *tracker) stackAt(depth int) uint32 {
	frames := t.shadow.frames
	if n := frames[depth].stack; n != 0 {
		return n
	}
	known := depth
	for known > 0 && frames[known-1].stack == 0 {
		known--
	}
	parent := uint32(0)
	if known > 0 {
		parent = frames[known-1].stack
	}
	for ; known <= depth; known++ {
		f := &frames[known]
		stack, fresh := t.stacks.find(parent, f.function, f.site)
		if fresh {
			t.addStack(stackRow{stack: stack, parent: parent, depth: uint32(known), function: f.function, callPC: f.site})
		}
		f.stack, parent = stack, stack
	}
	return parent
}

func (t *tracker) addStack(r stackRow) {
	if !t.filter.stacks || t.err != nil {
		return
	}
	t.pcs.add(r.callPC)
	t.stackRows.add(r)
	callers := uint32(1) // what jumped to address 0 and was interrupted there
	switch {
	case r.parent == 0:
		callers = 0
	case r.callPC != 0:
		callers = t.code.levels(r.callPC)
	}
	t.order.add(r.parent, r.function, r.callPC, callers)
	if t.stackRows.full() {
		var b buffer
		if b, t.err = t.loading.swap(t.stackRows); t.err == nil {
			t.stackRows = b.(*stackRows)
		}
	}
}

// ended makes the row of a call that ended at exit, or (open) did not.
func (t *tracker) ended(f *frame, depth int, exit uint64, value *uint64) {
	if !t.filter.calls || !t.filter.function(f.function) || f.enterT >= t.filter.to || exit < t.filter.from || t.err != nil {
		return
	}
	r := callRow{
		call: f.call, parent: f.parent, process: t.running.process, thread: t.running.thread,
		depth: uint32(depth), function: f.function, stack: t.stackAt(depth), enterT: f.enterT, exitT: exit,
		instructions: t.instructionsOf(f, exit), callPC: f.callPC, entryPC: f.entryPC, cfa: f.cfa, args: f.args, hasNoArgs: f.noArgs,
	}
	if value != nil {
		r.returned, r.hasReturned = *value, true
	}
	t.pcs.add(r.callPC)
	t.pcs.add(r.entryPC)
	t.callRows.add(&r)
	t.calls++
	if t.callRows.full() {
		var b buffer
		if b, t.err = t.loading.swap(t.callRows); t.err == nil {
			t.callRows = b.(*callRows)
		}
	}
}

// finish makes the rows of what is still open after the last instruction, and
// hands over all that is left.
func (t *tracker) finish(instructions uint64) error {
	if err := t.finishThreads(instructions); err != nil {
		return err
	}
	if t.memory != nil {
		if err := t.memory.finish(); err != nil {
			return err
		}
	}
	for _, b := range []buffer{t.narrow, t.wide, t.callRows, t.stackRows, t.memoryRows} {
		if _, err := t.loading.swap(b); err != nil {
			return err
		}
	}
	return nil
}

// addMemory adds a row of _memory.
func (t *tracker) addMemory(r *memoryRow) error {
	t.memoryRows.add(r)
	if !t.memoryRows.full() {
		return nil
	}
	b, err := t.loading.swap(t.memoryRows)
	if err == nil {
		t.memoryRows = b.(*memoryRows)
	}
	return err
}

// release frees what is not needed after finish.
func (t *tracker) release() {
	t.narrow, t.wide, t.callRows, t.stackRows, t.memoryRows = nil, nil, nil, nil, nil
	t.stacks.slots = nil
	for _, s := range t.threads {
		s.shadow = shadow{}
	}
}
