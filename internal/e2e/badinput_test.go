package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// complaint wants a failure with one clear line that mentions something.
func complaint(t *testing.T, r result, status int, mentions ...string) {
	t.Helper()
	text := strings.TrimSpace(r.stderr)
	if r.status != status {
		t.Errorf("exit status %d, want %d:\n%s", r.status, status, tail(text))
	}
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) != 1 || !strings.HasPrefix(text, "hindsight: ") {
		t.Errorf("want one line that begins with \"hindsight: \", got %d:\n%s", len(lines), tail(text))
	}
	for _, m := range mentions {
		if !strings.Contains(text, m) {
			t.Errorf("want %q mentioned in: %s", m, tail(text))
		}
	}
}

func TestProgramsThatCannotRun(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain.txt")
	write(t, plain, "no program\n")
	script := filepath.Join(dir, "script")
	writeExecutable(t, script, "#!/no/such/interpreter\necho\n")
	empty := filepath.Join(dir, "empty")
	writeExecutable(t, empty, "")
	garbage := filepath.Join(dir, "garbage")
	writeExecutable(t, garbage, "\x7fELF\x02\x01\x01 and then nothing that an ELF file has")
	small := filepath.Join(dir, "thirtytwo")
	writeExecutable(t, small, elf32(t))
	for name, c := range map[string]struct {
		path     string
		mentions []string
	}{
		"missing":          {filepath.Join(dir, "missing"), []string{"missing"}},
		"not in PATH":      {"no-such-command-anywhere", []string{"no-such-command-anywhere", "PATH"}},
		"not executable":   {plain, []string{"plain.txt"}},
		"a directory":      {dir, []string{dir}},
		"bad interpreter":  {script, []string{"/no/such/interpreter"}},
		"empty":            {empty, []string{"empty"}},
		"damaged":          {garbage, []string{"garbage"}},
		"a 32-bit program": {small, []string{"32"}},
	} {
		t.Run(name, func(t *testing.T) {
			recording, r := record(t, command{args: []string{c.path}})
			complaint(t, r, 1, c.mentions...)
			if _, err := os.Stat(recording); err == nil {
				t.Errorf("it left %s behind", recording)
			}
		})
	}
}

// TestProgramWithRights holds that a program to which tracing would deny its
// rights is not recorded without them.
func TestProgramWithRights(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make a program set-user-ID to another user")
	}
	dir, err := os.MkdirTemp("", "hindsight-e2e")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	copyFile(t, binary, filepath.Join(dir, "hindsight"))
	program, store := filepath.Join(dir, "program"), filepath.Join(dir, "store")
	copyFile(t, static(t, "calls_and_returns"), program)
	const nobody = 65534
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(program, 0o755|os.ModeSetuid), os.Mkdir(store, 0o755), os.Chown(store, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	c := command{args: []string{filepath.Join(dir, "hindsight"), "record", program}, dir: dir, nobody: true, env: []string{"HINDSIGHT_DIR=" + store}}
	complaint(t, run(t, c), 1, program, "set-user-ID")
	if entries, err := os.ReadDir(store); err != nil || len(entries) > 0 {
		t.Errorf("it left %v behind, %v", entries, err)
	}
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	if r := run(t, c); r.status != 0 {
		t.Errorf("without the bit: %d\n%s", r.status, tail(r.stderr))
	}
}

func writeExecutable(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// elf32 is the smallest i386 program: exit(0).
func elf32(t *testing.T) string {
	t.Helper()
	header := make([]byte, 0x54)
	copy(header, "\x7fELF\x01\x01\x01")
	put := func(at int, v uint32, n int) {
		for i := range n {
			header[at+i] = byte(v >> (8 * i))
		}
	}
	code := []byte{0x31, 0xdb, 0x31, 0xc0, 0x40, 0xcd, 0x80} // xor ebx,ebx; xor eax,eax; inc eax; int 0x80
	size := uint32(len(header) + len(code))
	put(16, 2, 2)           // ET_EXEC
	put(18, 3, 2)           // EM_386
	put(20, 1, 4)           // version
	put(24, 0x8048054, 4)   // entry
	put(28, 0x34, 4)        // program headers
	put(40, 0x34, 2)        // size of this header
	put(42, 0x20, 2)        // size of a program header
	put(44, 1, 2)           // how many
	put(0x34, 1, 4)         // PT_LOAD
	put(0x3c, 0x8048000, 4) // address
	put(0x40, 0x8048000, 4)
	put(0x44, size, 4)
	put(0x48, size, 4)
	put(0x4c, 5, 4)
	put(0x50, 0x1000, 4)
	return string(header) + string(code)
}

func TestWrongUse(t *testing.T) {
	for name, args := range map[string][]string{
		"no such command":     {"remember"},
		"no such flag":        {"record", "--no-such-flag", "/bin/true"},
		"no program":          {"record"},
		"no such format":      {"sql", "--format", "papyrus", "-c", "SELECT 1"},
		"two sources":         {"sql", "-c", "SELECT 1", "-f", "x.sql"},
		"from behind to":      {"index", "--from", "10", "--to", "5"},
		"a time that is none": {"index", "--from", "yesterday"},
		"no such engine":      {"replay", "--engine", "steam"},
	} {
		t.Run(name, func(t *testing.T) {
			complaint(t, run(t, command{args: append([]string{binary}, args...)}), 2)
		})
	}
}

// sample records a short program once for a test, and returns the folder.
func sample(t *testing.T) string {
	t.Helper()
	recording, r := record(t, command{args: []string{static(t, "calls_and_returns")}})
	if r.status != 0 {
		t.Fatalf("record: exit status %d\n%s", r.status, tail(r.stderr))
	}
	return recording
}

func TestDamagedRecordings(t *testing.T) {
	damage := map[string]func(t *testing.T, dir string){
		"cut":            func(t *testing.T, dir string) { change(t, events(dir), func(b []byte) []byte { return b[:len(b)/2] }) },
		"without an end": func(t *testing.T, dir string) { change(t, events(dir), func(b []byte) []byte { return b[:len(b)-1] }) },
		"emptied":        func(t *testing.T, dir string) { change(t, events(dir), func([]byte) []byte { return nil }) },
		"altered":        func(t *testing.T, dir string) { change(t, events(dir), flip(1, 2)) },
		"altered early":  func(t *testing.T, dir string) { change(t, events(dir), flip(1, 10)) },
		"longer": func(t *testing.T, dir string) {
			change(t, events(dir), func(b []byte) []byte { return append(b, b[:100]...) })
		},
		"without events":    func(t *testing.T, dir string) { remove(t, events(dir)) },
		"without objects":   func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "objects")) },
		"an object altered": func(t *testing.T, dir string) { change(t, anyObject(t, dir), flip(1, 2)) },
		"an object cut": func(t *testing.T, dir string) {
			change(t, anyObject(t, dir), func(b []byte) []byte { return b[:len(b)/2] })
		},
		"meta is no JSON": func(t *testing.T, dir string) { write(t, filepath.Join(dir, "recording.json"), "{") },
		"a newer version": func(t *testing.T, dir string) { setMeta(t, dir, "format", 99) },
	}
	for name, f := range damage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recording := sample(t)
			f(t, recording)
			before := listing(t, recording)
			for _, args := range [][]string{{"replay", recording}, {"index", recording}, {"sql", recording, "-c", "SELECT 1"}} {
				r := run(t, command{args: append([]string{binary}, args...)})
				lines := strings.Split(strings.TrimSpace(r.stderr), "\n")
				if args[0] == "sql" { // it says first that it indexes
					r.stderr = lines[len(lines)-1]
				}
				complaint(t, r, 1)
			}
			if name == "a newer version" {
				complaint(t, run(t, command{args: []string{binary, "replay", recording}}), 1, "99", "newer")
			}
			sameText(t, "files of the recording", listing(t, recording), before)
		})
	}
}

func events(dir string) string { return filepath.Join(dir, "events") }

func flip(numerator, denominator int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[len(b)*numerator/denominator] ^= 0x40
		return b
	}
}

func change(t *testing.T, path string, f func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	remove(t, path) // objects may be links to shared files
	if err := os.WriteFile(path, f(b), 0o644); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func anyObject(t *testing.T, dir string) string {
	t.Helper()
	objects, err := filepath.Glob(filepath.Join(dir, "objects", "*"))
	if err != nil || len(objects) == 0 {
		t.Fatalf("no objects in %s: %v", dir, err)
	}
	return objects[0]
}

func setMeta(t *testing.T, dir, key string, value any) {
	t.Helper()
	path := filepath.Join(dir, "recording.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	meta := map[string]any{}
	if err := json.Unmarshal(b, &meta); err != nil {
		t.Fatal(err)
	}
	meta[key] = value
	if b, err = json.Marshal(meta); err != nil {
		t.Fatal(err)
	}
	write(t, path, string(b))
}

// listing is the names of all files below a folder.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, "\n")
}

func TestNotARecording(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "text\n")
	for name, path := range map[string]string{
		"an empty folder": t.TempDir(), "a file": filepath.Join(dir, "file"), "another folder": dir, "nothing": filepath.Join(dir, "no"),
	} {
		t.Run(name, func(t *testing.T) {
			for _, verb := range []string{"replay", "index", "show"} {
				complaint(t, run(t, command{args: []string{binary, verb, path}}), 1)
			}
			complaint(t, run(t, command{args: []string{binary, "remove", "--yes", path}}), 1)
			if _, err := os.Stat(path); err != nil && name != "nothing" {
				t.Errorf("remove took away %s", path)
			}
		})
	}
}

func TestBadSQL(t *testing.T) {
	database := index(t, sample(t), "history")
	for name, sql := range map[string]string{
		"syntax":        "SELEC 1",
		"unknown table": "SELECT * FROM rights",
		"unknown name":  "SELECT tt FROM writes",
		"wrong type":    "SELECT 'x'::INTEGER",
		"a change":      "DELETE FROM writes",
		"a drop":        "DROP TABLE calls",
	} {
		t.Run(name, func(t *testing.T) {
			complaint(t, run(t, command{args: []string{binary, "sql", "--db", database, "-c", sql}}), 1)
		})
	}
	if n := askOne(t, database, "SELECT count(*) FROM writes"); n == "0" {
		t.Error("the writes are gone")
	}
}

func TestPlacesThatCannotBeWritten(t *testing.T) {
	program := static(t, "calls_and_returns")
	t.Run("a folder that exists", func(t *testing.T) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "precious"), "text\n")
		r := run(t, command{args: []string{binary, "record", "-o", dir, "--", program}})
		complaint(t, r, 1, dir)
		sameText(t, "the folder", listing(t, dir), dir+"\n"+filepath.Join(dir, "precious"))
	})
	t.Run("a database that exists", func(t *testing.T) {
		recording := sample(t)
		database := filepath.Join(t.TempDir(), "precious.duckdb")
		write(t, database, "text\n")
		complaint(t, run(t, command{args: []string{binary, "index", "--db", database, recording}}), 1, database)
		sameText(t, "the file", contents("precious.duckdb")(filepath.Dir(database)), "text\n")
	})
	t.Run("read-only", func(t *testing.T) {
		dir, err := os.MkdirTemp("", "hindsight-e2e")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		copyFile(t, binary, filepath.Join(dir, "hindsight"))
		copyFile(t, program, filepath.Join(dir, "program"))
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		c := command{args: []string{filepath.Join(dir, "hindsight"), "record", filepath.Join(dir, "program")},
			dir: dir, nobody: os.Getuid() == 0, env: []string{"HINDSIGHT_DIR=" + filepath.Join(dir, "store")}}
		complaint(t, run(t, c), 1, dir, "HINDSIGHT_DIR")
		c.args = []string{filepath.Join(dir, "hindsight"), "record", "-o", filepath.Join(dir, "recording"), filepath.Join(dir, "program")}
		complaint(t, run(t, c), 1, dir, "choose a place")
	})
}

// TestRecordingsThatCannotBeWritten is the same of what exists already.
func TestRecordingsThatCannotBeWritten(t *testing.T) {
	program := static(t, "calls_and_returns")
	t.Run("a read-only recording", func(t *testing.T) {
		dir, err := os.MkdirTemp("", "hindsight-e2e")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = exec.Command("chmod", "-R", "u+w", dir).Run() // to be able to remove it
			os.RemoveAll(dir)
		})
		copyFile(t, binary, filepath.Join(dir, "hindsight"))
		recording := filepath.Join(dir, "recording")
		hindsight(t, "record", "-o", recording, "--", program)
		if out, err := exec.Command("chmod", "-R", "a+rX,a-w", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		before := listing(t, recording)
		c := command{args: []string{filepath.Join(dir, "hindsight"), "index", recording}, dir: dir, nobody: os.Getuid() == 0}
		complaint(t, run(t, c), 1, recording, "--db")
		c.args = []string{filepath.Join(dir, "hindsight"), "remove", "--yes", recording}
		complaint(t, run(t, c), 1, recording, "nothing was removed")
		sameText(t, "files of the recording", listing(t, recording), before)
	})
	t.Run("a full disk", func(t *testing.T) {
		// A limit on the size of files stands for a disk of that size.
		recording := filepath.Join(t.TempDir(), "recording")
		r := run(t, command{args: []string{"bash", "-c", `ulimit -f 4; exec "$@"`, "bash", binary, "record", "-o", recording, "--", program}})
		if r.status == 0 {
			t.Skip("the recording is smaller than the limit")
		}
		complaint(t, withoutProgram(r), 1, "make room")
		good := sample(t)
		before := listing(t, good)
		r = run(t, command{args: []string{"bash", "-c", `ulimit -f 40; exec "$@"`, "bash", binary, "index", good}})
		complaint(t, r, 1, "there is no room on the disk", "--db")
		sameText(t, "files of the recording", listing(t, good), before)
	})
}

// withoutProgram keeps only what hindsight itself said.
func withoutProgram(r result) result {
	var b strings.Builder
	for line := range strings.Lines(r.stderr) {
		if strings.HasPrefix(line, "hindsight: ") {
			b.WriteString(line)
		}
	}
	r.stderr = b.String()
	return r
}

func TestKilledRecorder(t *testing.T) {
	recording := filepath.Join(t.TempDir(), "recording")
	// cat reads what we feed it, so it is alive when its recorder is killed.
	cmd := exec.Command(binary, "record", "-o", recording, "--", "/bin/cat")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if _, err := stdin.Write([]byte(strings.Repeat("x", 1000))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond)
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	stdin.Close()
	if err := cmd.Wait(); err == nil {
		t.Fatal("it ended well, though it was killed")
	}
	r := hindsight(t, "replay", recording)
	if !strings.Contains(r.stderr, "before the program did") {
		t.Errorf("replay does not say that the recording is cut: %s", r.stderr)
	}
	database := index(t, recording, "history")
	if n := askOne(t, database, "SELECT count(*) FROM syscalls WHERE name = 'read'"); n == "0" {
		t.Error("the reads are not there")
	}
	if c := askOne(t, database, "SELECT complete FROM recordings"); c != "false" {
		t.Errorf("complete is %s, want false", c)
	}
}

func TestKilledIndexer(t *testing.T) {
	recording, r := record(t, command{args: []string{"/usr/bin/perl", "-e", `for (1..300000) { $h{$_ % 1000} .= "x" }`}})
	if r.status != 0 {
		t.Skip("perl is not installed")
	}
	before := listing(t, recording)
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM} {
		cmd := exec.Command(binary, "index", recording)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(700 * time.Millisecond)
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Skip("indexing ended before it could be interrupted")
		}
		if _, err := os.Stat(filepath.Join(recording, "history.duckdb")); err == nil {
			t.Errorf("%v left a database behind", sig)
		}
	}
	hindsight(t, "index", recording)
	for _, path := range strings.Split(listing(t, recording), "\n") {
		if filepath.Base(path) != "history.duckdb" && !strings.Contains(before, path) {
			t.Errorf("the next indexing does not clear away %s", path)
		}
	}
}
