package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hindsight/internal/recording"
)

// outcome is what a run shows to the outside.
type outcome struct {
	code, signal   int
	stdout, stderr string
}

// addresses differ from run to run, and with them what programs print of them.
var addresses = regexp.MustCompile(`0x[0-9a-f]{5,}`)

// plain is the outcome without them.
func (o outcome) plain() outcome {
	o.stdout, o.stderr = addresses.ReplaceAllString(o.stdout, "0x…"), addresses.ReplaceAllString(o.stderr, "0x…")
	return o
}

func runPlain(t *testing.T, args ...string) outcome {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	o := outcome{code: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: errs.String()}
	if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); o.code < 0 {
		o.code, o.signal = 0, int(ws.Signal())
	}
	return o
}

// record runs Record with the program's output caught.
func record(t *testing.T, args ...string) (*Result, outcome, error) {
	t.Helper()
	t.Setenv("HINDSIGHT_DIR", t.TempDir())
	out, errs := tempFile(t), tempFile(t)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	res, err := Record(context.Background(), Options{Args: args, Stdin: null, Stdout: out, Stderr: errs, Version: "test"})
	o := outcome{stdout: contents(t, out), stderr: contents(t, errs)}
	if res != nil {
		o.code, o.signal = res.ExitCode, res.Signal
	}
	return res, o, err
}

func tempFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "output")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func contents(t *testing.T, f *os.File) string {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// compare records a program and requires that it did what it does alone.
func compare(t *testing.T, args ...string) []recording.Event {
	t.Helper()
	want := runPlain(t, args...)
	res, got, err := record(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	if again := runPlain(t, args...); again.plain() != want.plain() {
		// It prints the time or random numbers.
		got, want = outcome{code: got.code, signal: got.signal}, outcome{code: want.code, signal: want.signal}
	}
	if got.plain() != want.plain() {
		t.Errorf("recorded %+v\nalone    %+v", got, want)
	}
	events, err := readEvents(res.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if !res.Complete || res.Events != uint64(len(events)) {
		t.Errorf("complete %v, %d events of %d", res.Complete, len(events), res.Events)
	}
	checkShape(t, events)
	return events
}

// checkShape checks what replay relies on in every complete recording.
func checkShape(t *testing.T, events []recording.Event) {
	t.Helper()
	n := len(events)
	if n < 3 || events[0].Kind != recording.KindStart || events[n-1].Kind != recording.KindExit {
		t.Fatalf("%d events that do not go from start to exit", n)
	}
	var last recording.Regs
	for i := range events {
		e := &events[i]
		if s := e.Signal; s != nil && !s.Sync && !s.Fatal {
			now := e.Regs
			now.Orig_rax, last.Orig_rax = 0, 0
			if now != last {
				t.Errorf("not delivered at an event: %v", e)
			}
		}
		if e.Kind == recording.KindSyscall && (e.Regs.Rcx != e.Regs.Rip || e.Regs.R11 != e.Regs.Eflags) {
			t.Errorf("not as at a system call's entry: %v", e)
		}
		last = e.After
	}
	exit := events[n-1].Exit
	if before := events[n-3].Kind; exit.Signal == 0 && before != recording.KindCheckpoint {
		t.Errorf("memory is not hashed before the exit: %v", before)
	}
}

// built compiles a C program as its "build:" comment says.
func built(t *testing.T, source, flags string) string {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not installed")
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	_, line, ok := strings.Cut(string(text), "// build: ")
	line, _, _ = strings.Cut(line, "\n")
	if !ok {
		t.Fatalf("%s does not say how it is built", source)
	}
	out := filepath.Join(t.TempDir(), "program")
	cmd := exec.Command("sh", "-c", line)
	cmd.Env = append(os.Environ(), "FLAGS="+flags, "OUT="+out, "SOURCE="+source)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, text)
	}
	return out
}

func TestInstalledPrograms(t *testing.T) {
	text := filepath.Join(t.TempDir(), "numbers")
	var b strings.Builder
	for i := range 50_000 {
		b.WriteString(strings.Repeat("7", i%13) + "\n")
	}
	if err := os.WriteFile(text, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"true"},
		{"false"},
		{"echo", "hello"},
		{"sh", "-c", "exit 7"},
		{"sh", "-c", "kill -TERM $$"},
		{"sh", "-c", "kill -KILL $$"},
		{"gzip", "-9c", text},
		{"xz", "-1c", text},
		{"sort", "--parallel=1", text},
		{"tar", "-cf", "-", "-C", filepath.Dir(text), "numbers"},
		{"perl", "-e", `my %h; $h{$_ % 100} += $_ for 1..20000; print join(",", map { $h{$_} } sort keys %h)`},
		{"/usr/bin/python3", "-c", "import json, re; print(json.dumps([i * i for i in range(100)]))"},
		{"sqlite3", ":memory:", "create table t(a); insert into t values (1), (2); select sum(a) from t;"},
		{"jq", "-n", "[range(100)] | add"},
		{"find", "/etc", "-maxdepth", "1", "-name", "host*"},
	} {
		t.Run(strings.Join(args[:min(len(args), 2)], " "), func(t *testing.T) {
			if _, err := exec.LookPath(args[0]); err != nil {
				t.Skipf("%s is not installed", args[0])
			}
			compare(t, args...)
		})
	}
}

// Each fixture behaves under the recorder as it does alone.
func TestFixtures(t *testing.T) {
	own, _ := filepath.Glob("testdata/*.c")
	shared, _ := filepath.Glob("../testdata/programs/*.c")
	refused := map[string]string{
		"refused_fork.c": "clone", "legacy_call.c": "int 0x80",
	}
	if len(own) == 0 || len(shared) == 0 {
		t.Fatal("no fixtures")
	}
	for _, source := range append(own, shared...) {
		name := filepath.Base(source)
		t.Run(name, func(t *testing.T) {
			program := built(t, source, "-O2")
			what, ok := refused[name]
			if !ok {
				compare(t, program)
				return
			}
			res, _, err := record(t, program)
			var r *RefusedError
			if !errors.As(err, &r) || r.Name != what {
				t.Fatalf("%v", err)
			}
			events, err := readEvents(res.Dir)
			if err != nil || uint64(len(events)) != r.Event || res.Complete {
				t.Errorf("%d events, complete %v, %v", len(events), res.Complete, err)
			}
		})
	}
}

func TestStaticPrograms(t *testing.T) {
	for _, flags := range []string{"-O2 -static", "-O1 -no-pie", "-O0 -static-pie"} {
		for _, source := range []string{"../testdata/programs/calls_and_returns.c", "testdata/interrupted_calls.c", "testdata/counter_reads.c"} {
			t.Run(filepath.Base(source)+" "+flags, func(t *testing.T) {
				text, err := os.ReadFile(source)
				if err != nil {
					t.Fatal(err)
				}
				copied := filepath.Join(t.TempDir(), "program.c")
				with := bytes.Replace(text, []byte("-o $OUT"), []byte("$FLAGS -I"+abs(t, "../testdata/programs")+" -o $OUT"), 1)
				if err := os.WriteFile(copied, with, 0o600); err != nil {
					t.Fatal(err)
				}
				compare(t, built(t, copied, flags))
			})
		}
	}
}

func abs(t *testing.T, path string) string {
	t.Helper()
	a, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTimeStampsAreEvents(t *testing.T) {
	events := compare(t, built(t, "testdata/counter_reads.c", "-O2"))
	n := 0
	for _, e := range events {
		if e.Kind == recording.KindTSC {
			n++
		}
	}
	if n < 2 {
		t.Errorf("%d time stamps", n)
	}
}

func TestOutputIsKept(t *testing.T) {
	events := compare(t, "echo", "hello")
	for _, e := range events {
		for _, m := range e.Input {
			if e.Regs.Orig_rax == unix.SYS_WRITE && string(m.Data) == "hello\n" {
				return
			}
		}
	}
	t.Error("what echo wrote is not in the recording")
}

func TestBadPrograms(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	elf32 := "\x7fELF\x01\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\x03\x00" + strings.Repeat("\x00", 60)
	arm := "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00\xb7\x00" + strings.Repeat("\x00", 60)
	for _, c := range []struct{ program, want string }{
		{"", "no program"},
		{"no-such-program-at-all", "no such program in PATH"},
		{filepath.Join(dir, "absent"), "no such file"},
		{dir, "is a folder"},
		{file("plain", "x", 0o600), "not executable"},
		{file("empty", "", 0o700), "is empty"},
		{file("text", "echo hi\n", 0o700), "neither an ELF program nor a script"},
		{file("badscript", "#!/no/such/interpreter\n", 0o700), `interpreter "/no/such/interpreter" is missing`},
		{file("noscript", "#!\n", 0o700), "names no interpreter"},
		{file("loop", "#!"+filepath.Join(dir, "loop")+"\n", 0o700), "over and over"},
		{file("elf32", elf32, 0o700), "32-bit"},
		{file("arm", arm, 0o700), "AARCH64"},
		{file("cut", "\x7fELF\x02\x01", 0o700), "cut off"},
	} {
		res, _, err := record(t, c.program)
		var u *UsageError
		if res != nil || !errors.As(err, &u) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", c.program, err)
		}
	}
	if left, err := recording.List(); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestScripts(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$1\" from a script\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	compare(t, script, "hello")
}

// helper starts this test binary as a recorder of args.
func helper(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), helperDir+"="+dir, "HINDSIGHT_DIR="+filepath.Join(filepath.Dir(dir), "store"))
	return cmd
}

func TestKilledRecorder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "recording")
	cmd := helper(t, dir, "sh", "-c", "while :; do : $PPID; kill -0 $$; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForEvents(t, dir, 1000)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, as it should be
	r, err := recording.Open(dir)
	if err != nil || r.Complete || r.Meta.XSaveSize == 0 {
		t.Fatalf("complete %v, %v", r.Complete, err)
	}
	if _, err := readEvents(dir); err != nil && !errors.Is(err, recording.ErrTruncated) {
		t.Error(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for unix.Kill(r.Meta.PID, 0) == nil {
		if time.Now().After(deadline) {
			t.Fatal("the program outlived its recorder")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func waitForEvents(t *testing.T, dir string, n int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		if events, _ := readEvents(dir); len(events) >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the recording does not grow")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// The terminal sends its signals to both; the recorder has to outlive them and
// to tell what became of the program.
func TestTerminalSignals(t *testing.T) {
	for _, c := range []struct {
		signal unix.Signal
		script string
		code   int
	}{
		{unix.SIGINT, "trap 'echo caught; exit 3' INT; while :; do kill -0 $$; done", 3},
		{unix.SIGINT, "while :; do kill -0 $$; done", 128 + 2},
		{unix.SIGTERM, "trap 'echo caught; exit 4' TERM; while :; do kill -0 $$; done", 4},
		{unix.SIGHUP, "trap 'echo caught; exit 4' HUP; while :; do kill -0 $$; done", 4},
	} {
		dir := filepath.Join(t.TempDir(), "recording")
		cmd := helper(t, dir, "sh", "-c", c.script)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitForEvents(t, dir, 200)
		to := -cmd.Process.Pid
		if c.signal != unix.SIGINT {
			to = cmd.Process.Pid // the recorder alone: it has to pass it on
		}
		if err := unix.Kill(to, c.signal); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // the status is looked at
		if got := cmd.ProcessState.ExitCode(); got != c.code {
			t.Errorf("%s: status %d, want %d; %s", c.script, got, c.code, out.String())
		}
		if r, err := recording.Open(dir); err != nil || !r.Complete {
			t.Errorf("%s: not complete: %v", c.script, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	t.Setenv("HINDSIGHT_DIR", t.TempDir())
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	res, err := Record(ctx, Options{Args: []string{"sleep", "1000"}})
	if !errors.Is(err, context.DeadlineExceeded) || res == nil || res.Complete {
		t.Fatalf("%+v, %v", res, err)
	}
}

func TestOrdinaryUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the tests already run as an ordinary user")
	}
	const nobody = 65534
	base, err := os.MkdirTemp("", "ordinary-user")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	binary := filepath.Join(base, "recorder")
	copyFile(t, os.Args[0], binary)
	if err := errors.Join(os.Chmod(base, 0o755), os.Chown(base, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(base, "recording")
	cmd := helper(t, dir, "sort", "--parallel=1", "/etc/passwd")
	cmd.Path, cmd.Dir = binary, base
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if r, err := recording.Open(dir); err != nil || !r.Complete {
		t.Errorf("%v", err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
}
