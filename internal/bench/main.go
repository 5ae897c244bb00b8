// Command bench measures what docs/benchmarks.md shows: each row of its table is
// a ratio or a figure, measured against its peers in the same run.
//
//	bench [-rows NAME,…|all] [-runs N] -hindsight BINARY
//
// Every row can be measured by itself. Results are kept in build/bench, and the
// page is made of the newest of each.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hindsight/internal/fixture"
)

// row is a row of the page.
type row struct {
	name    string
	what    string
	reach   string // the goal
	compare string // what others need
	measure func(*bench) ([]string, error)
}

// bench is what measurements share.
type bench struct {
	hindsight string // absolute path
	root      string // of the repository
	work      string // for inputs and recordings
	runs      int
	log       func(format string, args ...any)
}

func main() {
	names := flag.String("rows", "all", "the rows to measure, separated by commas; list shows them")
	binary := flag.String("hindsight", "./hindsight", "the binary to measure")
	runs := flag.Int("runs", 3, "how often each thing is run; the best counts")
	flag.Parse()
	if *names == "list" {
		for _, r := range rows {
			fmt.Printf("%-12s %s\n", r.name, r.what)
		}
		return
	}
	if err := run(*names, *binary, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(names, binary string, runs int) error {
	root, err := fixture.Root()
	if err != nil {
		return err
	}
	b := &bench{root: root, work: filepath.Join(root, "build", "bench"), runs: runs}
	if b.hindsight, err = filepath.Abs(binary); err != nil {
		return err
	}
	b.log = func(format string, args ...any) { fmt.Fprintf(os.Stderr, "  "+format+"\n", args...) }
	if err := os.MkdirAll(b.work, 0o755); err != nil {
		return err
	}
	failed := 0
	for _, r := range rows {
		if names != "all" && !contains(strings.Split(names, ","), r.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", r.name, r.what)
		began := time.Now()
		lines, err := r.measure(b)
		if err != nil {
			failed++
			lines = []string{"could not be measured: " + firstLine(err.Error())}
		}
		for _, l := range lines {
			b.log("%s", l)
		}
		if err := keep(b, r, lines, time.Since(began)); err != nil {
			return err
		}
	}
	if err := writePage(b); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d rows could not be measured", failed)
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
