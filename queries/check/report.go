package check

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Totals counts results by their status.
type Totals struct {
	Passed, Updated, Failed, CouldNotRun int
	Duration                             time.Duration
}

// Count counts results.
func Count(results []Result) Totals {
	var t Totals
	for _, r := range results {
		t.Duration += r.Duration
		switch r.Status {
		case Passed:
			t.Passed++
		case Updated:
			t.Updated++
		case Failed:
			t.Failed++
		default:
			t.CouldNotRun++
		}
	}
	return t
}

// Status is the worst of all: CouldNotRun, then Failed.
func (t Totals) Status() Status {
	switch {
	case t.CouldNotRun > 0:
		return CouldNotRun
	case t.Failed > 0:
		return Failed
	}
	return Passed
}

// String is the summary: "3 checks: 2 passed, 1 failed".
func (t Totals) String() string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{{t.Passed, "passed"}, {t.Updated, "passed with a golden file that was updated"}, {t.Failed, "failed"}, {t.CouldNotRun, "could not run"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return plural(uint64(t.Passed+t.Updated+t.Failed+t.CouldNotRun), "check") + ": " + strings.Join(parts, ", ")
}

// words are what is shown of a status.
var words = map[Status]string{Passed: "passed", Updated: "updated", Failed: "FAILED", CouldNotRun: "ERROR"}

// Write prints the results: a table with a line for each check, then what does
// not hold, then the summary. pretty draws the table for a terminal; else its
// columns are separated by blanks, for logs.
func Write(w io.Writer, results []Result, pretty bool) error {
	var out strings.Builder
	if pretty {
		out.WriteString(prettyTable(results))
	} else {
		plainTable(&out, results)
	}
	for _, r := range results {
		if detail := r.detail(); detail != "" {
			fmt.Fprintf(&out, "\n%s %s: %s\n%s", words[r.Status], clean(r.Name), clean(r.Summary), detail)
		}
	}
	fmt.Fprintf(&out, "\n%s\n", Count(results))
	_, err := io.WriteString(w, out.String())
	return err
}

// note says of a result in a few words what it is about.
func (r Result) note() string {
	if r.Err != nil {
		return firstLine(r.Err.Error())
	}
	var parts []string
	for _, o := range r.Outcomes {
		if o.Detail != "" {
			parts = append(parts, o.Expect+": "+o.Detail)
		}
	}
	if parts == nil {
		for _, o := range r.Outcomes {
			parts = append(parts, o.Expect)
		}
	}
	return clean(strings.Join(parts, "; "))
}

func firstLine(s string) string {
	return clean(strings.Join(strings.Fields(s), " "))
}

// detail is what a result that did not pass has to say, in lines.
func (r Result) detail() string {
	var out strings.Builder
	if r.Err != nil {
		out.WriteString(firstLine(r.Err.Error()) + "\n")
	}
	for _, o := range r.Outcomes {
		if !o.Held {
			fmt.Fprintf(&out, "expected %s, got: %s\n%s", clean(o.Expect), clean(o.Detail), cleanLines(o.Evidence))
		}
	}
	return out.String()
}

func prettyTable(results []Result) string {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"check", "status", "time", "expected"})
	for _, r := range results {
		t.AppendRow(table.Row{clean(r.Name), words[r.Status], shortTime(r.Duration), r.note()})
	}
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 3, Align: text.AlignRight, AlignHeader: text.AlignRight}, {Number: 4, WidthMax: 72, WidthMaxEnforcer: text.WrapSoft}})
	return t.Render() + "\n"
}

func plainTable(out *strings.Builder, results []Result) {
	width := 0
	for _, r := range results {
		width = max(width, utf8.RuneCountInString(clean(r.Name)))
	}
	for _, r := range results {
		fmt.Fprintf(out, "%-8s %-*s %8s  %s\n", words[r.Status], width, clean(r.Name), shortTime(r.Duration), r.note())
	}
}

func shortTime(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// clean makes a text fit to be shown and to be a part of XML: characters that
// are not printed, or turn the direction of writing, and bytes that are not UTF-8
// become escapes. Line ends too: names and messages are one line.
func clean(s string) string {
	var out strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && s[i] != 0xef:
			fmt.Fprintf(&out, `\x%02x`, s[i])
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\n':
			out.WriteString(`\n`)
		case r < ' ', r >= 0x7f && r <= 0x9f:
			fmt.Fprintf(&out, `\x%02x`, r)
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfffe, r == 0xffff:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// cleanLines is clean for a text of several lines.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = clean(l)
	}
	return strings.Join(lines, "\n")
}
