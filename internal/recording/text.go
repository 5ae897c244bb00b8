package recording

import (
	"fmt"
	"strings"
)

var kindNames = [...]string{KindStart: "start", KindSyscall: "syscall", KindTSC: "tsc", KindXSave: "xsave",
	KindSignal: "signal", KindCheckpoint: "checkpoint", KindExit: "exit", KindThread: "thread", KindWait: "wait", KindPreempt: "preempt"}

// String names the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

var mapOpNames = [...]string{MapAdd: "map", MapRemove: "unmap", MapProtect: "protect", MapMove: "move",
	MapDiscard: "discard", MapStack: "stack"}

// String names the operation.
func (o MapOp) String() string {
	if int(o) < len(mapOpNames) && mapOpNames[o] != "" {
		return mapOpNames[o]
	}
	return fmt.Sprintf("mapop(%d)", uint8(o))
}

// String is the event as one line of text, for people and tests. Long data is
// abridged.
func (e *Event) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d %v", e.Index, e.Kind)
	if e.Thread > 1 {
		fmt.Fprintf(&s, " thread %d", e.Thread)
	}
	if e.Kind.entersKernel() {
		r := &e.Regs
		fmt.Fprintf(&s, " %d(%#x, %#x, %#x, %#x, %#x, %#x)", r.Orig_rax, r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8, r.R9)
		if e.After != (Regs{}) {
			fmt.Fprintf(&s, " = %#x", e.After.Rax)
		}
	}
	if e.Regs.Rip != 0 {
		fmt.Fprintf(&s, " at %#x", e.Regs.Rip)
	}
	if e.After.Rip != 0 && e.After.Rip != e.Regs.Rip {
		fmt.Fprintf(&s, " to %#x", e.After.Rip)
	}
	if e.Brk != 0 {
		fmt.Fprintf(&s, " brk %#x", uint64(e.Brk))
	}
	if g := e.Signal; g != nil {
		fmt.Fprintf(&s, " signal %d code %d fault %#x handler %#x fatal %v sync %v", g.Number, g.Code, uint64(g.Fault), uint64(g.Handler), g.Fatal, g.Sync)
	}
	if len(e.XSave) > 0 {
		fmt.Fprintf(&s, " xsave %d bytes", len(e.XSave))
	}
	for i := range e.Maps {
		s.WriteString(" [" + e.Maps[i].String() + "]")
	}
	writeMemory(&s, "wrote", e.Memory)
	writeMemory(&s, "read", e.Input)
	if len(e.Hashes) > 0 {
		fmt.Fprintf(&s, " %d hashes", len(e.Hashes))
	}
	if e.Born != nil {
		fmt.Fprintf(&s, " of thread %d tid %d", e.Born.Parent, e.Born.TID)
	}
	if e.Exit != nil {
		fmt.Fprintf(&s, " code %d signal %d", e.Exit.Code, e.Exit.Signal)
	}
	return s.String()
}

func writeMemory(s *strings.Builder, verb string, list []MemoryWrite) {
	const shown = 32
	for i := range list {
		m := &list[i]
		fmt.Fprintf(s, " %s %#x+%d %q", verb, uint64(m.Addr), len(m.Data), m.Data[:min(len(m.Data), shown)])
	}
}

// String is the change as text.
func (m *MapChange) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%v %#x+%#x prot %d", m.Op, uint64(m.Addr), m.Length, m.Prot)
	if m.Flags != 0 {
		fmt.Fprintf(&s, " flags %#x", m.Flags)
	}
	if m.Op == MapMove {
		fmt.Fprintf(&s, " from %#x+%#x", uint64(m.From), m.FromLength)
	}
	if m.Path != "" || m.Object != "" {
		fmt.Fprintf(&s, " %s+%#x object %.8s", m.Path, m.FileOffset, m.Object)
	}
	for i := range m.Patches {
		fmt.Fprintf(&s, " patch %#x", uint64(m.Patches[i].Addr))
	}
	return s.String()
}
