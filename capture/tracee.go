package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// tracee is the stopped program. It implements abi.MemoryReader.
type tracee struct {
	pid int
	mem *os.File // /proc/PID/mem, which ignores page protections
}

// ReadMemory reads what the program itself could read.
func (t *tracee) ReadMemory(addr uint64, b []byte) int {
	n, err := ptrace.ReadMemory(t.pid, addr, b)
	if err != nil {
		return 0
	}
	return n
}

// peek reads memory whatever its protection and returns how much it could.
func (t *tracee) peek(addr uint64, b []byte) int {
	if n := t.ReadMemory(addr, b); n == len(b) {
		return n
	}
	n, err := t.mem.ReadAt(b, int64(addr))
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, unix.EIO) {
		return 0
	}
	return n
}

// poke writes memory whatever its protection.
func (t *tracee) poke(addr uint64, b []byte) error {
	if _, err := t.mem.WriteAt(b, int64(addr)); err != nil {
		return fmt.Errorf("write the program's memory at %#x: %w", addr, err)
	}
	return nil
}

func (t *tracee) word(addr uint64) uint64 {
	var b [8]byte
	t.peek(addr, b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// inject makes the program, stopped outside a system call, perform one, and
// puts everything back. The result is the kernel's: -4095 to -1 are errors.
func (t *tracee) inject(nr uint64, args ...uint64) (int64, error) {
	var saved, regs ptrace.Regs
	if err := ptrace.GetRegs(t.pid, &saved); err != nil {
		return 0, err
	}
	var code [3]byte
	if t.peek(saved.Rip, code[:]) != len(code) {
		return 0, fmt.Errorf("read the code at %#x", saved.Rip)
	}
	if err := t.poke(saved.Rip, []byte{0x0f, 0x05, 0xcc}); err != nil { // syscall; int3
		return 0, err
	}
	regs = saved
	regs.Rax, regs.Orig_rax = nr, ^uint64(0)
	for i, p := range []*uint64{&regs.Rdi, &regs.Rsi, &regs.Rdx, &regs.R10, &regs.R8, &regs.R9} {
		if i < len(args) {
			*p = args[i]
		}
	}
	result, err := t.runInjected(&regs)
	return result, errors.Join(err, t.poke(saved.Rip, code[:]), ptrace.SetRegs(t.pid, &saved))
}

func (t *tracee) runInjected(regs *ptrace.Regs) (int64, error) {
	if err := ptrace.SetRegs(t.pid, regs); err != nil {
		return 0, err
	}
	if err := ptrace.Resume(t.pid, 0); err != nil {
		return 0, err
	}
	st, err := ptrace.WaitBusy(t.pid)
	if err != nil {
		return 0, err
	}
	if !st.Stopped() || st.StopSignal() != unix.SIGTRAP {
		return 0, fmt.Errorf("the program did not stop behind a system call of the recorder (status %#x)", uint32(st.WaitStatus))
	}
	err = ptrace.GetRegs(t.pid, regs)
	return int64(regs.Rax), err
}

// collector gathers memory of the program for an event. What it returns is
// valid until reset.
type collector struct{ arena []byte }

func (c *collector) reset() { c.arena = c.arena[:0] }

// read appends to list what can be read of [addr, addr+n).
func (c *collector) read(t *tracee, list []recording.MemoryWrite, addr, n uint64) []recording.MemoryWrite {
	const step = 1 << 20 // n may be far more than there is
	start := len(c.arena)
	for done := uint64(0); done < n; {
		k := int(min(n-done, step))
		at := len(c.arena)
		c.arena = grow(c.arena, k)
		got := t.ReadMemory(addr+done, c.arena[at:])
		c.arena = c.arena[:at+got]
		done += uint64(got)
		if got < k {
			break
		}
	}
	if len(c.arena) == start {
		return list
	}
	return append(list, recording.MemoryWrite{Addr: recording.Addr(addr), Data: c.arena[start:len(c.arena):len(c.arena)]})
}

// grow lengthens b by n bytes of any value.
func grow(b []byte, n int) []byte {
	if cap(b)-len(b) < n {
		b = append(make([]byte, 0, 2*cap(b)+n), b...)
	}
	return b[:len(b)+n]
}
