package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"hindsight/sqlext"
)

// shell runs statements and dot commands and prints what they give. It is the
// same at the prompt and for scripts; only their readers differ.
type shell struct {
	history *sqlext.History
	out     io.Writer // results
	err     io.Writer // errors, timing
	// file is out where .output changed it.
	file   *os.File
	format sqlext.Format
	timer  bool
	// maxRows limits a drawn table, 0 for no limit.
	maxRows int
	// interactive is true at the prompt: errors then show where they are, and
	// Ctrl-C interrupts a statement and not the shell.
	interactive bool
	// source names the script in messages, "" at the prompt.
	source string
	// depth counts nested .read.
	depth int
	// printed is the format of the last result, "" before the first.
	printed sqlext.Format
	// failed is true once anything failed.
	failed bool
}

// errQuit is what .quit returns.
var errQuit = errors.New("quit")

// statement runs one statement and prints its result. The error is nil unless
// the shell must end.
func (s *shell) statement(ctx context.Context, st sqlext.Statement) error {
	queryCtx, stop := ctx, context.CancelFunc(func() {})
	if s.interactive {
		queryCtx, stop = signal.NotifyContext(ctx, os.Interrupt)
	}
	defer stop()
	return s.timed(func() error {
		rows, err := s.history.Query(queryCtx, st.Text)
		if err == nil {
			err = errors.Join(s.print(rows), rows.Close())
		}
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.fail(st, err)
		}
		return nil
	})
}

// timed tells how long what was done took, where that is wanted.
func (s *shell) timed(do func() error) error {
	began := time.Now()
	err := do()
	if s.timer {
		fmt.Fprintf(s.err, "(%s)\n", durationText(time.Since(began)))
	}
	return err
}

func (s *shell) print(rows *sqlext.Rows) error {
	switch rows.Kind {
	case sqlext.NoResult:
		return nil
	case sqlext.CountResult:
		values, err := rows.Next()
		if err != nil {
			return err
		}
		count, _ := values[0].(int64)
		_, err = fmt.Fprintln(s.err, plural(uint64(count), "row"))
		return err
	}
	if s.printed == s.format && (s.format == sqlext.CSV || s.format == sqlext.Markdown) {
		fmt.Fprintln(s.out) // another header follows
	}
	s.printed = s.format
	opt := sqlext.WriteOptions{Format: s.format, MaxRows: s.maxRows}
	if f, ok := s.out.(*os.File); ok {
		opt.Width = terminalWidth(f)
	}
	n, err := sqlext.Write(s.out, rows, opt)
	if err == nil && s.interactive && s.format == sqlext.Table {
		fmt.Fprint(s.err, plural(uint64(n), "row"), " ")
		if !s.timer {
			fmt.Fprintln(s.err)
		}
	}
	return err
}

// fail reports a statement's error: with the place marked at the prompt, with
// the script's line in a script.
func (s *shell) fail(st sqlext.Statement, err error) {
	s.failed = true
	var e *sqlext.Error
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(s.err, "interrupted")
	case !errors.As(err, &e):
		// It is about the output, not about the statement.
		fmt.Fprintf(s.err, "hindsight: %s\n", oneLine(err))
	case s.interactive && s.source == "":
		fmt.Fprintln(s.err, e.Message)
		if e.Excerpt != "" {
			fmt.Fprintln(s.err, e.Excerpt)
		}
	default:
		s.complain(st.Line+max(e.Line, 1)-1, e.Message)
	}
}

// complain writes a message about a line of the script.
func (s *shell) complain(line int, text string) {
	s.failed = true
	switch {
	case s.interactive && s.source == "":
		fmt.Fprintln(s.err, text)
	case s.source == "":
		fmt.Fprintf(s.err, "hindsight: line %d: %s\n", line, text)
	default:
		fmt.Fprintf(s.err, "hindsight: %s: line %d: %s\n", s.source, line, text)
	}
}

// script runs statements and dot commands from r, each as soon as it is
// complete. After an error it goes on with the next, as sqlite3 does.
func (s *shell) script(ctx context.Context, r io.Reader) error {
	var splitter sqlext.Splitter
	lines := newLineReader(r)
	for n := 1; ; n++ {
		if s.interactive && s.source == "" {
			fmt.Fprint(s.err, plainPrompt(&splitter))
		}
		line, err := lines.next()
		if line != "" {
			if e := s.scriptLine(ctx, &splitter, line, n); e != nil {
				return e
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read statements: %w", err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if st, ok := splitter.Rest(); ok {
		return s.statement(ctx, st)
	}
	return nil
}

func (s *shell) scriptLine(ctx context.Context, splitter *sqlext.Splitter, line string, n int) error {
	if !splitter.Pending() && strings.HasPrefix(strings.TrimSpace(line), ".") {
		// Keep the splitter's count of lines.
		splitter.Feed("\n")
		return s.dot(ctx, strings.TrimSpace(line), n)
	}
	for _, st := range splitter.Feed(line) {
		if err := s.statement(ctx, st); err != nil {
			return err
		}
	}
	return nil
}

// plainPrompt is the prompt on a terminal that cannot do more than print.
func plainPrompt(splitter *sqlext.Splitter) string {
	if splitter.Pending() {
		return "      ...> "
	}
	return "hindsight> "
}

func durationText(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	case d < time.Minute:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
