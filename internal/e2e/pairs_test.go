package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hindsight/internal/fixture"
)

// pairBuild builds a program of testdata/pairs in a folder of its own, with lines
// put before its first and, for a regression, what is planted in it.
func pairBuild(t *testing.T, p fixture.Program, v fixture.Variant, dir string, shift int, regression bool) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(p.Source)
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Base(p.Source)
	if err := os.WriteFile(filepath.Join(dir, source), append([]byte(strings.Repeat("// moved down\n", shift)), text...), 0o644); err != nil {
		t.Fatal(err)
	}
	flags := v.Flags
	if rust := strings.HasSuffix(source, ".rs"); rust {
		flags = v.Rust
		if regression {
			flags += " --cfg regression"
		}
	} else if regression {
		flags += " -DREGRESSION"
	}
	out := filepath.Join(dir, p.Name)
	r := run(t, command{args: []string{"bash", "-c", p.Build}, dir: dir, env: []string{"FLAGS=" + flags, "SOURCE=" + source, "OUT=" + out}})
	if r.status != 0 {
		t.Fatalf("build: %s", r.stderr)
	}
	return out
}

// recorded records a program and gives the recording.
func recorded(t *testing.T, program string) string {
	t.Helper()
	dir := program + ".recording"
	hindsight(t, "record", "-o", dir, program)
	return dir
}

var foundBy = regexp.MustCompile(`(?m)^// found by: (.+)$`)

// failing runs checks and gives those that failed, by name.
func failing(t *testing.T, head, base string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "r.json")
	root, err := fixture.Root()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{binary, "check", "--head", head, "--base", base, "--json", file, "builtin"}
	checks, err := filepath.Glob(filepath.Join(root, "testdata/pairs/checks/same_*.sql"))
	if err != nil || len(checks) == 0 {
		t.Fatal(checks, err)
	}
	name := strings.TrimSuffix(filepath.Base(head), ".recording")
	for _, c := range append(checks, filepath.Join(root, "testdata/pairs/checks", name+".sql")) {
		args = append(args, "checks/"+filepath.Base(c))
	}
	r := run(t, command{args: args, dir: filepath.Join(root, "testdata/pairs")})
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.stderr)
	}
	var report struct {
		Status string
		Checks []struct{ Name, Status, Error string }
	}
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, c := range report.Checks {
		switch c.Status {
		case "failed":
			failed = append(failed, c.Name)
		case "error":
			t.Errorf("%s: %s", c.Name, c.Error)
		}
	}
	if want := map[bool]int{true: 1, false: 0}[len(failed) > 0]; r.status != want {
		t.Errorf("exit status %d, want %d\n%s", r.status, want, r.stdout)
	}
	if len(failed) > 0 {
		t.Logf("%s", tail(r.stdout))
	}
	slices.Sort(failed)
	return failed
}

// TestPairs records pairs of builds. The same source, built in another folder and
// moved down in its file, must give no difference; the planted regression must be
// found by the checks that the program names, and by no others.
func TestPairs(t *testing.T) {
	programs, err := fixture.In("testdata/pairs")
	if err != nil || len(programs) == 0 {
		t.Fatal(programs, err)
	}
	for _, p := range programs {
		for _, v := range fixture.Variants {
			if !p.In(v) {
				continue
			}
			t.Run(p.Name+"/"+v.Name, func(t *testing.T) {
				if _, err := exec.LookPath(p.Compiler()); err != nil {
					t.Skipf("no %s here", p.Compiler())
				}
				dir := t.TempDir()
				base := recorded(t, pairBuild(t, p, v, filepath.Join(dir, "old"), 0, false))
				same := recorded(t, pairBuild(t, p, v, filepath.Join(dir, "a_much_longer_name", "of_the_source"), 17, false))
				if failed := failing(t, same, base); failed != nil {
					t.Errorf("equal builds differ by %v", failed)
				}
				text, err := os.ReadFile(p.Source)
				if err != nil {
					t.Fatal(err)
				}
				m := foundBy.FindStringSubmatch(string(text))
				if m == nil {
					t.Fatalf("%s does not say what finds its regression", p.Source)
				}
				want := strings.Fields(m[1])
				slices.Sort(want)
				head := recorded(t, pairBuild(t, p, v, filepath.Join(dir, "new"), 5, true))
				if failed := failing(t, head, base); !slices.Equal(failed, want) {
					t.Errorf("the regression is found by %v, not %v", failed, want)
				}
			})
		}
	}
}

// TestUnmatchablePairs: where a build has not what checks match by, they say so
// instead of finding nothing to differ; the others go on.
func TestUnmatchablePairs(t *testing.T) {
	need(t, "gcc")
	need(t, "strip")
	dir := t.TempDir()
	programs, err := fixture.In("testdata/pairs")
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(programs, func(p fixture.Program) bool { return p.Name == "extra_loop" })
	full := pairBuild(t, programs[at], fixture.Variants[1], filepath.Join(dir, "full"), 0, false)
	stripped := func(folder string, args ...string) string {
		out := filepath.Join(dir, folder, "extra_loop")
		if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
			t.Fatal(err)
		}
		run(t, command{args: append(append([]string{"strip"}, args...), "-o", out, full)})
		return recorded(t, out)
	}
	other := filepath.Join(dir, "another")
	copyFile(t, full, other)
	builds := map[string]string{"full": recorded(t, full), "bare": stripped("bare"), "lineless": stripped("lineless", "-g"), "other": recorded(t, other)}
	lines := filepath.Join(dir, "lines.sql")
	write(t, lines, "-- Lines.\n-- expect: no rows\nSELECT * FROM compare_lines WHERE head_executions <> base_executions\n")
	for _, c := range []struct {
		head, base, check string
		status            int
		want              string
	}{
		{"full", "bare", "builtin:same_calls", 2, "the base's program extra_loop has no symbols"},
		{"bare", "bare", "builtin:same_system_calls", 2, "the head's program extra_loop as well as the base's program extra_loop has no symbols"},
		{"bare", "full", "builtin:no_new_failed_system_calls", 2, "record a build that is not stripped"},
		{"bare", "full", "builtin:same_output", 0, "1 passed"},
		{"lineless", "full", "builtin:same_calls", 0, "1 passed"},
		{"lineless", "full", lines, 2, "the head's program extra_loop has no debug information"},
		{"lineless", "lineless", lines, 2, "compiled with -g"},
		{"full", "full", lines, 0, "1 passed"},
		{"other", "full", "builtin:same_calls", 0, `head is a run of "another" and base one of "extra_loop"`},
	} {
		r := run(t, command{args: []string{binary, "check", "--head", builds[c.head], "--base", builds[c.base], c.check}})
		if r.status != c.status || !strings.Contains(r.stdout+r.stderr, c.want) {
			t.Errorf("%s of %s against %s: status %d, want %d and %q\n%s%s", c.check, c.head, c.base, r.status, c.status, c.want, r.stdout, r.stderr)
		}
	}
}
