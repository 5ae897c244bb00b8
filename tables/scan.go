package tables

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"hindsight/internal/recording"
	"hindsight/internal/symbols"
)

// module is a mapped ELF file with code.
type module struct {
	path   string
	object string
	file   *symbols.File // nil where the stored contents are no ELF file
	// [start, end) is where it lies, bias what was added to its addresses.
	start, end, bias uint64
	code             uint64 // the beginning of its first mapping with code
	// Indices of the events that mapped and unmapped it; mapped 0 is the start.
	mapped, unmapped uint64
	gone             bool
}

// scan is what one reading of a recording's events tells, before any replay.
type scan struct {
	start     recording.Regs // registers at the first instruction
	modules   []module
	events    uint64
	syscalls  uint64
	lastNS    uint64 // when the last event ended
	exit      *recording.Exit
	truncated string // why the events end early, "" where they do not
	// code are the parts of stored files that were mapped as code, by object.
	code map[string][]offsets
}

// scanner makes a scan.
type scanner struct {
	scan
	rec   *recording.Recording
	temp  string // folder for large objects
	files map[string]*symbols.File
	maps  []fileMap // mappings of files, since each module's first is not its code
}

type fileMap struct {
	addr   uint64
	object string
	event  uint64
}

// scanRecording reads all events. Large stored files are unpacked in the folder
// temp, unnamed.
func scanRecording(rec *recording.Recording, temp string) (*scan, error) {
	s := &scanner{rec: rec, temp: temp, files: map[string]*symbols.File{}}
	events, err := rec.Events()
	if err != nil {
		return nil, err
	}
	var e recording.Event
	for err == nil {
		if err = events.Next(&e); err == nil {
			err = s.event(&e)
		}
	}
	if errors.Is(err, recording.ErrTruncated) {
		s.truncated, err = err.Error(), nil
	} else if errors.Is(err, io.EOF) {
		err = nil
	}
	if err := errors.Join(err, events.Close()); err != nil {
		return nil, fmt.Errorf("read the recording's events: %w", err)
	}
	if s.events == 0 {
		return nil, errors.New("the recording holds no events: the program had not begun when it was cut off; record again")
	}
	return &s.scan, nil
}

func (s *scanner) event(e *recording.Event) error {
	s.events++
	s.lastNS = max(s.lastNS, e.StartNS+e.DurationNS)
	switch e.Kind {
	case recording.KindStart:
		s.start = e.After
	case recording.KindSyscall:
		s.syscalls++
	case recording.KindExit:
		exit := *e.Exit
		s.exit = &exit
	}
	for i := range e.Maps {
		if err := s.change(&e.Maps[i], e.Index); err != nil {
			return err
		}
	}
	return nil
}

const protExec = 4

// change follows a change of the address space.
func (s *scanner) change(m *recording.MapChange, event uint64) error {
	addr, length := uint64(m.Addr), m.Length
	switch m.Op {
	case recording.MapAdd:
		known := m.Object != "" && s.within(m.Object, addr)
		if !known {
			s.remove(addr, length, event)
		}
		if m.Object == "" {
			return nil
		}
		s.maps = append(s.maps, fileMap{addr, m.Object, event})
		if m.Prot&protExec != 0 {
			s.addCode(m)
		}
		if m.Prot&protExec != 0 && !known {
			return s.add(m, event)
		}
	case recording.MapRemove:
		s.remove(addr, length, event)
	case recording.MapMove:
		s.remove(uint64(m.From), m.FromLength, event)
		s.remove(addr, length, event)
	}
	return nil
}

// addCode notes the part of a file that a mapping has as code.
func (s *scanner) addCode(m *recording.MapChange) {
	if s.code == nil {
		s.code = map[string][]offsets{}
	}
	part := offsets{m.FileOffset, m.FileOffset + m.Length}
	if !slices.Contains(s.code[m.Object], part) {
		s.code[m.Object] = append(s.code[m.Object], part)
	}
}

// within tells whether addr lies in a module that was made of object.
func (s *scanner) within(object string, addr uint64) bool {
	for i := range s.modules {
		m := &s.modules[i]
		if !m.gone && m.object == object && m.start <= addr && addr < m.end {
			return true
		}
	}
	return false
}

// remove notes the modules whose code goes with [addr, addr+length).
func (s *scanner) remove(addr, length, event uint64) {
	for i := range s.modules {
		m := &s.modules[i]
		if !m.gone && addr <= m.code && m.code < addr+length {
			m.gone, m.unmapped = true, event
		}
	}
	kept := s.maps[:0]
	for _, m := range s.maps {
		if m.addr < addr || m.addr >= addr+length {
			kept = append(kept, m)
		}
	}
	s.maps = kept
}

// add notes the module that a mapping with code is part of.
func (s *scanner) add(m *recording.MapChange, event uint64) error {
	file, err := s.file(m)
	if err != nil {
		return err
	}
	addr := uint64(m.Addr)
	mod := module{
		path: m.Path, object: m.Object, file: file, code: addr, mapped: event,
		start: addr, end: addr + m.Length, bias: addr - m.FileOffset,
	}
	if file != nil {
		mod.place(file.LoadSegments(), addr, m.FileOffset)
	}
	for _, other := range s.maps {
		if other.object == m.Object && mod.start <= other.addr && other.addr < mod.end {
			mod.mapped = min(mod.mapped, other.event)
		}
	}
	s.modules = append(s.modules, mod)
	return nil
}

const pageSize = 4096

// place finds out where a file lies whose contents from offset on were mapped
// at addr, with code.
func (m *module) place(segments []symbols.Segment, addr, offset uint64) {
	lo, hi := ^uint64(0), uint64(0)
	for _, s := range segments {
		lo, hi = min(lo, s.Vaddr&^(pageSize-1)), max(hi, (s.Vaddr+s.Memsz+pageSize-1)&^(pageSize-1))
	}
	for _, s := range segments {
		first := s.Offset &^ (pageSize - 1)
		if s.Execute && first <= offset && offset < s.Offset+s.Filesz {
			m.bias = addr - (offset - first) - s.Vaddr&^(pageSize-1)
			m.start, m.end = m.bias+lo, m.bias+hi
			return
		}
	}
}

// unpackedObject is how large a stored file may be to be held in memory.
const unpackedObject = 32 << 20

// file parses the ELF file that a mapping is of; nil where it is none.
func (s *scanner) file(m *recording.MapChange) (*symbols.File, error) {
	if f, ok := s.files[m.Object]; ok {
		return f, nil
	}
	in, size, err := s.rec.OpenObject(m.Object)
	if err != nil {
		return nil, fmt.Errorf("the stored contents of %s: %w", m.Path, err)
	}
	if err := in.Close(); err != nil {
		return nil, err
	}
	opt := symbols.Options{Path: m.Path}
	var f *symbols.File
	if size > unpackedObject {
		f, err = s.unpack(m, opt)
	} else {
		var data []byte
		if data, err = s.rec.Object(m.Object); err != nil {
			return nil, fmt.Errorf("the stored contents of %s: %w", m.Path, err)
		}
		f, _ = symbols.Parse(data, opt) // code in a file that is not ELF has no symbols
	}
	s.files[m.Object] = f
	return f, err
}

// unpack parses a large object from a temporary file, of which only the parts
// that are needed are read.
func (s *scanner) unpack(m *recording.MapChange, opt symbols.Options) (f *symbols.File, err error) {
	in, _, err := s.rec.OpenObject(m.Object)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.CreateTemp(s.temp, ".hindsight-object-*")
	if err != nil {
		return nil, err
	}
	path := filepath.Clean(out.Name())
	defer func() { err = errors.Join(err, os.Remove(path)) }()
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return nil, fmt.Errorf("unpack the stored contents of %s: %w", m.Path, err)
	}
	f, _ = symbols.Open(path, opt)
	return f, nil
}
