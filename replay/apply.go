package replay

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// apply performs an event's effects on memory: first its changes of the address
// space, then what the kernel wrote. Registers are the engine's.
func (h *host) apply(e *recording.Event) error {
	for i := range e.Maps {
		if m := &e.Maps[i]; h.onMove != nil && m.Op == recording.MapMove && m.From != m.Addr {
			h.onMove(e, m, h.read)
		}
		if err := h.applyMap(&e.Maps[i]); err != nil {
			return err
		}
	}
	h.parts = h.parts[:0]
	for i := range e.Memory {
		w := &e.Memory[i]
		lo, hi := uint64(w.Addr), uint64(w.Addr)+uint64(len(w.Data))
		if lo >= vsyscallStart {
			continue
		}
		h.codeChanges(lo, hi)
		if h.places.own.intersects(lo, hi) {
			return fmt.Errorf("the recording is damaged: event %d writes to %#x, where the program had no memory", e.Index, lo)
		}
		h.parts = append(h.parts, ptrace.Part{Addr: lo, Data: w.Data})
	}
	if err := h.writeParts(h.parts); err != nil {
		return fmt.Errorf("effects of event %d (%v): %w", e.Index, e.Kind, err)
	}
	return nil
}

// codeChanges tells the engine where [lo, hi) holds code.
func (h *host) codeChanges(lo, hi uint64) {
	if h.onCodeChange != nil && h.code.intersects(lo, hi) {
		h.onCodeChange(lo, hi)
	}
}

// prot is the protection that the host's pages get.
func (h *host) prot(recorded uint32) uint64 {
	p := uint64(recorded & (unix.PROT_READ | unix.PROT_WRITE | unix.PROT_EXEC))
	if h.opt.StripExec && p&unix.PROT_EXEC != 0 {
		p = p&^unix.PROT_EXEC | unix.PROT_READ // executable pages are readable too
	}
	return p
}

func (h *host) applyMap(m *recording.MapChange) error {
	lo, hi := uint64(m.Addr), uint64(m.Addr)+m.Length
	if lo >= vsyscallStart {
		return nil
	}
	h.codeChanges(lo, hi)
	var err error
	switch m.Op {
	case recording.MapAdd, recording.MapStack:
		err = h.mapAdd(m)
	case recording.MapRemove:
		err = h.clipped(lo, hi, unix.SYS_MUNMAP)
	case recording.MapProtect:
		err = h.clipped(lo, hi, unix.SYS_MPROTECT, h.prot(m.Prot))
	case recording.MapDiscard:
		err = h.clipped(lo, hi, unix.SYS_MADVISE, unix.MADV_DONTNEED)
	case recording.MapMove:
		err = h.mapMove(m)
	default:
		err = errors.New("this build does not know the operation")
	}
	if err != nil {
		return explainMap(m, err)
	}
	h.trackCode(m)
	if m.Op == recording.MapProtect || m.Op == recording.MapMove {
		// What could not be executed before can be now, with an instruction that
		// begins in front of it.
		h.codeChanges(max(lo, 1)-1, hi)
	}
	return nil
}

// trackCode keeps h.code after a change.
func (h *host) trackCode(m *recording.MapChange) {
	lo, hi := uint64(m.Addr), uint64(m.Addr)+m.Length
	executable := m.Prot&unix.PROT_EXEC != 0
	switch m.Op {
	case recording.MapDiscard:
		return
	case recording.MapMove:
		from := uint64(m.From)
		executable = h.code.intersects(from, from+m.FromLength)
		h.code.remove(from, from+m.FromLength)
	case recording.MapRemove:
		executable = false
	}
	if executable {
		h.code.add(lo, hi)
	} else {
		h.code.remove(lo, hi)
	}
}

// clipped performs a system call (address, length, args …) on the parts of
// [lo, hi) that the program ever uses: the rest may be the engine's.
func (h *host) clipped(lo, hi, nr uint64, args ...uint64) error {
	var few [4]span
	for _, s := range h.places.used.clip(few[:0], lo, hi) {
		if _, err := h.syscall(nr, append([]uint64{s.lo, s.hi - s.lo}, args...)...); err != nil {
			return err
		}
	}
	return nil
}

// mapAdd maps anew. The part of a file's mapping that lies behind the stored
// contents is anonymous, so zero.
func (h *host) mapAdd(m *recording.MapChange) error {
	lo, hi := uint64(m.Addr), uint64(m.Addr)+m.Length
	flags := uint64(unix.MAP_PRIVATE | unix.MAP_FIXED | unix.MAP_NORESERVE)
	anonymous := flags | unix.MAP_ANONYMOUS | uint64(m.Flags)&unix.MAP_GROWSDOWN
	fd, object, contents, err := h.objects.find(m)
	if err != nil {
		return err
	}
	contents = min(contents, m.Length)
	if contents < m.Length {
		var few [4]span
		for _, s := range h.places.used.clip(few[:0], lo+contents, hi) {
			if _, err := h.syscall(unix.SYS_MMAP, s.lo, s.hi-s.lo, h.prot(m.Prot), anonymous, ^uint64(0), 0); err != nil {
				return err
			}
		}
	}
	if contents > 0 {
		if _, err := h.syscall(unix.SYS_MMAP, lo, contents, h.prot(m.Prot), flags, uint64(fd), object); err != nil {
			return err
		}
	}
	if h.opt.Patches {
		for _, p := range m.Patches {
			if err := h.write(uint64(p.Addr), []byte{0xcc}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *host) mapMove(m *recording.MapChange) error {
	from := uint64(m.From)
	h.codeChanges(from, from+m.FromLength)
	if m.From == m.Addr {
		_, err := h.syscall(unix.SYS_MREMAP, from, m.FromLength, m.Length, 0)
		return err
	}
	_, err := h.syscall(unix.SYS_MREMAP, from, m.FromLength, m.Length, unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, uint64(m.Addr))
	return err
}

// explainMap says which change the kernel refused, and what helps.
func explainMap(m *recording.MapChange, err error) error {
	names := [...]string{recording.MapAdd: "map", recording.MapRemove: "unmap", recording.MapProtect: "protect",
		recording.MapMove: "move", recording.MapDiscard: "discard", recording.MapStack: "map the stack at"}
	name := fmt.Sprintf("operation %d on", m.Op)
	if int(m.Op) < len(names) && names[m.Op] != "" {
		name = names[m.Op]
	}
	what := fmt.Sprintf("%s [%#x, %#x) %s", name, uint64(m.Addr), uint64(m.Addr)+m.Length, m.Path)
	switch {
	case errors.Is(err, unix.EPERM) && m.Addr < 1<<16:
		return fmt.Errorf("%s: %w: this machine forbids mapping so low; lower vm.mmap_min_addr (sysctl) to replay", what, err)
	case errors.Is(err, unix.ENOMEM):
		return fmt.Errorf("%s: %w: memory, vm.max_map_count or a resource limit (ulimit -v) is too small here", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
