package recording

import "hindsight/internal/ptrace"

// Addr is an address in the recorded program.
type Addr uint64

// Regs are a thread's general registers.
type Regs = ptrace.Regs

// Kind tells the kinds of events apart. Values are part of the file format.
type Kind uint8

const (
	// KindStart is the first event: the state right after exec. After,
	// XSave, Maps and Memory describe it whole; Brk is the program break.
	KindStart Kind = iota + 1
	// KindSyscall is a system call: Regs at its entry stop, After the
	// registers with which the thread goes on. exit and exit_group have no
	// After (it is zero). What a thread's exit has in Memory the kernel stored as
	// the thread ended, for those that go on.
	KindSyscall
	// KindTSC is a trapped rdtsc or rdtscp: Regs at the instruction, After
	// behind it.
	KindTSC
	// KindXSave is an XSAVE or XSAVEC whose result depends on state that the
	// program cannot see (XINUSE) and which the recorder therefore performed
	// itself, see Patch. Regs at the instruction, After behind it, Memory what
	// it stored.
	KindXSave
	// KindSignal is a signal delivered to a handler or, where Signal.Fatal,
	// one that ended the program. Regs are the interrupted registers, After
	// those at the handler's first instruction.
	KindSignal
	// KindCheckpoint holds hashes of all writable memory, to be compared at
	// this very place (Regs: the registers at it). It always directly follows
	// a KindSyscall (state after its effects) or directly precedes the last
	// exit, exit_group or fatal signal.
	KindCheckpoint
	// KindExit is the last event of a complete recording.
	KindExit
	// KindThread is the first event of a thread but the first: After and XSave
	// are the state in which it begins, Memory what the kernel stored for it, and
	// Born where it comes from. It follows the clone that made it, not always
	// directly.
	KindThread
	// KindWait is a system call in which the thread was left waiting while
	// others ran: Regs at its entry, Memory what the kernel had stored by then. The
	// thread's next event is the KindSyscall that ends the call, with the same Regs:
	// the thread executes nothing between the two.
	KindWait
	// KindPreempt is a place in user code at which a thread was interrupted: Regs
	// and After are the registers there, XSave the extended state, Hashes those of
	// all writable memory (as in a checkpoint), Input the contents of some pages that
	// change often. The thread executes, from its event before, up to the first
	// instruction at which all of this is equal.
	KindPreempt

	lastKind = KindPreempt
)

// Event is one recorded input of the program. Slices that a reader returned
// are valid until its next call.
//
// One thread runs at a time, and another only between two events: from an event
// of one thread to the next one's of another, that other runs, with the registers
// that its last event left.
type Event struct {
	Kind  Kind
	Index uint64 // position in the recording, from 0
	// Thread is the thread whose event it is: its number, from 1 in order of their
	// KindThread. A checkpoint belongs to that of the event before, KindExit to none
	// (it has the last one's). 0 stands for 1 in what a Writer is given.
	Thread uint32
	// Regs are the registers just before the event, as ptrace shows them
	// there. At a system-call entry: Orig_rax is the number, Rax is -ENOSYS,
	// Rip is behind the instruction, Rcx equals Rip and R11 equals Eflags.
	Regs Regs
	// After are the registers with which the thread goes on, Orig_rax as the
	// recorder saw it (replay sets it to -1 before resuming). A call that is to
	// be restarted has Rip on the syscall instruction again and Rax the number
	// to restart with.
	After Regs
	// XSave is the extended state after the event in the standard XSAVE
	// format, only where the event changed it (start, signal, rt_sigreturn).
	XSave []byte
	// Memory is what the kernel wrote into the program's memory, in order.
	// Applied after Maps.
	Memory []MemoryWrite
	// Input is what the kernel read from the program's memory at the entry of
	// a system call, as far as it is needed to show the arguments: paths,
	// structures, the start of buffers, and all that was written to
	// descriptors 1 and 2. Replay does not use it.
	Input []MemoryWrite
	// Maps are the changes to the address space, in order. Applied first.
	Maps []MapChange
	// StartNS is the wall-clock time since the recording began, DurationNS
	// how long the call took. Nanoseconds.
	StartNS, DurationNS uint64
	Brk                 Addr         // KindStart: the initial program break
	Signal              *Signal      // KindSignal
	Hashes              []MemoryHash // KindCheckpoint
	Exit                *Exit        // KindExit
	Born                *Born        // KindThread
}

// Born tells where a thread comes from.
type Born struct {
	Parent uint32 // the thread that made it
	TID    int    // what the kernel called it
}

// MemoryWrite is a run of bytes that the kernel stored.
type MemoryWrite struct {
	Addr Addr
	Data []byte
}

// MapOp is a change of the address space. Values are part of the file format.
type MapOp uint8

const (
	// MapAdd maps [Addr, Addr+Length) anew, replacing what was there: Prot and
	// Flags as mmap took them, contents from Object (see there) or zero.
	MapAdd MapOp = iota + 1
	// MapRemove unmaps the range.
	MapRemove
	// MapProtect sets Prot on the range. Prot 0 on a mapped file's last pages
	// stands for pages behind the end of the file: where the program touched
	// one, a SIGBUS is recorded and an engine sees SIGSEGV.
	MapProtect
	// MapMove is mremap: [From, From+FromLength) becomes [Addr, Addr+Length).
	MapMove
	// MapDiscard zeroes private anonymous memory of the range, and restores
	// the mapped contents of file pages (MADV_DONTNEED).
	MapDiscard
	// MapStack is the initial stack: MapAdd, with room to grow down to
	// Addr, which is the lowest address that the resource limit allows
	// (Length covers all of it).
	MapStack
)

// MapChange is one change of the address space. Ranges are page-aligned.
type MapChange struct {
	Op         MapOp
	Addr       Addr
	Length     uint64
	From       Addr
	FromLength uint64
	Prot       uint32 // PROT_*
	Flags      uint32 // MAP_* as given by the program; 0 for the initial maps
	// Path is the mapped file's absolute path, "" for anonymous memory.
	Path string
	// FileOffset is the offset in the mapped file.
	FileOffset uint64
	// Object names the stored file contents ("" for none): the page at
	// Addr+i holds the object's bytes from FileOffset+i, zero behind its end.
	Object string
	// Patches are code bytes that the recorder replaced after mapping, so
	// that an instruction traps: see KindXSave. Native replay applies the same;
	// the translator and the step engine know the original bytes from Object.
	Patches []Patch
}

// Patch is an instruction whose first byte the recorder replaced by int3.
type Patch struct {
	Addr     Addr
	Original []byte // the whole original instruction
}

// Signal describes a delivered signal.
type Signal struct {
	Number  int
	Code    int32 // si_code
	Fault   Addr  // si_addr, where the kernel gave one
	Handler Addr  // the handler's entry, 0 where Fatal
	Fatal   bool  // the default action ended the program
	// Sync is true where the instruction at Regs.Rip itself caused the signal
	// (it did not retire). Otherwise the signal was delivered right at the event
	// before (a system call or another signal), whose After equals Regs but for
	// Orig_rax. Only a fatal one may have come in the midst of user code, which
	// different Regs show: then that event before is the last place that replay
	// can find, and no checkpoint stands between.
	Sync bool
	Info []byte // the kernel's siginfo_t
}

// MemoryHash is HashMemory of the bytes of [Addr, Addr+Length).
type MemoryHash struct {
	Addr   Addr
	Length uint64
	Hash   uint64
}

// Exit tells how the program ended.
type Exit struct {
	Code   int // exit status, meaningful where Signal is 0
	Signal int
}
