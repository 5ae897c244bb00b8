package symbols

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// build compiles testdata files once for each command line and returns the binary's
// path. The test is skipped where the compiler is missing.
func build(t testing.TB, compiler string, args ...string) string {
	t.Helper()
	key := compiler + " " + strings.Join(args, " ")
	fixtures.Lock()
	defer fixtures.Unlock()
	if p, ok := fixtures.built[key]; ok {
		return p
	}
	bin, err := exec.LookPath(compiler)
	if err != nil {
		t.Skipf("%s is not installed", compiler)
	}
	dir, err := os.MkdirTemp(fixtures.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "program")
	for i, a := range args {
		if ext := filepath.Ext(a); ext == ".c" || ext == ".cc" || ext == ".rs" || ext == ".s" {
			args[i], _ = filepath.Abs(filepath.Join("testdata", a))
		}
	}
	cmd := exec.Command(bin, append(args, "-o", out)...)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", key, err, text)
	}
	fixtures.built[key] = out
	return out
}

var fixtures = struct {
	sync.Mutex
	dir   string
	built map[string]string
}{built: map[string]string{}}

func TestMain(m *testing.M) {
	var err error
	if fixtures.dir, err = os.MkdirTemp("", "symbols-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(fixtures.dir)
	os.Exit(status)
}

// tool runs a program of binutils with input and returns its output.
func tool(t testing.TB, input string, name string, args ...string) string {
	t.Helper()
	bin, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	cmd := exec.Command(bin, args...)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, stderr.Bytes())
	}
	return string(out)
}

// open parses a file from memory, without debug files of the system.
func open(t testing.TB, path string) *File {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(data, Options{Path: path, DebugDirs: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// stub is a label that objdump shows in the disassembly.
type stub struct {
	addr uint64
	name string
}

// instruction matches a line of objdump's, label a label.
var (
	instruction = regexp.MustCompile(`^ +([0-9a-f]+):\t(.*)`)
	label       = regexp.MustCompile(`^([0-9a-f]{16}) <(.*)>:$`)
)

// line is an instruction in objdump's words.
type line struct {
	addr uint64
	text string
}

var padding = regexp.MustCompile(`nop|xchg +%ax,%ax|int3|ud2|hlt|data16|\(bad\)`)

// padding tells whether the instruction only fills the space between functions.
func (l line) padding() bool { return padding.MatchString(l.text) }

// instructions returns the address of every instruction and all labels.
func instructions(t testing.TB, file string) (code []line, labels []stub) {
	t.Helper()
	scan := bufio.NewScanner(strings.NewReader(tool(t, "", "objdump", "-d", "-w", "--no-show-raw-insn", file)))
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		if m := instruction.FindStringSubmatch(scan.Text()); m != nil {
			a, _ := strconv.ParseUint(m[1], 16, 64)
			code = append(code, line{a, m[2]})
		} else if m := label.FindStringSubmatch(scan.Text()); m != nil {
			a, _ := strconv.ParseUint(m[1], 16, 64)
			labels = append(labels, stub{a, m[2]})
		}
	}
	return code, labels
}

// addr2line asks binutils for the frames at the addresses.
func addr2line(t testing.TB, file string, code []line) map[uint64][]Frame {
	t.Helper()
	var in strings.Builder
	for _, l := range code {
		fmt.Fprintf(&in, "%#x\n", l.addr)
	}
	lines := strings.Split(tool(t, in.String(), "addr2line", "-a", "-f", "-i", "-C", "-e", file), "\n")
	out := map[uint64][]Frame{}
	var at uint64
	for i := 0; i < len(lines); i++ {
		if strings.HasPrefix(lines[i], "0x") {
			at, _ = strconv.ParseUint(lines[i][2:], 16, 64)
			continue
		}
		if i+1 == len(lines) {
			break
		}
		place, _, _ := strings.Cut(lines[i+1], " (discriminator")
		colon := strings.LastIndexByte(place, ':')
		fr := Frame{Function: lines[i], File: path.Clean(place[:colon])}
		fr.Line, _ = strconv.Atoi(place[colon+1:])
		if fr.File == "??" {
			fr.File = ""
		}
		if fr.Function == "??" {
			fr.Function = ""
		}
		out[at] = append(out[at], fr)
		i++
	}
	return out
}
