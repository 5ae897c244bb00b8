package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
)

// start prepares the program at its exec stop and records the state in
// which it begins.
func (r *recorder) start(opt *Options) error {
	e := recording.Event{Kind: recording.KindStart}
	if err := ptrace.GetRegs(r.pid, &e.After); err != nil {
		return err
	}
	if err := r.inherit(opt, e.After.Rsp); err != nil {
		return err
	}
	if err := r.hideVDSO(e.After.Rsp); err != nil {
		return err
	}
	const trap = unix.PR_TSC_SIGSEGV
	if res, err := r.inject(unix.SYS_PRCTL, unix.PR_SET_TSC, trap); err != nil || res != 0 {
		return fmt.Errorf("make the time-stamp counter trap (result %d): %w", res, errOr(err, "the kernel refuses PR_SET_TSC: see \"hindsight doctor\""))
	}
	brk, err := r.inject(unix.SYS_BRK, 0)
	if err != nil {
		return err
	}
	r.brk = uint64(brk)
	e.Brk = recording.Addr(brk)
	r.xsave = make([]byte, 64<<10)
	n, err := ptrace.GetXSave(r.pid, r.xsave)
	if err != nil {
		return err
	}
	r.xsave = r.xsave[:n]
	e.XSave = r.xsave
	r.meta.XSaveSize = n
	r.patches = map[uint64]saveInstruction{}
	if err := r.pages.open(r.pid); err != nil {
		return err
	}
	if err := r.initialMaps(&e); err != nil {
		return err
	}
	r.checkpoints.begin()
	if err := r.w.UpdateMeta(r.meta); err != nil {
		return err
	}
	r.last = e.After
	if err := r.append(&e); err != nil {
		return err
	}
	// However early the recorder is killed, there is a program to replay.
	return r.w.Flush()
}

func errOr(err error, text string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s", text)
}

// hideVDSO removes the kernel's code page, so that the program asks for the
// time by system calls: its entry in the auxiliary vector and its mappings.
func (r *recorder) hideVDSO(sp uint64) error {
	at := sp + 8*(r.word(sp)+2) // argc, argv and its NULL
	for r.word(at) != 0 {       // environment
		at += 8
	}
	const (
		atIgnore      = 1
		atSysinfoEHDR = 33
	)
	for at += 8; r.word(at) != 0; at += 16 {
		if r.word(at) == atSysinfoEHDR {
			if err := r.poke(at, binary.LittleEndian.AppendUint64(nil, atIgnore)); err != nil {
				return err
			}
		}
	}
	maps, err := r.maps()
	if err != nil {
		return err
	}
	for _, m := range maps {
		if m.name != "[vdso]" && !strings.HasPrefix(m.name, "[vvar") {
			continue
		}
		if res, err := r.inject(unix.SYS_MUNMAP, m.start, m.end-m.start); err != nil || res != 0 {
			return fmt.Errorf("unmap %s (result %d): %w", m.name, res, errOr(err, "the kernel refuses"))
		}
	}
	return nil
}

// initialMaps records what exec has mapped.
func (r *recorder) initialMaps(e *recording.Event) error {
	maps, err := r.maps()
	if err != nil {
		return err
	}
	end := uint64(0)
	for _, m := range maps {
		switch {
		case m.name == "[vsyscall]":
		case m.name == "[stack]":
			e.Maps = append(e.Maps, r.initialStack(m, end))
			e.Memory = r.nonZero(e.Memory, m)
		case m.inode != 0:
			c, written, err := r.initialFile(m)
			if err != nil {
				return err
			}
			e.Maps = append(e.Maps, c)
			e.Memory = append(e.Memory, written...)
		default:
			e.Maps = append(e.Maps, recording.MapChange{
				Op: recording.MapAdd, Addr: recording.Addr(m.start), Length: m.end - m.start, Prot: m.prot,
			})
			e.Memory = r.nonZero(e.Memory, m)
		}
		end = m.end
	}
	return nil
}

// initialStack describes the stack with all the room that it can grow into.
func (r *recorder) initialStack(m procMap, below uint64) recording.MapChange {
	var limit unix.Rlimit
	if unix.Prlimit(r.pid, unix.RLIMIT_STACK, nil, &limit) != nil {
		limit.Cur = math.MaxUint64
	}
	r.stackLow = stackEnd(m, below, limit.Cur)
	return recording.MapChange{Op: recording.MapStack, Addr: recording.Addr(r.stackLow), Length: m.end - r.stackLow, Prot: m.prot}
}

// stackEnd is the lowest address that the kernel lets the stack m grow to: by
// the resource limit, and with a guard gap above the mapping below. What the
// stack has reached already it keeps.
func stackEnd(m procMap, below, limit uint64) uint64 {
	const (
		most  = 1 << 30 // of an unlimited stack
		guard = 256 * pageSize
	)
	low := pageUp(m.end - min(limit, most, m.end-below))
	return min(max(low, below+guard), m.start)
}

// nonZero appends the pages of m, which is anonymous, that hold anything.
func (r *recorder) nonZero(list []recording.MemoryWrite, m procMap) []recording.MemoryWrite {
	for at := m.start; at < m.end; at += mostRead {
		mem := r.pages.read(&r.tracee, at, r.pages.used(at, min(at+mostRead, m.end)))
		list = appendDifferent(list, at, mem, nil)
	}
	return list
}

// appendDifferent appends copies of those pages of mem, which lies at addr,
// that differ from the file contents they were mapped from (zero behind its
// end).
func appendDifferent(list []recording.MemoryWrite, addr uint64, mem, file []byte) []recording.MemoryWrite {
	var page, zero [pageSize]byte
	for i := 0; i < len(mem); i += pageSize {
		page = zero
		if i < len(file) {
			copy(page[:], file[i:])
		}
		part := mem[i:min(i+pageSize, len(mem))]
		if bytes.Equal(part, page[:len(part)]) {
			continue
		}
		at := recording.Addr(addr) + recording.Addr(i)
		if n := len(list); n > 0 && list[n-1].Addr+recording.Addr(len(list[n-1].Data)) == at {
			list[n-1].Data = append(list[n-1].Data, part...)
			continue
		}
		list = append(list, recording.MemoryWrite{Addr: at, Data: bytes.Clone(part)})
	}
	return list
}

// initialFile describes a file that exec has mapped, and what the kernel
// changed in it (it clears the end of the data segment's last page).
func (r *recorder) initialFile(m procMap) (recording.MapChange, []recording.MemoryWrite, error) {
	c := recording.MapChange{
		Op: recording.MapAdd, Addr: recording.Addr(m.start), Length: m.end - m.start,
		Prot: m.prot, Path: m.name, FileOffset: m.offset,
	}
	f, st, err := r.openMapped(m)
	if err != nil {
		return c, nil, fmt.Errorf("open %s, which the program maps: %w", m.name, err)
	}
	defer func() { _ = f.Close() }() // only read from
	stored, err := r.store(f, &st)
	if err != nil {
		return c, nil, err
	}
	c.Object = stored.object
	r.special.add(region{start: m.start, end: m.end, file: stored.fileKey, offset: m.offset, size: stored.size})
	c.Patches, err = r.patch(&stored, &c)
	if err != nil || m.prot&unix.PROT_WRITE == 0 {
		return c, nil, err
	}
	mem, file := make([]byte, c.Length), make([]byte, c.Length)
	n, _ := f.ReadAt(file, int64(m.offset)) // short at the end of the file
	mem = mem[:r.peek(m.start, mem)]
	return c, appendDifferent(nil, m.start, mem, file[:n]), nil
}

// openMapped opens the file behind an initial mapping: the program or its
// loader.
func (r *recorder) openMapped(m procMap) (f *os.File, st unix.Stat_t, err error) {
	var first error
	for _, name := range []string{m.name, fmt.Sprintf("/proc/%d/exe", r.pid)} {
		f, err := os.Open(name)
		if err == nil {
			if err = unix.Fstat(int(f.Fd()), &st); err == nil && st.Ino == m.inode {
				return f, st, nil
			}
			_ = f.Close() // only opened to look at
		}
		if first == nil && err != nil {
			first = err
		}
	}
	return nil, st, errOr(first, "it was replaced meanwhile")
}
