package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hindsight/internal/fixture"
)

// static builds the static variant of a fixture.
func static(t *testing.T, name string) string { return variant(t, name, "static") }

func variant(t *testing.T, name, flags string) string {
	t.Helper()
	root, err := fixture.Root()
	if err != nil {
		t.Fatal(err)
	}
	p, err := fixture.Read(filepath.Join(root, "testdata/programs", name+".c"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range fixture.Variants {
		if v.Name == flags {
			return buildFixture(t, p, v)
		}
	}
	t.Fatalf("there is no variant %s", flags)
	return ""
}

func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skipf("%s is not installed", tool)
	}
}

// TestSyscallsEqualStrace compares the names of all system calls, in order, and
// how many failed with what, with strace.
func TestSyscallsEqualStrace(t *testing.T) {
	need(t, "strace")
	cases := map[string][]string{
		"static":  {static(t, "system_call_errors")},
		"dynamic": {variant(t, "signal_nested", "O0")},
		"ls":      {"/bin/ls", "-l", "/usr/share/common-licenses"},
		"writes":  {static(t, "many_writes")},
	}
	for name, args := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := filepath.Join(t.TempDir(), "strace")
			if r := run(t, command{args: append([]string{"strace", "-o", log, "--"}, args...)}); r.status != 0 {
				t.Skipf("strace does not work here: %s", strings.TrimSpace(r.stderr))
			}
			recording, _ := record(t, command{args: args})
			database := index(t, recording, "history")
			var got []string
			for _, row := range ask(t, database, `SELECT name || coalesce(' ' || error, '') FROM syscalls ORDER BY syscall_id`) {
				got = append(got, row[0])
			}
			want := straceCalls(t, log)
			sameText(t, "system calls", strings.Join(comparable(got), "\n"), strings.Join(comparable(want), "\n"))
		})
	}
}

var straceLine = regexp.MustCompile(`^(\w+)\(.*\)\s+= (?:\?|-?\w+)(?: (E[A-Z0-9]+))?`)

// straceCalls are the calls of strace's log as "name" or "name ERROR".
func straceCalls(t *testing.T, log string) []string {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	for line := range strings.Lines(string(text)) {
		if m := straceLine.FindStringSubmatch(line); m != nil {
			calls = append(calls, strings.TrimSpace(m[1]+" "+m[2]))
		}
	}
	return calls
}

// comparable leaves out what differs by right: execve comes before the recording,
// rseq is refused on purpose, only a recorded program asks the kernel for the
// time, and without a vDSO the dynamic linker maps its first memory later.
func comparable(calls []string) []string {
	var out []string
	for _, c := range calls {
		name, _, _ := strings.Cut(c, " ")
		switch name {
		case "execve", "rseq", "mmap", "clock_gettime", "gettimeofday", "time", "getcpu":
		default:
			out = append(out, c)
		}
	}
	return out
}

// TestStacksEqualGdb compares the call stacks of a function's calls with what
// gdb shows at a breakpoint on it.
func TestStacksEqualGdb(t *testing.T) {
	need(t, "gdb")
	cases := []struct {
		program, variant, function string
		stops                      int
	}{
		{"calls_and_returns", "O0", "leaf", 3},
		{"calls_and_returns", "O2", "leaf", 3},
		{"writes_counter", "nopie", "bump", 12},
		{"deep_recursion", "O0", "fibonacci", 40},
		{"siglongjmp_from_handler", "O0", "touch", 6},
	}
	for _, c := range cases {
		t.Run(c.program+"/"+c.variant, func(t *testing.T) {
			t.Parallel()
			path := variant(t, c.program, c.variant)
			want := gdbStacks(t, path, c.function, c.stops)
			recording, _ := record(t, command{args: []string{path}})
			database := index(t, recording, "history")
			rows := ask(t, database, fmt.Sprintf(`SELECT string_agg(s.function, ' ' ORDER BY s.level)
				FROM (SELECT c.call_id, c.stack_id FROM calls c JOIN functions f USING (function_id) WHERE f.name = %s ORDER BY 1 LIMIT %d) c
				JOIN stack_frames s USING (stack_id) GROUP BY c.call_id ORDER BY c.call_id`, quote(c.function), c.stops))
			var got []string
			for _, row := range rows {
				got = append(got, upToMain(strings.Fields(row[0])))
			}
			sameText(t, "stacks", strings.Join(got, "\n"), strings.Join(want, "\n"))
		})
	}
}

var gdbFrame = regexp.MustCompile(`(?m)^#\d+ +(?:0x[0-9a-f]+ in )?(\S+) \(`)

// gdbStacks are the functions of the stack at each stop, innermost first.
func gdbStacks(t *testing.T, path, function string, stops int) []string {
	t.Helper()
	args := []string{"gdb", "-nx", "-batch", "-ex", "set startup-with-shell off", "-ex", "set debuginfod enabled off",
		"-ex", "handle all nostop noprint pass", "-ex", "break *" + function, "-ex", "run"}
	for range stops {
		args = append(args, "-ex", "bt", "-ex", `printf "-----\n"`, "-ex", "continue")
	}
	r := run(t, command{args: append(args, path)})
	var stacks []string
	parts := strings.Split(r.stdout, "-----\n")
	for _, part := range parts[:len(parts)-1] {
		var frames []string
		for _, m := range gdbFrame.FindAllStringSubmatch(part, -1) {
			frames = append(frames, m[1])
		}
		stacks = append(stacks, upToMain(frames))
	}
	if len(stacks) != stops || stacks[0] == "" {
		t.Skipf("gdb does not work here: %s", strings.TrimSpace(tail(r.stderr)))
	}
	return stacks
}

// upToMain drops what called main: debuggers show it or not.
func upToMain(frames []string) string {
	for i, f := range frames {
		if f == "main" {
			return strings.Join(frames[:i+1], " ")
		}
	}
	return strings.Join(frames, " ")
}

// TestUnprivileged does everything as a user without any rights.
func TestUnprivileged(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the tests run as an ordinary user anyway")
	}
	dir, err := os.MkdirTemp("", "hindsight-e2e")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	copyFile(t, binary, filepath.Join(dir, "hindsight"))
	copyFile(t, static(t, "writes_counter"), filepath.Join(dir, "program"))
	as := func(args ...string) result {
		t.Helper()
		c := command{args: append([]string{filepath.Join(dir, "hindsight")}, args...), dir: dir, nobody: true,
			env: []string{"HOME=" + dir, "HINDSIGHT_DIR=" + filepath.Join(dir, "store")}}
		r := run(t, c)
		if r.status != 0 {
			t.Fatalf("as an unprivileged user, hindsight %v: exit status %d\n%s", args, r.status, tail(r.stderr))
		}
		return r
	}
	as("record", "./program")
	as("record", "/bin/ls", "/")
	as("list")
	as("replay")
	as("replay", "--translated")
	as("index")
	if r := as("sql", "--format", "csv", "-c", "SELECT count(*) FROM calls"); !strings.Contains(r.stdout, "\n") {
		t.Errorf("no answer: %q", r.stdout)
	}
	as("show")
	as("doctor")
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o755); err != nil {
		t.Fatal(err)
	}
}
