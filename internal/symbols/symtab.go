package symbols

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"slices"
	"strings"
)

// symbol is an entry of .symtab or .dynsym that names code.
type symbol struct {
	name       string
	addr, size uint64
	typed      bool // STT_FUNC or STT_GNU_IFUNC
	local      bool
	weak       bool
	group      int32 // the STT_FILE that a local symbol belongs to
	file       string
}

const symbolSize = 24 // Elf64_Sym

// symbolTable returns the raw entries and names of a symbol table; PLT relocations refer
// to entries by number.
func (im *image) symbolTable(kind elf.SectionType) (entries []byte, names []byte, err error) {
	for _, s := range im.elf.Sections {
		if s.Type != kind {
			continue
		}
		if entries, err = im.raw(s); err != nil {
			return nil, nil, err
		}
		if int(s.Link) >= len(im.elf.Sections) {
			return nil, nil, errCut
		}
		names, err = im.raw(im.elf.Sections[s.Link])
		return entries, names, err
	}
	return nil, nil, nil
}

// maxSymbolName bounds a name: an unterminated string table would otherwise give
// every symbol a name as long as the file.
const maxSymbolName = 1 << 16

func stringAt(table []byte, off uint64) string {
	if off >= uint64(len(table)) {
		return ""
	}
	b := table[off:min(uint64(len(table)), off+maxSymbolName)]
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return ""
}

// codeSymbols returns the symbols of one table that lie in code and may name a
// function.
func (im *image) codeSymbols(kind elf.SectionType, code *spanTable) ([]symbol, error) {
	entries, names, err := im.symbolTable(kind)
	if err != nil {
		return nil, err
	}
	var out []symbol
	var group int32
	var file string
	var text int // bytes of names taken, so that overlapping names cannot explode
	for ; len(entries) >= symbolSize; entries = entries[symbolSize:] {
		info, section := entries[4], binary.LittleEndian.Uint16(entries[6:])
		typ := elf.ST_TYPE(info)
		if typ == elf.STT_FILE {
			group++
			file = stringAt(names, uint64(binary.LittleEndian.Uint32(entries)))
			text += len(file)
			continue
		}
		typed := typ == elf.STT_FUNC || typ == elf.STT_GNU_IFUNC
		addr := binary.LittleEndian.Uint64(entries[8:])
		if section == uint16(elf.SHN_UNDEF) || !typed && typ != elf.STT_NOTYPE {
			continue
		}
		if _, ok := code.find(addr); !ok {
			continue
		}
		name := stringAt(names, uint64(binary.LittleEndian.Uint32(entries)))
		if at := strings.IndexByte(name, '@'); at > 0 {
			name = name[:at] // a symbol version
		}
		if text += len(name); text > 4*len(names)+1<<20 {
			break
		}
		if name == "" || strings.HasPrefix(name, ".L") || !typed && isMappingName(name) {
			continue
		}
		s := symbol{name: name, addr: addr, size: binary.LittleEndian.Uint64(entries[16:]),
			typed: typed, local: elf.ST_BIND(info) == elf.STB_LOCAL, weak: elf.ST_BIND(info) == elf.STB_WEAK}
		if s.local {
			s.group, s.file = group, file
		}
		out = append(out, s)
	}
	return out, nil
}

// isMappingName recognizes untyped symbols that only mark section borders.
func isMappingName(name string) bool {
	switch name {
	case "_etext", "etext", "__etext", "__executable_start", "_GLOBAL_OFFSET_TABLE_":
		return true
	}
	return strings.HasPrefix(name, "__start_") || strings.HasPrefix(name, "__stop_")
}

// glibcInternal begins the names by which glibc calls its own exported functions.
const glibcInternal = "__GI_"

func underscores(s string) int {
	if isMangled(s) {
		return 0
	}
	if strings.HasPrefix(s, glibcInternal) {
		return len(s)
	}
	return len(s) - len(strings.TrimLeft(s, "_"))
}

// compareAliases orders symbols at one address; the first names the function:
// functions before untyped labels, visible before local, fewer leading underscores
// (`write` before `__write`), the name that DWARF gives, global before
// weak, shorter before longer, then by the alphabet.
func compareAliases(a, b symbol, dwarfName string) int {
	first := func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	}
	return cmp.Or(
		first(a.typed, b.typed),
		first(!a.local, !b.local),
		cmp.Compare(underscores(a.name), underscores(b.name)),
		first(a.name == dwarfName, b.name == dwarfName),
		first(!a.weak, !b.weak),
		cmp.Compare(len(a.name), len(b.name)),
		cmp.Compare(a.name, b.name),
		cmp.Compare(a.group, b.group),
	)
}

// allSymbols reads the richest symbol table that there is, and .dynsym besides:
// a stripped file's own .dynsym complements nothing where .symtab exists, but
// costs little and keeps the exported names when .symtab is damaged.
func (f *File) allSymbols(code *spanTable) []symbol {
	var out []symbol
	for _, im := range f.symbols {
		for _, kind := range []elf.SectionType{elf.SHT_SYMTAB, elf.SHT_DYNSYM} {
			f.guard("the symbol table", func() {
				s, err := im.codeSymbols(kind, code)
				if err != nil {
					f.diagnose("the symbol table cannot be read: %v", err)
				}
				out = append(out, s...)
			})
		}
	}
	slices.SortStableFunc(out, func(a, b symbol) int { return cmp.Compare(a.addr, b.addr) })
	return out
}
