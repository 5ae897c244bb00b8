package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// kept is a measured row in build/bench.
type kept struct {
	Lines []string  `json:"lines"`
	At    time.Time `json:"at"`
	Took  string    `json:"took"`
}

func keptPath(b *bench, name string) string { return filepath.Join(b.work, "row-"+name+".json") }

func keep(b *bench, r row, lines []string, took time.Duration) error {
	text, err := json.MarshalIndent(kept{lines, time.Now().UTC(), took.Round(time.Second).String()}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(keptPath(b, r.name), text, 0o644)
}

// writePage makes docs/benchmarks.md of what was measured on this machine. It is
// written only where every row was, so that a part never replaces the whole.
func writePage(b *bench) error {
	var p strings.Builder
	fmt.Fprintf(&p, `# Benchmarks

Measured by `+"`make bench`"+` (`+"`make bench ROWS=record,log`"+` for some rows; `+"`go run ./internal/bench -rows list`"+` names them).
Ratios are against the same program in the same run; the best of several runs counts. No test asserts a time.

Machine: %s.

| what | to reach | measured | for comparison | date |
|---|---|---|---|---|
`, machine())
	for _, r := range rows {
		text, err := os.ReadFile(keptPath(b, r.name))
		if err != nil {
			fmt.Fprintf(os.Stderr, "docs/benchmarks.md is left as it is: %s was not measured here\n", r.name)
			return nil
		}
		var k kept
		if err := json.Unmarshal(text, &k); err != nil {
			return fmt.Errorf("read %s: %w", keptPath(b, r.name), err)
		}
		fmt.Fprintf(&p, "| %s | %s | %s | %s | %s |\n", r.what, r.reach, strings.Join(k.Lines, "<br>"), r.compare, k.At.Format(time.DateOnly))
	}
	p.WriteString(inputs)
	return os.WriteFile(filepath.Join(b.root, "docs", "benchmarks.md"), []byte(p.String()), 0o644)
}

const inputs = `
The workloads: gzip -9 and xz -6 of 3 MB of text; sqlite3 filling, indexing, updating and asking a table of 60,000 rows in memory;
perl and python3 counting words in tables, calling functions recursively, matching and JSON; cc1 -O2 of a C file of 200 lines; and the programs of
testdata/bench. "Host process" is the process in which the replayed program runs; decoding and loading happen on the other CPU.
`

func machine() string {
	cpu := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	var u unix.Utsname
	kernel := "unknown kernel"
	if unix.Uname(&u) == nil {
		kernel = "Linux " + unix.ByteSliceToString(u.Release[:])
	}
	return fmt.Sprintf("%s, %d virtual CPUs, %s, %s", cpu, runtime.NumCPU(), kernel, runtime.Version())
}
