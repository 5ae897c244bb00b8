package symbols

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// image is an ELF file as a container: sections, segments, notes.
// Sources: System V gABI (sections, SHF_COMPRESSED); binutils for .zdebug_*.
type image struct {
	src  source
	path string // of a separate debug file
	elf  *elf.File
	// loads is where segments lie in memory, sorted.
	loads []span
}

func newImage(src source) (im *image, err error) {
	defer func() {
		if r := recover(); r != nil {
			im, err = nil, fmt.Errorf("damaged headers: %v", r)
		}
	}()
	e, err := elf.NewFile(src)
	if err != nil {
		return nil, err
	}
	if e.Class != elf.ELFCLASS64 || e.Machine != elf.EM_X86_64 || e.ByteOrder != binary.LittleEndian {
		return nil, fmt.Errorf("not for x86-64 (%v, %v)", e.Class, e.Machine)
	}
	im = &image{src: src, elf: e}
	for _, p := range e.Progs {
		if p.Type == elf.PT_LOAD && p.Memsz < 1<<48 {
			im.loads = append(im.loads, span{lo: p.Vaddr, hi: p.Vaddr + p.Memsz})
		}
	}
	im.loads = flatten(im.loads)
	return im, nil
}

// find returns a section's header, nil if there is none with contents.
func (im *image) find(name string) *elf.Section {
	for _, s := range im.elf.Sections {
		if s.Name == name && s.Type != elf.SHT_NOBITS && s.Type != elf.SHT_NULL {
			return s
		}
	}
	return nil
}

// section returns a section's contents, decompressed, or nil. For ".debug_x" the
// old compressed form ".zdebug_x" is tried as well. Nothing is kept.
func (im *image) section(name string) ([]byte, error) {
	if s := im.find(name); s != nil {
		b, err := im.contents(s)
		if err != nil {
			return nil, fmt.Errorf("section %s: %w", name, err)
		}
		return b, nil
	}
	rest, ok := strings.CutPrefix(name, ".debug_")
	if !ok {
		return nil, nil
	}
	s := im.find(".zdebug_" + rest)
	if s == nil {
		return nil, nil
	}
	b, err := im.raw(s)
	if err == nil && (len(b) < 12 || string(b[:4]) != "ZLIB") {
		err = errors.New("bad compression header")
	}
	if err == nil {
		b, err = inflate(elf.COMPRESS_ZLIB, b[12:], binary.BigEndian.Uint64(b[4:]))
	}
	if err != nil {
		return nil, fmt.Errorf("section %s: %w", s.Name, err)
	}
	return b, nil
}

// raw returns a section's bytes as they are in the file.
func (im *image) raw(s *elf.Section) ([]byte, error) {
	return im.src.bytes(int64(s.Offset), int64(s.FileSize))
}

func (im *image) contents(s *elf.Section) ([]byte, error) {
	b, err := im.raw(s)
	if err != nil || s.Flags&elf.SHF_COMPRESSED == 0 {
		return b, err
	}
	const headerSize = 24 // Elf64_Chdr
	if len(b) < headerSize {
		return nil, errCut
	}
	kind := elf.CompressionType(binary.LittleEndian.Uint32(b))
	return inflate(kind, b[headerSize:], binary.LittleEndian.Uint64(b[8:]))
}

// maxRatio is the highest compression that is believed; real debug sections
// stay below 50, zlib cannot exceed 1032.
const maxRatio = 1100

func inflate(kind elf.CompressionType, b []byte, size uint64) ([]byte, error) {
	if size > uint64(len(b))*maxRatio+4096 {
		return nil, fmt.Errorf("claims to unpack %d bytes to %d", len(b), size)
	}
	var r io.Reader
	switch kind {
	case elf.COMPRESS_ZLIB:
		z, err := zlib.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		r = z
	case elf.COMPRESS_ZSTD:
		z, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxMemory(max(size, 1<<20)))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		r = z
	default:
		return nil, fmt.Errorf("unknown compression %d", kind)
	}
	// Memory grows with what really comes out, not with what is claimed.
	var out bytes.Buffer
	out.Grow(int(min(size, 64<<20)))
	n, err := io.Copy(&out, io.LimitReader(r, int64(size)))
	if err == nil && uint64(n) != size {
		err = errCut
	}
	return out.Bytes(), err
}

func (im *image) segments() []Segment {
	var out []Segment
	for _, p := range im.elf.Progs {
		if p.Type == elf.PT_LOAD {
			out = append(out, Segment{Offset: p.Off, Filesz: p.Filesz, Vaddr: p.Vaddr,
				Memsz: p.Memsz, Align: p.Align, Read: p.Flags&elf.PF_R != 0,
				Write: p.Flags&elf.PF_W != 0, Execute: p.Flags&elf.PF_X != 0})
		}
	}
	return out
}

// code returns the address ranges that hold instructions, sorted and disjoint:
// the executable sections, or the executable segments where there are no section
// headers. Debug information about anything else is about code that the linker
// dropped, and is ignored.
func (im *image) code() []span {
	var in []span
	for _, s := range im.elf.Sections {
		if s.Flags&elf.SHF_EXECINSTR != 0 && s.Flags&elf.SHF_ALLOC != 0 && s.Size < 1<<40 {
			in = append(in, span{lo: s.Addr, hi: s.Addr + s.Size})
		}
	}
	if in == nil {
		for _, p := range im.elf.Progs {
			if p.Type == elf.PT_LOAD && p.Flags&elf.PF_X != 0 && p.Memsz < 1<<40 {
				in = append(in, span{lo: p.Vaddr, hi: p.Vaddr + p.Memsz})
			}
		}
	}
	return flatten(in)
}

// buildID reads the NT_GNU_BUILD_ID note, from its section or from PT_NOTE.
func (im *image) buildID() string {
	if s := im.find(".note.gnu.build-id"); s != nil {
		if b, err := im.raw(s); err == nil {
			if id := buildIDNote(b); id != "" {
				return id
			}
		}
	}
	for _, p := range im.elf.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		if b, err := im.src.bytes(int64(p.Off), int64(p.Filesz)); err == nil {
			if id := buildIDNote(b); id != "" {
				return id
			}
		}
	}
	return ""
}

func buildIDNote(b []byte) string {
	const ntGNUBuildID = 3
	for len(b) >= 12 {
		name := uint64(binary.LittleEndian.Uint32(b))
		desc := uint64(binary.LittleEndian.Uint32(b[4:]))
		kind := binary.LittleEndian.Uint32(b[8:])
		b = b[12:]
		nameEnd, descStart := name, (name+3)&^3
		next := descStart + (desc+3)&^3
		if descStart+desc > uint64(len(b)) {
			return ""
		}
		if kind == ntGNUBuildID && string(b[:nameEnd]) == "GNU\x00" {
			return hex.EncodeToString(b[descStart : descStart+desc])
		}
		b = b[min(next, uint64(len(b))):]
	}
	return ""
}
