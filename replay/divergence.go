package replay

import (
	"fmt"
	"strings"

	"hindsight/internal/recording"
)

// DivergenceKind says how a replay differed from the recording.
type DivergenceKind int

const (
	// RegistersDiffer: the program came to the event with other registers.
	RegistersDiffer DivergenceKind = iota + 1
	// MemoryDiffers: a checkpoint's hash of memory is not the recorded one.
	MemoryDiffers
	// EventDiffers: the program did something else than the recorded event, such
	// as a fault where a system call is recorded.
	EventDiffers
)

// RegDiff is a register, or a range of memory, that differs.
type RegDiff struct {
	Name      string
	Got, Want uint64
}

// Divergence is the error of a replay that differs from its recording. Replay
// stops at the first one: whatever came after would be fiction.
type Divergence struct {
	Kind       DivergenceKind
	EventIndex uint64
	EventKind  recording.Kind
	Thread     uint32 // whose event it is, 0 where the program has only one thread so far
	// PC is the address of the instruction that the replay is at.
	PC uint64
	// Stop says what the replayed program did there.
	Stop string
	// Differences are the registers (RegistersDiffer), or the ranges and their
	// hashes (MemoryDiffers), in a fixed order.
	Differences []RegDiff
	// Disassembly is the instruction at PC, "" where it cannot be read.
	Disassembly string
	// Advice is what to do next.
	Advice string
}

// Error is the whole finding, over several lines.
func (d *Divergence) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "replay diverged from the recording at event %d (%v)", d.EventIndex, d.EventKind)
	if d.Thread != 0 {
		fmt.Fprintf(&s, ", thread %d", d.Thread)
	}
	if d.Stop != "" {
		s.WriteString(": " + d.Stop)
	}
	if d.PC != 0 {
		fmt.Fprintf(&s, "\n  at %#x", d.PC)
		if d.Disassembly != "" {
			s.WriteString("  " + d.Disassembly)
		}
	}
	const shown = 32
	for i, r := range d.Differences {
		if i == shown {
			fmt.Fprintf(&s, "\n  … and %d more", len(d.Differences)-shown)
			break
		}
		what := "replayed"
		if d.Kind == MemoryDiffers {
			what = "hash replayed"
		}
		fmt.Fprintf(&s, "\n  %-8s %s %#x, recorded %#x", r.Name, what, r.Got, r.Want)
	}
	if d.Advice != "" {
		s.WriteString("\n  " + d.Advice)
	}
	return s.String()
}

// regMask is a set of registers, by their index in registers.
type regMask uint32

// register is a general register: its name, and where it is in Regs.
type register struct {
	name string
	of   func(*recording.Regs) *uint64
}

// Indices in registers that engines name in masks.
const (
	regR11     = 6
	regRax     = 10
	regRcx     = 11
	regOrigRax = 15
	regRip     = 16
)

// registers are all of them, in the kernel's order.
var registers = [...]register{
	{"r15", func(r *recording.Regs) *uint64 { return &r.R15 }},
	{"r14", func(r *recording.Regs) *uint64 { return &r.R14 }},
	{"r13", func(r *recording.Regs) *uint64 { return &r.R13 }},
	{"r12", func(r *recording.Regs) *uint64 { return &r.R12 }},
	{"rbp", func(r *recording.Regs) *uint64 { return &r.Rbp }},
	{"rbx", func(r *recording.Regs) *uint64 { return &r.Rbx }},
	{"r11", func(r *recording.Regs) *uint64 { return &r.R11 }},
	{"r10", func(r *recording.Regs) *uint64 { return &r.R10 }},
	{"r9", func(r *recording.Regs) *uint64 { return &r.R9 }},
	{"r8", func(r *recording.Regs) *uint64 { return &r.R8 }},
	{"rax", func(r *recording.Regs) *uint64 { return &r.Rax }},
	{"rcx", func(r *recording.Regs) *uint64 { return &r.Rcx }},
	{"rdx", func(r *recording.Regs) *uint64 { return &r.Rdx }},
	{"rsi", func(r *recording.Regs) *uint64 { return &r.Rsi }},
	{"rdi", func(r *recording.Regs) *uint64 { return &r.Rdi }},
	{"orig_rax", func(r *recording.Regs) *uint64 { return &r.Orig_rax }},
	{"rip", func(r *recording.Regs) *uint64 { return &r.Rip }},
	{"cs", func(r *recording.Regs) *uint64 { return &r.Cs }},
	{"eflags", func(r *recording.Regs) *uint64 { return &r.Eflags }},
	{"rsp", func(r *recording.Regs) *uint64 { return &r.Rsp }},
	{"ss", func(r *recording.Regs) *uint64 { return &r.Ss }},
	{"fs_base", func(r *recording.Regs) *uint64 { return &r.Fs_base }},
	{"gs_base", func(r *recording.Regs) *uint64 { return &r.Gs_base }},
	{"ds", func(r *recording.Regs) *uint64 { return &r.Ds }},
	{"es", func(r *recording.Regs) *uint64 { return &r.Es }},
	{"fs", func(r *recording.Regs) *uint64 { return &r.Fs }},
	{"gs", func(r *recording.Regs) *uint64 { return &r.Gs }},
}

// compareRegs compares the registers with which the program came to an event
// with the recorded ones, but for those in skip; nil where they are equal.
func compareRegs(e *recording.Event, got, want *recording.Regs, skip regMask) *Divergence {
	if *got == *want {
		return nil
	}
	var diffs []RegDiff
	for i := range registers {
		g, w := *registers[i].of(got), *registers[i].of(want)
		if g != w && skip>>i&1 == 0 {
			diffs = append(diffs, RegDiff{registers[i].name, g, w})
		}
	}
	if diffs == nil {
		return nil
	}
	return &Divergence{Kind: RegistersDiffer, EventIndex: e.Index, EventKind: e.Kind, PC: got.Rip, Differences: diffs,
		Stop: "the registers are not the recorded ones"}
}
