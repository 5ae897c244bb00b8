// Package symbols answers what lies at an address of an ELF file: which
// function, which inlined calls, which source line. Its main types are File
// (one ELF file, by link-time address) and Space (the files of one process, by
// run-time address).
//
// It draws on DWARF 4 and 5, .symtab, .dynsym, separate debug files, the PLT's
// relocations, .gopclntab and .eh_frame, in that order of preference. Nothing heavy happens in
// Parse: the function table is made at the first question that needs it (all
// compilation units, in parallel), inlined calls and lines of one unit at the first
// question about an address in that unit. All methods are safe for concurrent use.
//
// The files come from anywhere: a damaged or hostile one gives less information
// and a diagnostic, never a panic, and time and memory stay in proportion to its
// size. The package never runs a program and never writes.
package symbols

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// DefaultDebugDirs is where separate debug files are looked for when Options
// names no folder.
var DefaultDebugDirs = []string{"/usr/lib/debug"}

// Options say where a file came from and where its debug information may be.
type Options struct {
	// DebugDirs are the folders with .build-id/xx/yyyy.debug files and mirrored
	// paths; nil means DefaultDebugDirs, empty means none at all.
	DebugDirs []string
	// Path is the file's original path, for .gnu_debuglink look-ups beside it and
	// for messages. It is not opened.
	Path string
}

// Function is a function of a file, or a PLT stub.
type Function struct {
	// Name is what a programmer writes and gdb shows: C++ with parameter types,
	// without return type and clone suffix (`ns::T::get(int) const`); Rust
	// without hash (`alloc::vec::Vec<T>::push`); C without clone suffix
	// (`.constprop.0`, `.part.0`); PLT stubs as `puts@plt`. Empty where only
	// .eh_frame knows the function.
	Name string
	// LinkageName is the symbol as linked, clone suffix included.
	LinkageName string
	// Language is "C", "C++", "Rust", "Go", "assembly" …, or empty.
	Language string
	// File is the cleaned path of the declaration, absolute unless the compiler was
	// told to make it relative; Line is its line. Without debug information, File
	// is the bare name in the symbol table for local functions, else empty.
	File string
	Line int
	// Entry is the first instruction, End the first byte behind the function's
	// entry range. Split-off cold parts are in Parts.
	Entry, End uint64
	// Parts are further ranges (lo, hi) of the same function.
	Parts [][2]uint64
	// PLT tells that this is a stub of the procedure linkage table.
	PLT bool
	// Label tells that this is a name in code that is probably not a function
	// (an untyped local assembler symbol): IsEntry is false there.
	Label bool
	// Unit is the index of the DWARF unit, -1 for none.
	Unit int
}

// Frame is one level of the calls, real and inlined, at an address.
type Frame struct {
	// Function is the name as in Function.Name; empty if unknown.
	Function string
	// Index is the position in Functions of the function itself (outermost
	// frame) or of the inlined function's out-of-line copy; -1 for none.
	Index int
	// File is a path as in Function.File, empty if unknown; Line and Column are
	// 0 if unknown.
	File         string
	Line, Column int
	// Inlined tells that this frame's code was inlined into the next one.
	Inlined bool
}

// Segment is a PT_LOAD segment, which connects file offsets and addresses.
type Segment struct {
	Offset, Filesz, Vaddr, Memsz, Align uint64
	Read, Write, Execute                bool
}

// LineRow is the beginning of a statement in the line table.
type LineRow struct {
	PC   uint64
	File string
	Line int
}

// File is the symbolic side of one ELF file. Addresses are link-time addresses:
// subtract the load bias from a program counter.
type File struct {
	path string
	main *image
	// debug is where DWARF comes from: the separate debug file or main itself.
	debug *image
	// symbols lists the images that may hold symbol tables, best first.
	symbols []*image

	tableOnce sync.Once
	functions []Function
	spans     spanTable
	origins   map[uint64]int32 // .debug_info offset of a subprogram → function

	namesOnce sync.Once

	dwarf *dwarfData // nil without debug information
	data  dataOnce

	frameOnce  sync.Once
	frameTable *frameTable

	golang *goTable // made with the function table; nil unless a Go program without DWARF

	mu          sync.Mutex
	diagnostics []string
}

// Parse reads the headers of an ELF file that is held in memory; data must not
// change afterwards. The only errors are "not an ELF file for x86-64" and headers
// that cannot be read.
func Parse(data []byte, opt Options) (*File, error) {
	return parse(&bytesSource{data}, opt)
}

// Open does what Parse does for a file on disk and reads only the sections that are
// needed. Close is unnecessary: the descriptor is closed when File is collected.
func Open(path string, opt Options) (*File, error) {
	if opt.Path == "" {
		opt.Path = path
	}
	src, err := openSource(path)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return parse(src, opt)
}

func parse(src source, opt Options) (*File, error) {
	im, err := newImage(src)
	if err != nil {
		return nil, fmt.Errorf("reading ELF file %s: %w", opt.Path, err)
	}
	f := &File{path: opt.Path, main: im, debug: im, symbols: []*image{im}}
	f.findDebugFile(opt)
	f.dwarf = f.openDWARF()
	return f, nil
}

// BuildID returns the GNU build id in hexadecimal digits, empty if there is none.
func (f *File) BuildID() string { return f.main.buildID() }

// Path returns the path that Parse was told.
func (f *File) Path() string { return f.path }

// DebugPath returns the separate debug file in use, empty if there is none.
func (f *File) DebugPath() string {
	if f.debug == f.main {
		return ""
	}
	return f.debug.path
}

// LoadSegments returns the PT_LOAD segments in the file's order.
func (f *File) LoadSegments() []Segment { return f.main.segments() }

// Diagnostics returns what is missing or damaged, as sentences. More may be known
// after further questions.
func (f *File) Diagnostics() []string {
	f.table()
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.diagnostics...)
}

// maxDiagnostics bounds what a damaged file can say about itself.
const maxDiagnostics = 50

func (f *File) diagnose(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.diagnostics {
		if d == text {
			return
		}
	}
	if len(f.diagnostics) < maxDiagnostics {
		f.diagnostics = append(f.diagnostics, text)
	}
}

// guard runs one step over untrusted data and turns a panic into a diagnostic.
func (f *File) guard(what string, step func()) {
	defer func() {
		if r := recover(); r != nil {
			f.diagnose("%s is damaged and was left out: %v", what, r)
		}
	}()
	step()
}

// source is where an image's bytes come from.
type source interface {
	io.ReaderAt
	size() int64
	// bytes returns a part of the file, without a copy where it can.
	bytes(off, n int64) ([]byte, error)
}

var errCut = errors.New("the file ends too early")

type bytesSource struct{ b []byte }

func (s *bytesSource) size() int64 { return int64(len(s.b)) }

func (s *bytesSource) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(s.b)) {
		return 0, io.EOF
	}
	n := copy(p, s.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (s *bytesSource) bytes(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off > int64(len(s.b)) || n > int64(len(s.b))-off {
		return nil, errCut
	}
	return s.b[off : off+n : off+n], nil
}

type fileSource struct {
	*os.File
	length int64
}

func openSource(path string) (source, error) {
	// Without O_NONBLOCK a named pipe in the place of a debug file would block.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &fileSource{f, st.Size()}, nil
}

func (s *fileSource) size() int64 { return s.length }

func (s *fileSource) bytes(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off > s.length || n > s.length-off {
		return nil, errCut
	}
	b := make([]byte, n)
	_, err := s.ReadAt(b, off)
	return b, err
}
