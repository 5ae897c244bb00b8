package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// How the tests' recorder sees the program's memory, and the CPU.

// machine notes what the program may ask the CPU, by executing cpuid in it.
func (s *snapshotter) machine(meta *recording.Meta) error {
	xsave, err := s.xsave()
	if err != nil {
		return err
	}
	meta.XSaveSize, meta.XCR0 = len(xsave), le64(xsave[xcr0InXSave:])
	var saved recording.Regs
	if err := ptrace.GetRegs(s.pid, &saved); err != nil {
		return err
	}
	mem, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", s.pid), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer mem.Close()
	h := &host{pid: s.pid, mem: mem, template: saved, gadget: saved.Rip - imageCPUIDOffset, ctx: context.Background()}
	var old [3]byte
	h.read(saved.Rip, old[:])
	if err := h.write(saved.Rip, []byte{0x0f, 0xa2, 0xcc}); err != nil {
		return err
	}
	for _, first := range []uint32{0, 0x80000000} {
		last, _, _, _, err := h.cpuid(first, 0)
		for leaf := first; leaf <= last && err == nil; leaf++ {
			for sub := uint32(0); sub < 32 && (sub == 0 || recording.HasSubleaves(leaf)) && err == nil; sub++ {
				c := recording.CPUID{Leaf: leaf, Subleaf: sub}
				c.EAX, c.EBX, c.ECX, c.EDX, err = h.cpuid(leaf, sub)
				meta.CPUID = append(meta.CPUID, c)
			}
		}
		if err != nil {
			return err
		}
	}
	h.gadget = saved.Rip - imageCodeOffset
	if err := h.write(saved.Rip, []byte{0x0f, 0x05, 0xcc}); err != nil {
		return err
	}
	if _, err := h.syscall(unix.SYS_PRCTL, unix.PR_SET_TSC, unix.PR_TSC_SIGSEGV); err != nil {
		return err
	}
	return errors.Join(h.write(saved.Rip, old[:]), ptrace.SetRegs(s.pid, &saved))
}

func (s *snapshotter) readMaps() error {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", s.pid))
	if err != nil {
		return err
	}
	s.maps = s.maps[:0]
	for line := range strings.Lines(string(b)) {
		var m testMap
		var perm, dev string
		var inode uint64
		_, _ = fmt.Sscanf(line, "%x-%x %s %x %s %d %s", &m.lo, &m.hi, &perm, &m.offset, &dev, &inode, &m.path)
		for i, c := range "rwx" {
			if perm[i] == byte(c) {
				m.prot |= 1 << i
			}
		}
		switch m.path {
		case "[vvar]", "[vdso]", "[vvar_vclock]", "[vsyscall]":
			continue
		case "[stack]":
			s.stackTop = m.hi
		}
		s.maps = append(s.maps, m)
	}
	return nil
}

// changes compares writable memory with its last snapshot, and takes a new one.
func (s *snapshotter) changes() (writes []recording.MemoryWrite) {
	now := map[uint64][]byte{}
	for _, m := range s.maps {
		if m.prot&unix.PROT_WRITE == 0 {
			continue
		}
		for lo := m.lo; lo < m.hi; lo += pageSize {
			page := make([]byte, pageSize)
			if n, _ := ptrace.ReadMemory(s.pid, lo, page); n == 0 {
				continue
			}
			now[lo] = page
			old := s.memory[lo]
			if old == nil {
				old = make([]byte, pageSize)
			}
			writes = append(writes, difference(lo, old, page)...)
		}
	}
	s.memory = now
	return writes
}

// fresh is what changed mappings hold that cannot be written, so that no snapshot
// has it.
func (s *snapshotter) fresh(changes []recording.MapChange) (writes []recording.MemoryWrite) {
	for _, m := range changes {
		if m.Op != recording.MapRemove && m.Prot&unix.PROT_WRITE == 0 {
			data := make([]byte, min(m.Length, 1<<20))
			if n, _ := ptrace.ReadMemory(s.pid, uint64(m.Addr), data); n > 0 {
				writes = append(writes, recording.MemoryWrite{Addr: m.Addr, Data: data[:n]})
			}
		}
	}
	return writes
}

func difference(addr uint64, old, now []byte) (writes []recording.MemoryWrite) {
	for i := 0; i < len(now); i++ {
		if old[i] == now[i] {
			continue
		}
		j := i
		for j < len(now) && old[j] != now[j] {
			j++
		}
		writes = append(writes, recording.MemoryWrite{Addr: recording.Addr(addr) + recording.Addr(i), Data: now[i:j]})
		i = j
	}
	return writes
}

// mapChanges compares the present map with one of before, piece by piece.
func (s *snapshotter) mapChanges(before []testMap) (changes []recording.MapChange) {
	var edges []uint64
	for _, m := range append(slices.Clone(before), s.maps...) {
		edges = append(edges, m.lo, m.hi)
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	find := func(maps []testMap, addr uint64) *testMap {
		i := slices.IndexFunc(maps, func(m testMap) bool { return m.lo <= addr && addr < m.hi })
		if i < 0 {
			return nil
		}
		return &maps[i]
	}
	for i := 1; i < len(edges); i++ {
		lo, hi := edges[i-1], edges[i]
		old, now := find(before, lo), find(s.maps, lo)
		if s.stackTop-testStack <= lo && lo < s.stackTop {
			continue // it grows by itself
		}
		c := recording.MapChange{Addr: recording.Addr(lo), Length: hi - lo}
		switch {
		case now == nil && old == nil || now != nil && old != nil && old.prot == now.prot:
			continue
		case now == nil:
			c.Op = recording.MapRemove
		case old == nil:
			c.Op, c.Prot = recording.MapAdd, now.prot
		default:
			c.Op, c.Prot = recording.MapProtect, now.prot
		}
		changes = append(changes, c)
	}
	return changes
}
