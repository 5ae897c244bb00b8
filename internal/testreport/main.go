// Command testreport reads `go test -json` and prints what a reader wants of it:
// a line for each package as go test does, the output of tests that failed, why
// each skipped test was skipped, and the totals. It fails if a test did.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"
)

// event is a line of `go test -json`.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

type key struct{ pkg, test string }

// report gathers what the events tell.
type report struct {
	out                     io.Writer
	output                  map[key][]string
	skips                   map[string][]string // reason to tests
	passed, failed, skipped int
	packageFailed           bool
	began                   time.Time
}

func main() {
	r := &report{out: os.Stdout, output: map[key][]string{}, skips: map[string][]string{}, began: time.Now()}
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
	if !r.summarize() {
		os.Exit(1)
	}
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(r.out, lines.Text()) // what the compiler says comes as it is
			continue
		}
		r.take(e)
	}
	return lines.Err()
}

func (r *report) take(e event) {
	k := key{e.Package, e.Test}
	switch e.Action {
	case "output":
		r.output[k] = append(r.output[k], e.Output)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "build-fail":
		r.packageFailed = true
	case "pass", "fail", "skip":
		r.end(k, e)
		delete(r.output, k)
	}
}

func (r *report) end(k key, e event) {
	name := strings.TrimPrefix(k.pkg, "hindsight/") + "." + k.test
	switch {
	case k.test == "" && e.Action == "skip":
		// a package without tests
	case k.test == "":
		r.packageFailed = r.packageFailed || e.Action == "fail"
		for _, line := range r.output[k] {
			if e.Action == "fail" || strings.HasPrefix(line, "ok") {
				fmt.Fprint(r.out, line)
			}
		}
	case e.Action == "pass":
		r.passed++
	case e.Action == "skip":
		r.skipped++
		reason := reasonOf(r.output[k])
		r.skips[reason] = append(r.skips[reason], name)
	default:
		r.failed++
		fmt.Fprintf(r.out, "--- FAIL: %s (%.1fs)\n", name, e.Elapsed)
		for _, line := range r.output[k] {
			if !framework(line) {
				fmt.Fprint(r.out, line)
			}
		}
	}
}

// framework tells whether a line comes from the test framework itself.
func framework(line string) bool {
	line = strings.TrimLeft(line, " ")
	return strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ")
}

// reasonOf is what a skipped test said last, without its place.
func reasonOf(output []string) string {
	reason := "no reason given"
	for _, line := range output {
		if framework(line) {
			continue
		}
		line = strings.TrimSpace(line)
		if place, text, ok := strings.Cut(line, ": "); ok && strings.Contains(place, ".go:") {
			line = text
		}
		if line != "" {
			reason = line
		}
	}
	return reason
}

// summarize prints the skips and the totals and tells whether all is well.
func (r *report) summarize() bool {
	reasons := make([]string, 0, len(r.skips))
	for reason := range r.skips {
		reasons = append(reasons, reason)
	}
	sort.Strings(reasons)
	for _, reason := range reasons {
		tests := r.skips[reason]
		more := ""
		if len(tests) > 3 {
			more = fmt.Sprintf(" and %d more", len(tests)-3)
			tests = tests[:3]
		}
		fmt.Fprintf(r.out, "SKIP: %s: %s%s\n", reason, strings.Join(tests, ", "), more)
	}
	ok := r.failed == 0 && !r.packageFailed
	verdict := "PASS"
	if !ok {
		verdict = "FAIL"
	}
	fmt.Fprintf(r.out, "%s: %d passed, %d failed, %d skipped in %s\n", verdict, r.passed, r.failed, r.skipped,
		time.Since(r.began).Round(time.Second))
	return ok
}
