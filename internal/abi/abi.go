// Package abi is the Linux x86-64 kernel interface as data: system calls, what
// each reads and writes of the program's memory, how their arguments are shown,
// error and signal names.
//
// A Syscall is one row of the table (table_*.go): its number, its name and one
// specification per argument. Three things are derived from the row:
//
//   - Call.Enter, at the call's entry, follows the pointers that the arguments
//     hold and notes what the kernel reads (Call.Inputs), what it may write,
//     and whether the recorder must refuse or answer the call itself;
//   - Call.Outputs, at its exit, cuts what it may write down to what it may have
//     written given the result;
//   - Syscall.Format shows the arguments as strace(1) does.
//
// Outputs errs on the long side: reading too much is harmless, a range that is
// missing makes the recording wrong. It does not cover what mmap, brk and their
// like do to the address space (Syscall.Maps marks those), nor what the kernel
// writes outside any call (CLEARTID at a thread's end, robust futexes).
//
// The package performs nothing and touches no process; memory is read through the
// MemoryReader that the caller gives. Sources: the kernel's uapi headers and
// the implementation of the calls where the manual pages (section 2) are silent.
package abi

// MemoryReader reads the program's memory. ReadMemory returns how many bytes it
// could read from addr on; fewer than len(b) is not an error.
type MemoryReader interface {
	ReadMemory(addr uint64, b []byte) int
}

// EntryReader is what a MemoryReader given to Format may offer besides: memory
// as it was at the call's entry, where ReadMemory shows it as it was after.
// Arguments that the kernel both reads and writes are then shown as they were
// passed.
type EntryReader interface {
	ReadEntryMemory(addr uint64, b []byte) int
}

// Range is a span of memory.
type Range struct{ Addr, Length uint64 }
