package replay

import "hindsight/internal/recording"

// Batch is a span of the program's history, in order. An engine hands batches
// to a Consumer; everything in them is valid until Consume returns.
//
// The Write columns hold the memory writes of instructions (not the kernel's:
// those are in the Events of Syscall and Signal controls), one element a write,
// in order of T. Controls are what happens between them: control c happens
// after writes [0, c.Write) of the batch and before the rest.
type Batch struct {
	T     []uint64 // instruction count of the writing instruction
	PC    []uint64 // its address
	Addr  []uint64 // first byte written
	Size  []uint32 // bytes written; a REP instruction is one write
	Value []uint64 // the first 8 bytes, little endian, zero-extended where Size < 8
	// Wide is, for a write of more than 8 bytes, the offset in Data of its
	// bytes; meaningless for others.
	Wide []uint32
	Data []byte

	Controls []Control
}

// ControlKind tells controls apart.
type ControlKind uint8

const (
	// Call is a call instruction. Regs are rdi, rsi, rdx, rcx, r8 and r9; SP is
	// rsp before it (the callee's CFA); Target is the callee's first
	// instruction; Next the return address. Its push of the return address is the
	// last write before it.
	Call ControlKind = iota + 1
	// Return is a ret. Regs[0] is rax; SP is rsp before it (so the return
	// address was read from there); Target is where it went.
	Return
	// Jump is a jump that may leave its function: any indirect jump, and a
	// direct one (taken) whose target Options.FunctionEntry knows. SP is rsp.
	// Regs are those of a Call where Arguments is set: of a direct jump, and of
	// one through a pointer at a fixed address.
	Jump
	// Syscall is a syscall instruction, Event its recorded event.
	Syscall
	// Signal is a delivered signal, Event its recorded event. T counts the
	// instructions retired before it: nothing retires with it.
	Signal
	// Input is another recorded event: rdtsc or a recorder-performed XSAVE
	// (whose stores are in Event.Memory).
	Input
	// Wait is a syscall instruction in which its thread was left waiting. Event is
	// the KindWait. The Syscall control that ends the call comes later, when that
	// thread's turn comes again: no instruction retires with it, its T counts those
	// before it, and its PC is again that of the instruction.
	Wait
	// Begin is a thread's first control: Event is its KindThread, PC where it
	// begins. T counts the instructions retired before it.
	Begin
	// Switch tells that what follows is Thread's, until the next Switch. It has no
	// event and no PC. A history begins with thread 1.
	Switch
)

// Control is a step in the flow of the program.
type Control struct {
	Kind ControlKind
	// Arguments: Regs are the registers that pass arguments.
	Arguments bool
	Write     int    // number of the batch's writes that precede it
	T         uint64 // instruction count of the instruction
	PC        uint64
	Target    uint64
	Next      uint64
	SP        uint64
	Regs      [6]uint64
	Event     *recording.Event
	Thread    uint32 // of a Switch: which thread runs from here on
}

// eventPC is the PC of the control of an event.
func eventPC(e *recording.Event) uint64 {
	switch e.Kind {
	case recording.KindSyscall, recording.KindWait:
		const syscallSize = 2
		return e.Regs.Rip - syscallSize
	case recording.KindThread:
		return e.After.Rip
	}
	return e.Regs.Rip
}

// Consumer takes a program's history: all threads' in one order, in which one of
// them runs at a time (see Switch).
type Consumer interface {
	// Consume takes the next batch. It runs on one goroutine of its own,
	// concurrently with the program's replay. An error ends the replay.
	Consume(b *Batch) error
}

// Block is a basic block that was executed: a longest run of consecutive
// instructions that was only ever entered at its first.
type Block struct {
	PC           uint64
	Size         uint32 // bytes
	Instructions uint32
	Executions   uint64
	FirstT       uint64 // T of its first instruction, first execution
	LastT        uint64 // the same, last execution
}
