package symbols

import (
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"errors"
	"path"
	"sync"
)

// goTable is the function and line table that every Go program carries, stripped or
// not. Sources: debug/gosym; runtime/symtab.go (moduledata).
type goTable struct {
	mu    sync.Mutex // gosym fills caches as it reads
	table *gosym.Table
}

// openGoTable reads .gopclntab; nil without error if the file has none.
func openGoTable(im *image, code *spanTable) (g *goTable, err error) {
	var s *elf.Section
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab", ".data.rel.ro..gopclntab"} {
		if s = im.find(name); s != nil {
			break
		}
	}
	if s == nil {
		return nil, nil
	}
	b, err := im.contents(s)
	if err != nil {
		return nil, err
	}
	text, err := im.goText(s.Addr, b, code)
	if err != nil {
		return nil, err
	}
	t, err := gosym.NewTable(nil, gosym.NewLineTable(b, text))
	if err != nil {
		return nil, err
	}
	return &goTable{table: t}, nil
}

// goText returns the address that the table's offsets count from. Go 1.26 took it out
// of the table; where the Go linker itself linked, it is where .text begins. Where
// the system's did (cgo), C code comes first and moduledata has to be found.
func (im *image) goText(table uint64, b []byte, code *spanTable) (uint64, error) {
	const textStart = 24 // in the table's header, 0 from Go 1.26 on
	if len(b) < 64 {
		return 0, errCut
	}
	if v := binary.LittleEndian.Uint64(b[textStart:]); v != 0 {
		if _, ok := code.find(v); ok {
			return v, nil
		}
	}
	if im.find(".init") == nil && im.find(".eh_frame") == nil {
		if s := im.find(".text"); s != nil {
			return s.Addr, nil
		}
	}
	addends := im.relativeAddends()
	for _, s := range im.elf.Sections {
		if s.Flags&elf.SHF_WRITE == 0 || s.Type != elf.SHT_PROGBITS {
			continue
		}
		data, err := im.raw(s)
		if err != nil {
			continue
		}
		if text, ok := goModuleText(data, s.Addr, table, addends, code); ok {
			return text, nil
		}
	}
	return 0, errors.New("where the Go code begins is unknown")
}

// goModuleText looks for moduledata: the address of the function table, and 160 bytes on
// minpc, maxpc and text.
func goModuleText(data []byte, base, table uint64, addends map[uint64]uint64, code *spanTable) (uint64, bool) {
	const minPC, maxPC, text, size = 160, 168, 176, 184
	word := func(off int) uint64 {
		if v, ok := addends[base+uint64(off)]; ok {
			return v
		}
		return binary.LittleEndian.Uint64(data[off:])
	}
	for off := 0; off+size <= len(data); off += 8 {
		if word(off) != table {
			continue
		}
		lo, hi, start := word(off+minPC), word(off+maxPC), word(off+text)
		if _, ok := code.find(start); ok && start <= lo && lo < hi {
			return start, true
		}
	}
	return 0, false
}

// relativeAddends returns what a position-independent file's pointers are relocated to.
func (im *image) relativeAddends() map[uint64]uint64 {
	out := map[uint64]uint64{}
	for _, s := range im.elf.Sections {
		if s.Type != elf.SHT_RELA {
			continue
		}
		b, err := im.raw(s)
		if err != nil {
			continue
		}
		for ; len(b) >= 24; b = b[24:] {
			if elf.R_X86_64(binary.LittleEndian.Uint32(b[8:])) == elf.R_X86_64_RELATIVE {
				out[binary.LittleEndian.Uint64(b)] = binary.LittleEndian.Uint64(b[16:])
			}
		}
	}
	return out
}

// functions returns all Go functions.
func (g *goTable) functions() []Function {
	if g == nil {
		return nil
	}
	out := make([]Function, 0, len(g.table.Funcs))
	for i := range g.table.Funcs {
		fn := &g.table.Funcs[i]
		if fn.Sym == nil || fn.Entry >= fn.End {
			continue
		}
		out = append(out, Function{LinkageName: fn.Name, Language: "Go", Entry: fn.Entry, End: fn.End, Unit: -1})
	}
	return out
}

func (g *goTable) line(vaddr uint64) (file string, line, column int, ok bool) {
	if g == nil {
		return "", 0, 0, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	file, line, fn := g.table.PCToLine(vaddr)
	if fn == nil || line <= 0 {
		return "", 0, 0, false
	}
	return path.Clean(file), line, 0, true
}
