package abi

import "strings"

// Syscall is one system call as data. Values belong to the table: they are
// shared and not to be changed.
type Syscall struct {
	Number uint64
	Name   string
	// Described is true where every memory effect of the call is known. A call
	// that is not described must not be recorded.
	Described bool
	// Maps is true where the call may change the address space.
	Maps bool
	// Refuse, where not "", says why the call cannot be recorded. Some calls
	// are refused by their arguments only: see Call.Refuse.
	Refuse string
	// Answer, where not 0, is the error number that the recorder gives the
	// program instead of performing the call: see Call.Answer.
	Answer int
	args   []arg
	guard  guard
}

// guard decides by the arguments of a call whether it can be recorded: a reason
// to refuse it, an error number to answer with, or neither.
type guard func(args [6]uint64) (refuse string, answer int)

// Lookup finds the system call with the number nr; false where the kernel
// interface has none (such a call is answered ENOSYS by the kernel).
func Lookup(nr uint64) (*Syscall, bool) {
	if nr >= uint64(len(byNumber)) || byNumber[nr] == nil {
		return nil, false
	}
	return byNumber[nr], true
}

// Name is the name of the system call nr, or "syscall_0x…" as strace has it.
func Name(nr uint64) string {
	if s, ok := Lookup(nr); ok {
		return s.Name
	}
	p := printer{}
	p.text("syscall_")
	p.hex(nr)
	return string(p.b)
}

// unknown is a row for a number that the table does not have.
func unknown(nr uint64) *Syscall {
	return &Syscall{Number: nr, Name: Name(nr), Answer: enosys, args: []arg{hex64, hex64, hex64, hex64, hex64, hex64}}
}

// Arguments are the specifications of the call's arguments, for documentation.
func (s *Syscall) Arguments() string {
	specs := make([]string, len(s.args))
	for i, a := range s.args {
		specs[i] = a.String()
	}
	return strings.Join(specs, ", ")
}

// Treatment says in a few words what a recorder does with the call.
func (s *Syscall) Treatment() string {
	switch {
	case s.Refuse != "":
		return "refused: " + s.Refuse
	case s.Answer != 0:
		return "answered " + Errno(s.Answer)
	case !s.Described:
		return "refused: not described"
	case s.Maps:
		return "recorded, changes the address space"
	case s.guard != nil:
		return "recorded, depending on its arguments"
	}
	return "recorded"
}

// All are the rows of the table in order of number.
func All() []*Syscall {
	all := make([]*Syscall, 0, len(byNumber))
	for _, s := range byNumber {
		if s != nil {
			all = append(all, s)
		}
	}
	return all
}

// byNumber is indexed by system-call number, with nil for the gaps.
var byNumber = func() []*Syscall {
	const last = 471
	t := make([]*Syscall, last+1)
	for _, area := range [][]Syscall{
		fileCalls, pathCalls, descriptorCalls, memoryCalls, signalCalls, socketCalls, pollCalls,
		timeCalls, processCalls, identityCalls, schedulerCalls, ipcCalls, systemCalls, mountCalls,
	} {
		for i := range area {
			s := &area[i]
			if t[s.Number] != nil {
				panic("abi: two rows for system call " + s.Name)
			}
			t[s.Number] = s
		}
	}
	return t
}()

// call is a described row.
func call(nr uint64, name string, args ...arg) Syscall {
	return Syscall{Number: nr, Name: name, Described: true, args: args}
}

// undescribed is a row with specifications for display only.
func undescribed(nr uint64, name string, args ...arg) Syscall {
	return Syscall{Number: nr, Name: name, args: args}
}

// maps marks a row as changing the address space.
func (s Syscall) maps() Syscall { s.Maps = true; return s }

// refused gives a row its reason.
func (s Syscall) refused(why string) Syscall { s.Refuse = why; return s }

// answered gives a row its error number.
func (s Syscall) answered(errno int) Syscall { s.Answer = errno; return s }

// guarded gives a row a decision by arguments.
func (s Syscall) guarded(g guard) Syscall { s.guard = g; return s }
