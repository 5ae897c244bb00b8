package capture

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"hindsight/internal/ptrace"
	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

const maxInstruction = 15 // bytes

// emulateTSC performs the rdtsc or rdtscp at which the program trapped.
func (r *recorder) emulateTSC(regs *ptrace.Regs) (done bool, err error) {
	var code [maxInstruction]byte
	in := x86.Decode(code[:r.peek(regs.Rip, code[:])], regs.Rip)
	if !in.IsTSC() {
		return false, nil
	}
	e := recording.Event{Kind: recording.KindTSC, StartNS: r.now(), Regs: *regs, After: *regs}
	tsc, aux := readTSC()
	e.After.Rip = in.Next()
	if in.Name() == "rdtscp" {
		e.After.Rcx = uint64(aux)
	}
	e.After.Rax, e.After.Rdx = tsc&0xffffffff, tsc>>32
	if err := ptrace.SetRegs(r.pid, &e.After); err != nil {
		return true, err
	}
	r.last = recording.Regs{}
	return true, r.append(&e)
}

// saveInstruction is an xsave or xsavec of the form that the dynamic loader's
// lazy binding uses: to rsp + displacement.
//
// These instructions skip state that the processor knows to be in its initial
// configuration (XINUSE), which depends on when the kernel last switched away
// from the program. The recorder performs them as if all state was in use, which
// the program's xrstor undoes just the same.
type saveInstruction struct {
	code         []byte
	compacted    bool
	displacement int32
}

// parseSave recognizes the instruction at the beginning of code.
func parseSave(code []byte) (s saveInstruction, ok bool) {
	if len(code) < 8 || code[0] != 0x0f || code[1] != 0xae && code[1] != 0xc7 || code[3] != 0x24 {
		return s, false
	}
	s.compacted = code[1] == 0xc7
	switch code[2] { // ModRM: /4 and a SIB byte, with 8 or 32 bits of displacement
	case 0x64:
		s.code, s.displacement = code[:5], int32(int8(code[4]))
	case 0xa4:
		s.code, s.displacement = code[:8], int32(binary.LittleEndian.Uint32(code[4:]))
	default:
		return s, false
	}
	return s, true
}

// loadsMask tells whether the code before a save instruction loads its mask with
// "mov $mask, %eax; xor %edx, %edx", as the dynamic loader does. It tells real
// instructions from bytes that only look so.
func loadsMask(before []byte) bool {
	const near = 128
	before = before[max(0, len(before)-near):]
	i := bytes.LastIndex(before, []byte{0x31, 0xd2})
	return i >= 5 && before[i-5] == 0xb8 && before[i-2] == 0 && before[i-1] == 0
}

// findSaves returns the offsets of the save instructions in code.
func findSaves(code []byte) (offsets []int) {
	for _, pattern := range [][]byte{{0x0f, 0xae, 0x64, 0x24}, {0x0f, 0xc7, 0x64, 0x24}, {0x0f, 0xae, 0xa4, 0x24}, {0x0f, 0xc7, 0xa4, 0x24}} {
		for at := 0; ; at++ {
			i := bytes.Index(code[at:], pattern)
			if i < 0 {
				break
			}
			at += i
			if _, ok := parseSave(code[at:]); ok && loadsMask(code[:at]) {
				offsets = append(offsets, at)
			}
		}
	}
	return offsets
}

// savesIn finds the save instructions of a file, if it is an ELF file.
func savesIn(f *os.File) ([]int64, error) {
	var magic [4]byte
	if n, _ := f.ReadAt(magic[:], 0); n < len(magic) || string(magic[:]) != elf.ELFMAG {
		return nil, nil
	}
	const step, overlap = 256 << 10, 256
	var saves []int64
	buf := make([]byte, step)
	for at := int64(0); ; at += step - overlap {
		n, err := f.ReadAt(buf, at)
		for _, i := range findSaves(buf[:n]) {
			if where := at + int64(i); !slices.Contains(saves, where) {
				saves = append(saves, where)
			}
		}
		if err == io.EOF {
			return saves, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read a mapped file: %w", err)
		}
	}
}

// patch makes the save instructions trap that the mapping c of the file brought
// in.
func (r *recorder) patch(file *storedFile, c *recording.MapChange) ([]recording.Patch, error) {
	if c.Prot&unix.PROT_EXEC == 0 || c.Prot&unix.PROT_WRITE != 0 {
		return nil, nil
	}
	var patches []recording.Patch
	for _, offset := range file.saves {
		i := uint64(offset) - c.FileOffset
		if uint64(offset) < c.FileOffset || i >= c.Length {
			continue
		}
		addr := uint64(c.Addr) + i
		var code [8]byte
		s, ok := parseSave(code[:r.peek(addr, code[:])])
		if !ok {
			continue
		}
		const int3 = 0xcc
		if err := r.poke(addr, []byte{int3}); err != nil {
			return nil, err
		}
		r.patches[addr] = s
		patches = append(patches, recording.Patch{Addr: recording.Addr(addr), Original: s.code})
	}
	return patches, nil
}

// emulateSave performs the save instruction s that the program trapped at.
func (r *recorder) emulateSave(s saveInstruction, regs *ptrace.Regs) error {
	if _, err := ptrace.GetXSave(r.pid, r.xsave); err != nil {
		return err
	}
	regs.Rip-- // int3 traps behind itself
	e := recording.Event{Kind: recording.KindXSave, StartNS: r.now(), Regs: *regs, After: *regs}
	e.After.Rip += uint64(len(s.code))
	to := regs.Rsp + uint64(int64(s.displacement))
	mask := regs.Rdx<<32 | regs.Rax&0xffffffff
	image := saveImage(r.xsave, mask&r.meta.XCR0, s.compacted)
	parts := make([]ptrace.Part, len(image))
	total := 0
	for i, part := range image {
		parts[i] = ptrace.Part{Addr: to + uint64(part.offset), Data: part.data}
		e.Memory = append(e.Memory, recording.MemoryWrite{Addr: recording.Addr(parts[i].Addr), Data: part.data})
		total += len(part.data)
	}
	if n, err := ptrace.WriteParts(r.pid, parts); err != nil || n < total {
		return fmt.Errorf("store the extended state at %#x (%d of %d bytes): %w", to, n, total, errOr(err, "the memory cannot be written"))
	}
	if err := ptrace.SetRegs(r.pid, &e.After); err != nil {
		return err
	}
	r.last = recording.Regs{}
	return r.append(&e)
}
