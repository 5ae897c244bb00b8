package capture

import (
	"fmt"
	"math"

	"golang.org/x/sys/unix"

	"hindsight/internal/abi"
	"hindsight/internal/recording"
)

// Values that golang.org/x/sys lacks.
const (
	madvGuardInstall   = 102
	madvGuardRemove    = 103
	madvDontneedLocked = 24
	protBits           = unix.PROT_READ | unix.PROT_WRITE | unix.PROT_EXEC
)

// vet refuses or answers those uses of the calls that change memory that the
// recording has no words for. Programs have to expect the errors.
func (r *recorder) vet() {
	c := &r.call
	switch a := c.Args; c.Syscall.Number {
	case unix.SYS_MMAP:
		switch {
		case a[3]&unix.MAP_GROWSDOWN != 0:
			c.Refuse = "it maps memory that grows down (MAP_GROWSDOWN)"
		case a[3]&unix.MAP_HUGETLB != 0:
			c.Answer = int(unix.ENOMEM)
		}
	case unix.SYS_MREMAP:
		switch {
		case a[3]&unix.MREMAP_DONTUNMAP != 0:
			c.Answer = int(unix.EINVAL)
		case a[1] == 0:
			c.Refuse = "it maps the same memory twice (an old size of 0)"
		}
	case unix.SYS_MADVISE:
		switch uint32(a[2]) {
		case madvGuardInstall, madvGuardRemove:
			c.Answer = int(unix.EINVAL)
		case unix.MADV_REMOVE:
			c.Refuse = "it punches a hole into shared memory (MADV_REMOVE)"
		}
	case unix.SYS_PKEY_MPROTECT:
		if int32(a[3]) > 0 {
			c.Refuse = "it uses a memory protection key"
		}
	case unix.SYS_REMAP_FILE_PAGES:
		c.Refuse = "it maps file pages out of order"
	}
}

// effects adds to the event what a call that has returned did to the address
// space, beyond what it wrote through its arguments.
func (r *recorder) effects(result int64) error {
	nr, a := r.call.Syscall.Number, &r.call.Args
	if arg, ok := fileWriters[nr]; ok {
		if fd := int(int32(a[arg])); fd > 2 && !abi.Failed(result) {
			return r.fileWritten(fd)
		}
		return nil
	}
	if nr == unix.SYS_SCHED_SETAFFINITY && !abi.Failed(result) {
		return r.pinAll() // the program has to stay with the recorder
	}
	if nr == unix.SYS_SETRLIMIT && a[0] == unix.RLIMIT_STACK || nr == unix.SYS_PRLIMIT64 && a[1] == unix.RLIMIT_STACK && a[2] != 0 {
		return r.limitStack()
	}
	switch nr {
	case unix.SYS_CLONE, unix.SYS_CLONE3:
		return r.cloned(result)
	case unix.SYS_SET_TID_ADDRESS:
		r.clearTID = a[0]
		return nil
	}
	if nr != unix.SYS_BRK && (!r.call.Syscall.Maps || abi.Failed(result)) {
		return nil
	}
	addr, length := a[0], pageUp(a[1])
	switch nr {
	case unix.SYS_MMAP:
		return r.mmap(uint64(result), length)
	case unix.SYS_BRK:
		r.moveBrk(uint64(result))
	case unix.SYS_MUNMAP:
		r.special.remove(addr, addr+length)
		r.change(recording.MapChange{Op: recording.MapRemove, Addr: recording.Addr(addr), Length: length})
	case unix.SYS_MPROTECT, unix.SYS_PKEY_MPROTECT:
		return r.mprotect(addr, length, a[2])
	case unix.SYS_MREMAP:
		return r.mremap(uint64(result))
	case unix.SYS_MADVISE:
		if advice := a[2]; uint32(advice) == unix.MADV_DONTNEED || uint32(advice) == madvDontneedLocked {
			return r.discard(addr, addr+length)
		}
	case unix.SYS_SHMAT:
		return r.shmat(uint64(result))
	case unix.SYS_SHMDT:
		if g, ok := r.special.at(addr); ok {
			r.special.remove(g.start, g.end)
			r.change(recording.MapChange{Op: recording.MapRemove, Addr: recording.Addr(g.start), Length: g.end - g.start})
		}
	}
	return nil
}

// fileWriters are the calls that change a file's contents, with the argument
// that is its descriptor.
var fileWriters = map[uint64]int{
	unix.SYS_WRITE: 0, unix.SYS_PWRITE64: 0, unix.SYS_WRITEV: 0, unix.SYS_PWRITEV: 0, unix.SYS_PWRITEV2: 0,
	unix.SYS_FTRUNCATE: 0, unix.SYS_FALLOCATE: 0, unix.SYS_SENDFILE: 0, unix.SYS_SPLICE: 2, unix.SYS_COPY_FILE_RANGE: 2,
}

// limitStack follows a change of how far the stack can grow.
func (r *recorder) limitStack() error {
	var limit unix.Rlimit
	if err := unix.Prlimit(r.pid, unix.RLIMIT_STACK, nil, &limit); err != nil {
		return fmt.Errorf("prlimit: %w", err)
	}
	maps, err := r.maps()
	if err != nil {
		return err
	}
	below := uint64(0)
	for _, m := range maps {
		if m.name == "[stack]" {
			r.moveStackLow(stackEnd(m, below, limit.Cur), m.prot)
		}
		below = m.end
	}
	return nil
}

func (r *recorder) moveStackLow(low uint64, prot uint32) {
	from := r.stackLow
	r.stackLow = low
	if low > from {
		r.change(recording.MapChange{Op: recording.MapRemove, Addr: recording.Addr(from), Length: low - from})
	} else if low < from {
		r.change(recording.MapChange{Op: recording.MapAdd, Addr: recording.Addr(low), Length: from - low, Prot: prot})
	}
}

func (r *recorder) change(c recording.MapChange) {
	if c.Length > 0 {
		r.event.Maps = append(r.event.Maps, c)
	}
}

func (r *recorder) mmap(addr, length uint64) error {
	a := &r.call.Args
	c := recording.MapChange{
		Op: recording.MapAdd, Addr: recording.Addr(addr), Length: length,
		Prot: uint32(a[2]), Flags: uint32(a[3]),
	}
	r.special.remove(addr, addr+length)
	shared := a[3]&unix.MAP_TYPE != unix.MAP_PRIVATE
	var err error
	switch {
	case a[3]&unix.MAP_ANONYMOUS == 0:
		c.FileOffset = a[5]
		err = r.addFile(&c, int(int32(a[4])), shared)
	case shared:
		r.special.add(region{start: addr, end: addr + length, shared: true, written: true})
	}
	r.change(c)
	r.closeTails(addr, addr+length)
	return err
}

func (r *recorder) moveBrk(brk uint64) {
	from, to := pageUp(r.brk), pageUp(brk)
	r.brk = brk
	switch {
	case to > from:
		r.change(recording.MapChange{
			Op: recording.MapAdd, Addr: recording.Addr(from), Length: to - from,
			Prot: unix.PROT_READ | unix.PROT_WRITE, Flags: unix.MAP_PRIVATE | unix.MAP_ANONYMOUS | unix.MAP_FIXED,
		})
	case to < from:
		r.special.remove(to, from)
		r.change(recording.MapChange{Op: recording.MapRemove, Addr: recording.Addr(to), Length: from - to})
	}
}

func (r *recorder) mprotect(addr, length, prot uint64) error {
	if prot&unix.PROT_GROWSDOWN != 0 {
		if r.stackLow == 0 || addr < r.stackLow {
			return r.refuse(r.callName(), "PROT_GROWSDOWN outside of the stack")
		}
		length += addr - r.stackLow
		addr = r.stackLow
	}
	if prot&unix.PROT_WRITE != 0 {
		for i := range r.special {
			if g := &r.special[i]; g.shared && g.start < addr+length && addr < g.end {
				g.written = true
				if r.special.aliases(*g) {
					return r.refuse(r.callName(), "it makes memory writable that is also mapped elsewhere")
				}
			}
		}
	}
	r.change(recording.MapChange{Op: recording.MapProtect, Addr: recording.Addr(addr), Length: length, Prot: uint32(prot) & protBits})
	r.closeTails(addr, addr+length)
	return nil
}

func (r *recorder) mremap(addr uint64) error {
	a := &r.call.Args
	from, fromLength, length := a[0], pageUp(a[1]), pageUp(a[2])
	moved := r.special.remove(from, from+fromLength)
	r.special.remove(addr, addr+length)
	if len(moved) == 0 {
		r.change(recording.MapChange{
			Op: recording.MapMove, Addr: recording.Addr(addr), Length: length,
			From: recording.Addr(from), FromLength: fromLength,
		})
		return nil
	}
	return r.moveSpecial(moved[0], addr, length)
}

// moveSpecial records that the mapping g, or a part of one, has moved and may
// have grown: as a new mapping with the contents that it has now, since what it
// maps in addition is not in the recording.
func (r *recorder) moveSpecial(g region, addr, length uint64) error {
	r.change(recording.MapChange{Op: recording.MapRemove, Addr: recording.Addr(g.start), Length: g.end - g.start})
	g.start, g.end = addr, addr+length
	r.special.add(g)
	m, err := r.mapAt(addr)
	if err != nil {
		return err
	}
	r.change(recording.MapChange{Op: recording.MapAdd, Addr: recording.Addr(addr), Length: length, Prot: m.prot})
	r.closeTails(addr, addr+length)
	return r.snapshot(addr, g.valid()-addr)
}

// discard records MADV_DONTNEED of [start, end): shared memory keeps its
// contents, file pages are read anew.
func (r *recorder) discard(start, end uint64) error {
	files := r.special.within(start, end)
	at := start
	for _, g := range files {
		if g.shared {
			r.change(recording.MapChange{Op: recording.MapDiscard, Addr: recording.Addr(at), Length: g.start - at})
			at = g.end
			continue
		}
		if err := r.snapshot(g.start, g.end-g.start); err != nil {
			return err
		}
	}
	r.change(recording.MapChange{Op: recording.MapDiscard, Addr: recording.Addr(at), Length: end - at})
	return nil
}

// shmat records an attached segment, which is the size that /proc tells.
func (r *recorder) shmat(addr uint64) error {
	m, err := r.mapAt(addr)
	if err != nil {
		return err
	}
	g := region{start: m.start, end: m.end, shared: true, written: true, file: fileKey{^uint64(0), m.inode}, size: math.MaxInt64}
	if r.special.aliases(g) {
		return r.refuse(r.callName(), "it attaches the same shared memory twice")
	}
	r.special.add(g)
	r.change(recording.MapChange{
		Op: recording.MapAdd, Addr: recording.Addr(m.start), Length: m.end - m.start,
		Prot: m.prot, Flags: unix.MAP_SHARED | unix.MAP_FIXED,
	})
	return r.snapshot(m.start, m.end-m.start)
}
