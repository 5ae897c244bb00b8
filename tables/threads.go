package tables

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"hindsight/replay"
)

// threadState is what is known of one thread while the history goes on.
type threadState struct {
	identity
	shadow shadow
	begun  bool // it has its outermost frame
	// packed: its numbers fit into the packed column of _writes.
	packed bool
	parent uint32 // the thread that made it, 0 for none
	madeBy uint64 // the system call that made it, 0 where that is not known
	tid    int    // the kernel's number
	name   string // what it is called, "" for nothing
	// pointer is the base of fs that it began with or set first, 0 for none.
	pointer    uint64
	start, end uint64      // end is open while it lives
	left       uint64      // instructions that had retired when it last stopped running
	waiting    *systemCall // the system call in which it waits
	event      uint64      // instructions that had retired when its last event was over
	yielded    bool        // that was a sched_yield
	ran        bool        // some instruction of it has retired
	made       map[int]birth
}

// birth is what a thread's maker gives it.
type birth struct {
	syscall, pc uint64 // the clone
	name        string
}

// threadSwitch is a row of switches; from 0 is NULL.
type threadSwitch struct {
	t        uint64
	from, to uint32
	reason   string
}

// Reasons of a switch.
const (
	switchedByWait  = "wait"
	switchedByExit  = "exit"
	switchedByYield = "yield"
	switchedByClock = "preempt"
	switchedByBegin = "begin"
	switchedByOther = "other"
)

// thread returns a thread by its number. One that was not known has executed
// nothing of the instructions that retired until now.
func (t *tracker) thread(number uint32, now uint64) *threadState {
	s := t.threads[number]
	if s == nil {
		s = &threadState{identity: identity{1, number}, end: open, left: now, start: now, made: map[int]birth{}}
		s.packed = s.process < 1<<12 && number < 1<<16
		s.shadow = shadow{code: t.code, lastCall: &t.lastCall, ended: t.ended, others: now}
		t.threads[number] = s
	}
	return s
}

// setTID notes what the kernel calls a thread that begins.
func (t *tracker) setTID(s *threadState, tid int) {
	s.tid = tid
	t.living[tid] = s
}

// sortedThreads returns all threads in order of their numbers.
func (t *tracker) sortedThreads() []*threadState {
	return slices.SortedFunc(maps.Values(t.threads), func(a, b *threadState) int { return int(a.thread) - int(b.thread) })
}

// notBegun is the error of a history that lets a thread run before it begins.
func (t *tracker) notBegun() error {
	return fmt.Errorf("thread %d runs at t = %d, before it began: the recording's events are out of order; record again",
		t.running.thread, t.running.left)
}

// passed notes an event of the thread, which had its effects at a time.
func (s *threadState) passed(c *replay.Control, at uint64) {
	s.yielded = false
	if s.event = at + 1; c.Kind == replay.Signal || c.Kind == replay.Begin {
		s.event = c.T
	}
}

// switchTo lets another thread run from here on.
func (t *tracker) switchTo(c *replay.Control) error {
	next, old := t.thread(c.Thread, c.T), t.running
	if next == old {
		return nil
	}
	if err := t.endTurn(c.T); err != nil {
		return err
	}
	old.left = c.T
	next.shadow.others += c.T - next.left
	t.running, t.shadow = next, &next.shadow
	return nil
}

// endTurn ends the running thread's turn at a time. A turn in which no instruction
// retired is none: it is as if the thread before had handed over to the next.
func (t *tracker) endTurn(at uint64) error {
	from, turn := t.running, t.turn
	if at <= turn.t {
		return nil
	}
	t.turn = threadSwitch{t: at, from: from.thread}
	switch {
	case from.waiting != nil:
		t.turn.reason = switchedByWait
	case from.end != open:
		t.turn.reason = switchedByExit
	case from.event != at:
		t.turn.reason = switchedByClock
	case from.yielded:
		t.turn.reason = switchedByYield
	}
	began := !from.ran
	from.ran = true
	turn.to = from.thread
	if turn.from == turn.to || !t.filter.at(turn.t) {
		return nil
	}
	if turn.reason == "" {
		turn.reason = switchedByOther
		if began {
			turn.reason = switchedByBegin
		}
	}
	return t.events.switched(&turn)
}

// begin handles a thread's beginning: its first call is of the function that it
// begins in.
func (t *tracker) begin(c *replay.Control) error {
	s, e := t.running, c.Event
	if s.begun {
		return fmt.Errorf("event %d: thread %d begins a second time: the recording's events are out of order; record again", e.Index, s.thread)
	}
	s.begun, s.start, s.pointer = true, c.T, e.After.Fs_base
	made := birth{pc: e.After.Rip}
	if e.Born != nil {
		s.parent = e.Born.Parent
		t.setTID(s, e.Born.TID)
		if parent := t.threads[s.parent]; parent != nil {
			b, ok := parent.made[s.tid]
			if ok {
				made = b
				delete(parent.made, s.tid)
			} else {
				made.name = parent.name
			}
		}
	}
	s.name, s.madeBy = made.name, made.syscall
	t.shadow.push(frame{cfa: e.After.Rsp + 8, enterT: c.T, entryPC: e.After.Rip, noArgs: true})
	t.pcs.add(made.pc)
	return t.eventMemory(e.Memory, t.effectTime(c), made.pc, sourceSyscall, made.syscall)
}

// instructionsOf is how many instructions the running thread executed in a call
// and those below it, until it ended at exit or (open) until the thread last ran.
func (t *tracker) instructionsOf(f *frame, exit uint64) uint64 {
	if exit == open {
		exit = t.running.left - 1
	}
	// They follow the call instruction, where there is one, and end with the return.
	n := exit - f.enterT - (t.shadow.others - f.others)
	if f.callPC == 0 {
		n++
	}
	return n
}

// finishThreads makes the rows of what is still open, of each thread its outermost
// call first.
func (t *tracker) finishThreads(instructions uint64) error {
	if err := t.endTurn(instructions); err != nil {
		return err
	}
	t.running.left = instructions
	for _, s := range t.sortedThreads() {
		t.running, t.shadow = s, &s.shadow
		if s.waiting != nil {
			if err := t.addSystemCall(s.waiting); err != nil {
				return err
			}
		}
		for depth := range s.shadow.frames {
			t.ended(&s.shadow.frames[depth], depth, open, nil)
		}
	}
	return t.err
}

// followThread follows what a system call that ended does to the thread that made
// it: its name, its thread-local storage, its children and its end.
func (t *tracker) followThread(s *systemCall) {
	const (
		setName    = 15
		setFS      = 0x1002
		nameLength = 16
	)
	self := t.running
	if s.number == unix.SYS_EXIT && !s.returned {
		self.end = s.t + 1
		delete(t.living, self.tid)
	}
	if !s.returned || s.result < 0 {
		return
	}
	switch s.number {
	case unix.SYS_SCHED_YIELD:
		self.yielded = true
	case unix.SYS_PRCTL:
		if s.args[0] == setName {
			self.name = readable([]byte(s.memory.text(s.args[1], nameLength)))
		}
	case unix.SYS_ARCH_PRCTL:
		if s.args[0] == setFS && self.pointer == 0 {
			self.pointer = s.args[1]
		}
	case unix.SYS_CLONE, unix.SYS_CLONE3:
		t.hasMade(int(s.result), birth{syscall: s.id, pc: s.pc, name: self.name})
	case unix.SYS_OPEN:
		t.openName(s, s.args[0])
	case unix.SYS_OPENAT:
		t.openName(s, s.args[1])
	case unix.SYS_WRITE:
		if tid, ok := t.nameFiles[uint32(s.args[0])]; ok {
			t.setName(tid, readable([]byte(s.memory.text(s.args[1], min(s.args[2], nameLength-1)))))
		}
	case unix.SYS_CLOSE:
		delete(t.nameFiles, uint32(s.args[0]))
	}
}

// hasMade notes a thread that the running one made, which may have begun already.
func (t *tracker) hasMade(tid int, b birth) {
	if s := t.living[tid]; s != nil && s.madeBy == 0 && s.parent == t.running.thread {
		s.madeBy = b.syscall
		return
	}
	t.running.made[tid] = b
}

// nameFile is a file by which a thread is given its name, as pthread_setname_np does
// for another thread.
var nameFile = regexp.MustCompile(`^/proc/(self|thread-self|[0-9]+)(?:/task/([0-9]+))?/comm$`)

// openName notes a descriptor of a file with a thread's name, whose path is at path.
func (t *tracker) openName(s *systemCall, path uint64) {
	delete(t.nameFiles, uint32(s.result))
	parts := nameFile.FindStringSubmatch(s.memory.text(path, 64))
	if parts == nil {
		return
	}
	tid := t.threads[1].tid
	switch {
	case parts[1] == "thread-self":
		tid = t.running.tid
	case parts[2] != "":
		var err error
		if tid, err = strconv.Atoi(parts[2]); err != nil {
			return
		}
	}
	if t.nameFiles == nil {
		t.nameFiles = map[uint32]int{}
	}
	t.nameFiles[uint32(s.result)] = tid
}

// setName names the living thread that the kernel calls tid, or the one that is about
// to begin.
func (t *tracker) setName(tid int, name string) {
	if s := t.living[tid]; s != nil {
		s.name = name
		return
	}
	for _, s := range t.threads {
		if b, ok := s.made[tid]; ok {
			b.name = name
			s.made[tid] = b
		}
	}
}

// addThreads adds the rows of threads. end is when the process ended, NULL where it
// is not known.
func (x *indexer) addThreads(add addRow) error {
	lineage := x.tracker.lineages()
	for _, s := range x.tracker.sortedThreads() {
		if !s.begun {
			continue
		}
		end := orNull(x.scan.exit != nil, x.result.Instructions)
		if s.end != open {
			end = s.end
		}
		err := add(s.thread, s.process, uint32(s.tid), orNull(s.name != "", s.name), s.start, end,
			orNull(s.parent != 0, s.parent), lineage[s.thread], orNull(s.pointer != 0, s.pointer))
		if err != nil {
			return err
		}
	}
	return nil
}

// lineages names the threads alike in every run whose threads each make the same
// ones, in whatever order these begin: '1.2' is the second that thread 1 made.
func (t *tracker) lineages() map[uint32]string {
	names := map[uint32]string{}
	all := t.sortedThreads()
	made := map[uint32][]*threadState{}
	for _, s := range all {
		if s.parent < s.thread { // a maker's number is smaller
			made[s.parent] = append(made[s.parent], s)
		}
	}
	for _, s := range all {
		if _, ok := names[s.thread]; !ok {
			names[s.thread] = strconv.Itoa(int(s.thread))
		}
		children := made[s.thread]
		slices.SortStableFunc(children, func(a, b *threadState) int { return cmp.Compare(a.madeBy-1, b.madeBy-1) })
		for i, c := range children {
			names[c.thread] = names[s.thread] + "." + strconv.Itoa(i+1)
		}
	}
	return names
}
