package e2e

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"hindsight/internal/fixture"
)

// TestFixtures takes every program of testdata/programs in every variant through
// everything: recorded, it does what it does unrecorded; replay proves itself on
// both engines; two indexings agree; and SQL tells the program's own truth.
func TestFixtures(t *testing.T) {
	programs, err := fixture.Programs()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		for _, v := range fixture.Variants {
			if !p.In(v) {
				continue
			}
			t.Run(p.Name+"/"+v.Name, func(t *testing.T) {
				t.Parallel()
				if p.Refused != nil {
					checkRefused(t, p, buildFixture(t, p, v))
					return
				}
				checkFixture(t, p, v)
			})
		}
	}
}

// buildFixture builds a program or skips the test where its compiler is not here.
func buildFixture(t *testing.T, p fixture.Program, v fixture.Variant) string {
	t.Helper()
	if _, err := exec.LookPath(p.Compiler()); err != nil {
		t.Skipf("%s is not installed", p.Compiler())
	}
	path, err := p.Binary(v)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// arguments are the program's own, as the shell splits them.
func arguments(t *testing.T, p fixture.Program) []string {
	t.Helper()
	if p.Args == "" {
		return nil
	}
	out, err := exec.Command("bash", "-c", `printf '%s\0' `+p.Args).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// record records a program into a new folder.
func record(t *testing.T, c command) (recording string, r result) {
	t.Helper()
	recording = filepath.Join(t.TempDir(), "recording")
	c.args = append([]string{binary, "record", "-o", recording, "--"}, c.args...)
	return recording, run(t, c)
}

func checkFixture(t *testing.T, p fixture.Program, v fixture.Variant) {
	program := command{args: append([]string{buildFixture(t, p, v)}, arguments(t, p)...)}
	plain := run(t, program)
	if plain.status == 77 {
		t.Skip(strings.TrimPrefix(strings.TrimSpace(plain.stdout), "skip: ") + " on this processor")
	}
	if want := wantStatus(p); plain.status != want || !strings.Contains(plain.stdout, "EXIT-SUCCESS") {
		t.Fatalf("unrecorded, it ended with %d, want %d:\n%s", plain.status, want, tail(plain.stdout))
	}
	recording, recorded := record(t, program)
	if recorded.status != plain.status || !strings.Contains(recorded.stdout, "EXIT-SUCCESS") {
		t.Fatalf("recorded, it ended with %d, want %d:\n%s\n%s", recorded.status, plain.status, tail(recorded.stdout), tail(recorded.stderr))
	}
	if !p.Varies {
		sameText(t, "recorded output", withoutTruth(recorded.stdout), withoutTruth(plain.stdout))
	}
	if !strings.Contains(recorded.stderr, recording) {
		t.Errorf("record did not say where the recording is:\n%s", tail(recorded.stderr))
	}
	checkReplay(t, recording, recorded.stdout)
	first, second := index(t, recording, "first"), index(t, recording, "second")
	sameTables(t, first, second)
	checkTruth(t, first, program.args[0], recorded.stdout)
	checkOutput(t, first, recorded.stdout)
	checkWhole(t, first)
}

// checkReplay replays on both engines and compares the output.
func checkReplay(t *testing.T, recording, stdout string) {
	t.Helper()
	native := hindsight(t, "replay", "--output", recording)
	sameText(t, "output of native replay", native.stdout, stdout)
	translated := hindsight(t, "replay", "--translated", "--output", "--verify", recording)
	sameText(t, "output of translated replay", translated.stdout, stdout)
}

// checkOutput compares the view output with what the program printed.
func checkOutput(t *testing.T, database, stdout string) {
	t.Helper()
	want := strconv.Itoa(len(stdout))
	got := askOne(t, database, "SELECT coalesce(sum(result), 0)::BIGINT FROM syscalls WHERE name IN ('write', 'writev') AND arg0 = 1 AND result > 0")
	if got != want {
		t.Errorf("the system calls wrote %s bytes to standard output, the program %s", got, want)
	}
}

// checkRefused wants a clear error that names the event.
func checkRefused(t *testing.T, p fixture.Program, path string) {
	_, r := record(t, command{args: []string{path}})
	if r.status == 0 {
		t.Fatalf("it was recorded, though it makes one of %v", p.Refused)
	}
	for _, name := range p.Refused {
		if strings.Contains(r.stderr, name) {
			return
		}
	}
	t.Errorf("exit status %d, and no word of any of %v:\n%s", r.status, p.Refused, tail(r.stderr))
}

// wantStatus is the exit status that the header of a program announces.
func wantStatus(p fixture.Program) int {
	if p.Ends == "" {
		return 0
	}
	if s := unix.SignalNum(p.Ends); s != 0 {
		return 128 + int(s)
	}
	n, _ := strconv.Atoi(p.Ends)
	return n
}

// withoutTruth leaves out lines that hold addresses.
func withoutTruth(output string) string {
	var b strings.Builder
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "truth ") {
			b.WriteString(line)
		}
	}
	return b.String()
}
