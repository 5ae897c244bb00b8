package render

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/ianlancetaylor/demangle"

	"hindsight/internal/fixture"
	"hindsight/internal/gdbtext"
)

// TestAgainstGDB renders all variables of the programs in testdata/values from
// the memory that gdb saved of them, and compares with what gdb prints of the
// living process, or what the program says.
func TestAgainstGDB(t *testing.T) {
	if _, err := exec.LookPath("gdb"); err != nil {
		t.Skip("no gdb")
	}
	programs, err := fixture.In("testdata/values")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		for _, flags := range []fixture.Variant{
			{Name: "5", Flags: "-O0 -gdwarf-5", Rust: "-C opt-level=0 -C dwarf-version=5"},
			{Name: "4", Flags: "-O0 -gdwarf-4", Rust: "-C opt-level=0 -C dwarf-version=4"},
		} {
			t.Run(p.Name+"/dwarf"+flags.Name, func(t *testing.T) { compareWithGDB(t, p, flags) })
		}
	}
}

func compareWithGDB(t *testing.T, p fixture.Program, flags fixture.Variant) {
	if _, err := exec.LookPath(p.Compiler()); err != nil {
		t.Skipf("no %s", p.Compiler())
	}
	binary, err := p.Binary(flags)
	if err != nil {
		t.Fatal(err)
	}
	d := readDWARF(t, binary)
	s := runGDB(t, binary, d)
	shows := s.shown(t, p.Source)
	r := Renderer{Types: d.types, Memory: s.core, Symbols: s, Options: Options{MaxLength: 300}}
	compared := 0
	for _, name := range sortedKeys(d.variables) {
		v := d.variables[name]
		addr := s.addrs[name]
		if v.addr != 0 {
			addr = v.addr + s.bias
		}
		size, ok := d.types.Size(v.typeID)
		if addr == 0 || !ok {
			t.Errorf("%s: no address or size: %#x, %v", name, addr, ok)
			continue
		}
		value := make([]byte, size)
		value = value[:s.core.ReadMemory(addr, value, 0)]
		got := r.Text(v.typeID, value, 0)
		want, said := shows[name]
		if said {
			got = regexp.MustCompile(`0x[0-9a-f]{4,}`).ReplaceAllString(got, "0x…")
		} else {
			want = gdbtext.Rewrite(s.texts[name])
		}
		if !gdbtext.Same(got, want, precision(name)) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
		compared++
	}
	if compared < 40 {
		t.Errorf("only %d variables compared", compared)
	}
}

func sortedKeys(m map[string]variable) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// session is what gdb said of a process that stood in values_are_set.
type session struct {
	output  string
	core    core
	bias    uint64
	addrs   map[string]uint64 // of locals
	texts   map[string]string
	symbols []elf.Symbol
}

func runGDB(t *testing.T, binary string, d *dwarfTypes) *session {
	t.Helper()
	dir := t.TempDir()
	corePath := filepath.Join(dir, "core")
	script := []string{"set width 0", "set print null-stop on", "set print static-members off", "set print vtbl off", "set print elements 1000",
		"set use-coredump-filter off", "set disable-randomization on", "break values_are_set", "run > " + filepath.Join(dir, "out"), "up",
		"generate-core-file " + corePath, `printf "\n@@main=%#lx\n", (unsigned long)&main`}
	if d.language == "Rust" || filepath.Ext(binary) == ".rs" {
		script[len(script)-1] = "info symbol main"
	}
	names := sortedKeys(d.variables)
	for _, name := range names {
		if d.variables[name].addr == 0 {
			script = append(script, `echo \n@@&`+name+"=", "output &"+name)
		} else {
			script = append(script, `echo \n@@`+name+"=", "output "+name)
		}
	}
	script = append(script, `echo \n@@=`, "call (void)fflush(0)", "kill")
	args := []string{"-nx", "-batch", "-iex", "set auto-load off"}
	for _, line := range script {
		args = append(args, "-ex", line)
	}
	cmd := exec.Command("gdb", append(args, binary)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("gdb: %v\n%s", err, out)
	}
	s := &session{addrs: map[string]uint64{}, texts: map[string]string{}, core: readCore(t, corePath)}
	for _, part := range strings.Split(string(out), "\n@@")[1:] {
		name, text, _ := strings.Cut(strings.TrimSuffix(part, "\n"), "=")
		if local, ok := strings.CutPrefix(name, "&"); ok {
			s.addrs[local], _ = strconv.ParseUint(regexp.MustCompile(`0x([0-9a-f]+)`).FindString(text), 0, 64)
			continue
		}
		s.texts[name] = text
	}
	output, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	s.output = string(output)
	s.readSymbols(t, binary)
	return s
}

func (s *session) readSymbols(t *testing.T, binary string) {
	f, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if s.symbols, err = f.Symbols(); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(s.symbols, func(a, b elf.Symbol) int { return strings.Compare(a.Name, b.Name) })
	at, err := strconv.ParseUint(s.texts["main"], 0, 64)
	for _, sym := range s.symbols {
		if sym.Name == "main" && err == nil {
			s.bias = at - sym.Value
		}
	}
	s.core = append(s.core, loadable(t, f, s.bias)...) // what gdb left out: it is as in the file
}

// Symbol looks up functions and objects of the executable.
func (s *session) Symbol(addr, _ uint64) (string, uint64, bool) {
	for _, sym := range s.symbols {
		kind := elf.ST_TYPE(sym.Info)
		if (kind == elf.STT_FUNC || kind == elf.STT_OBJECT) && addr-s.bias-sym.Value < sym.Size {
			return demangle.Filter(sym.Name), addr - s.bias - sym.Value, true
		}
	}
	return "", 0, false
}

// shown are the lines "shows NAME = TEXT" of a program's source or output.
func (s *session) shown(t *testing.T, source string) map[string]string {
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	shows := map[string]string{}
	for line := range strings.Lines(string(text) + s.output) {
		line = strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "// ")
		if rest, ok := strings.CutPrefix(line, "shows "); ok {
			name, value, _ := strings.Cut(rest, " = ")
			shows[name] = value
		}
	}
	return shows
}

// core is a core file's memory.
type core []segment

type segment struct {
	addr  uint64
	bytes []byte
}

func readCore(t *testing.T, path string) core {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return loadable(t, f, 0)
}

// loadable are the parts of an ELF file that are memory.
func loadable(t *testing.T, f *elf.File, bias uint64) core {
	t.Helper()
	var c core
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Filesz == 0 {
			continue
		}
		b := make([]byte, p.Filesz)
		if _, err := p.ReadAt(b, 0); err != nil {
			t.Fatal(err)
		}
		c = append(c, segment{p.Vaddr + bias, b})
	}
	return c
}

func (c core) ReadMemory(addr uint64, p []byte, _ uint64) int {
	for _, s := range c {
		if addr-s.addr < uint64(len(s.bytes)) {
			n := copy(p, s.bytes[addr-s.addr:])
			if n < len(p) {
				n += c.ReadMemory(addr+uint64(n), p[n:], 0)
			}
			return n
		}
	}
	return 0
}

// precision is the number of bits that floating-point numbers of a variable have.
func precision(name string) uint {
	switch {
	case strings.HasPrefix(name, "v_float"):
		return 24
	case strings.HasPrefix(name, "v_long_"):
		return 64
	}
	return 53
}
