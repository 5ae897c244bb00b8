package symbols

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
)

// Sources: System V ABI for x86-64, "Procedure Linkage Table"; binutils
// elf_x86_64_get_synthetic_symtab for the names `puts@plt`.

// relocation is what a slot of the global offset table will hold.
type relocation struct {
	name   string // of the symbol
	target uint64 // R_X86_64_IRELATIVE: address of the resolver
}

// slots maps the addresses of GOT entries to what they will hold, and the
// .rela.plt entries by their number (lazy stubs push it).
func (im *image) slots() (byAddr map[uint64]relocation, byIndex []relocation) {
	entries, names, err := im.symbolTable(elf.SHT_DYNSYM)
	if err != nil {
		entries = nil
	}
	byAddr = map[uint64]relocation{}
	for _, s := range im.elf.Sections {
		if s.Type != elf.SHT_RELA || s.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		b, err := im.raw(s)
		if err != nil {
			continue
		}
		for ; len(b) >= 24; b = b[24:] { // Elf64_Rela
			info := binary.LittleEndian.Uint64(b[8:])
			var r relocation
			switch elf.R_X86_64(info & 0xffffffff) {
			case elf.R_X86_64_JMP_SLOT, elf.R_X86_64_GLOB_DAT, elf.R_X86_64_64:
				if at := (info >> 32) * symbolSize; at+symbolSize <= uint64(len(entries)) {
					r.name = stringAt(names, uint64(binary.LittleEndian.Uint32(entries[at:])))
				}
			case elf.R_X86_64_IRELATIVE:
				r.target = binary.LittleEndian.Uint64(b[16:])
			default:
				continue
			}
			byAddr[binary.LittleEndian.Uint64(b)] = r
			if s.Name == ".rela.plt" {
				byIndex = append(byIndex, r)
			}
		}
	}
	return byAddr, byIndex
}

// pltStub is one decoded stub; target is set instead of name for IRELATIVE slots.
type pltStub struct {
	lo, hi uint64
	relocation
}

// pltStubs decodes .plt, .plt.sec, .plt.got and .iplt.
func (im *image) pltStubs() []pltStub {
	var out []pltStub
	byAddr, byIndex := im.slots()
	for _, name := range []string{".plt", ".plt.sec", ".plt.got", ".iplt"} {
		s := im.find(name)
		if s == nil {
			continue
		}
		b, err := im.raw(s)
		if err != nil {
			continue
		}
		step := uint64(16)
		if name == ".plt.got" && s.Entsize == 8 {
			step = 8
		}
		for off := uint64(0); off+step <= uint64(len(b)); off += step {
			code, addr := b[off:off+step], s.Addr+off
			stub := pltStub{lo: addr, hi: addr + step}
			if slot, ok := stubSlot(code, addr); ok {
				stub.relocation = byAddr[slot]
			} else if i, ok := stubIndex(code); ok && i < len(byIndex) {
				stub.relocation = byIndex[i]
			}
			out = append(out, stub)
		}
	}
	return out
}

// skipENDBR steps over `endbr64` and a `bnd` prefix.
func skipENDBR(code []byte) (rest []byte, n uint64) {
	if len(code) > 4 && binary.LittleEndian.Uint32(code) == 0xfa1e0ff3 {
		code, n = code[4:], 4
	}
	if len(code) > 1 && code[0] == 0xf2 {
		code, n = code[1:], n+1
	}
	return code, n
}

// stubSlot returns the GOT entry that `jmp *disp(%rip)` goes through.
func stubSlot(code []byte, addr uint64) (uint64, bool) {
	rest, n := skipENDBR(code)
	if len(rest) < 6 || rest[0] != 0xff || rest[1] != 0x25 {
		return 0, false
	}
	disp := int64(int32(binary.LittleEndian.Uint32(rest[2:])))
	return addr + n + 6 + uint64(disp), true
}

// stubIndex returns the relocation number that a lazy stub pushes first (-z ibtplt).
func stubIndex(code []byte) (int, bool) {
	rest, _ := skipENDBR(code)
	if len(rest) < 5 || rest[0] != 0x68 {
		return 0, false
	}
	return int(binary.LittleEndian.Uint32(rest[1:])), true
}

// pltFunctions names the stubs; nameAt gives the name of an IRELATIVE slot's
// function.
func (f *File) pltFunctions(nameAt func(addr uint64) string) []Function {
	var out []Function
	f.guard("the procedure linkage table", func() {
		for _, s := range f.main.pltStubs() {
			name := s.name
			if name == "" && s.target != 0 {
				if name = nameAt(s.target); name == "" {
					name = fmt.Sprintf("*ABS*+%#x", s.target)
				}
			}
			fn := Function{Entry: s.lo, End: s.hi, PLT: true, LinkageName: ".plt", Unit: -1}
			if name != "" {
				fn.LinkageName = name + "@plt"
			}
			out = append(out, fn)
		}
	})
	return out
}

// CopiedVariables returns, by name, where the dynamic linker copies variables of other files to
// (R_X86_64_COPY): from then on all files use the copy. Such a program was not built
// as a position-independent executable.
func (f *File) CopiedVariables() map[string]uint64 {
	copied := map[string]uint64{}
	f.guard("the dynamic relocations", func() {
		entries, names, err := f.main.symbolTable(elf.SHT_DYNSYM)
		if err != nil {
			return
		}
		for _, s := range f.main.elf.Sections {
			if s.Type != elf.SHT_RELA || s.Flags&elf.SHF_ALLOC == 0 {
				continue
			}
			b, err := f.main.raw(s)
			if err != nil {
				continue
			}
			for ; len(b) >= 24; b = b[24:] { // Elf64_Rela
				info := binary.LittleEndian.Uint64(b[8:])
				at := (info >> 32) * symbolSize
				if elf.R_X86_64(info&0xffffffff) != elf.R_X86_64_COPY || at+symbolSize > uint64(len(entries)) {
					continue
				}
				if name := stringAt(names, uint64(binary.LittleEndian.Uint32(entries[at:]))); name != "" {
					copied[name] = binary.LittleEndian.Uint64(b)
				}
			}
		}
	})
	return copied
}
