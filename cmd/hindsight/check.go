package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"hindsight/queries"
	"hindsight/queries/check"
	"hindsight/sqlext"
)

// exitCouldNotRun is check's status where a check, or all, could not be asked;
// exitFailure is that of one that failed.
const exitCouldNotRun = 2

type checkFlags struct {
	head, base  string
	junit, json string
	params      []string
	update      bool
}

func newCheck() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [FILES | DIR | builtin | builtin:NAME]…",
		Short: "Check that a run is as it must be, or as it was before",
		Long: `Ask a recording the questions of SQL files whose headers say what must hold of the
answers, and compare it with a recording of another build. Without FILES, those of
` + check.DefaultDir + ` are run; "builtin" names the checks that hindsight brings.

  -- The program allocates at most ten times.
  -- expect: rows <= 10
  SELECT n FROM calls_by_path WHERE function = 'malloc'

A header may expect "no rows", "rows 3", "rows 3..5", "rows >= 1", "golden NAME" or
"ratio head/base <= 1.10". Tables, views and macros without a schema are those of
the head; base.writes are the writes of the base. docs/checks.md has the views that
match things of two builds: compare_functions, compare_calls, compare_lines …

HEAD and BASE are recordings, which are indexed first where they are not yet, or
.duckdb files. The exit status is 0 where all checks passed, 1 where one failed and
2 where one could not be run, a wrong file or query for instance.`,
		Example: `  hindsight check --head new --base old builtin
  hindsight check --head new --base old --junit checks.xml .hindsight/checks
  hindsight check --head new --update .hindsight/checks/allocations.sql`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCheck(cmd, args, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.head, "head", "", "the recording to check; without it the newest")
	flags.StringVar(&f.base, "base", "", "the recording to compare it with")
	flags.StringVar(&f.junit, "junit", "", "write the results into this file, as JUnit XML")
	flags.StringVar(&f.json, "json", "", "write the results into this file, as JSON")
	flags.StringArrayVar(&f.params, "param", nil, "a value for a parameter of the checks, NAME=VALUE; several are possible")
	flags.BoolVar(&f.update, "update", false, "write golden files anew, as the answers are now")
	_ = cmd.RegisterFlagCompletionFunc("head", completeRecording)
	_ = cmd.RegisterFlagCompletionFunc("base", completeRecording)
	return cmd
}

func runCheck(cmd *cobra.Command, args []string, f checkFlags) error {
	if slices.Contains(args, "") {
		return usageError{errors.New("the name of a check is empty: name a file or a folder")}
	}
	params, err := queries.Assignments(f.params)
	if err != nil {
		return usageError{err}
	}
	checks := check.Find(args)
	if err := knownParams(params, checks); err != nil {
		return usageError{err}
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd.SetContext(ctx)
	report := check.Report{Began: time.Now(), Head: check.Recording{Name: f.head}}
	if f.base != "" {
		report.Base = &check.Recording{Name: f.base}
	}
	err = askChecks(cmd, f, params, checks, &report)
	if ctx.Err() != nil {
		return couldNotRun(context.Canceled)
	}
	if err != nil {
		// Reports tell it of every check.
		report.Results = nil
		for _, c := range checks {
			r := check.Result{Name: c.Name, Status: check.CouldNotRun, Err: err}
			if c.Query != nil {
				r.Summary = c.Query.Summary
			}
			report.Results = append(report.Results, r)
		}
		return couldNotRun(errors.Join(err, writeReports(f, report)))
	}
	err = check.Write(cmd.OutOrStdout(), report.Results, terminalWidth(os.Stdout) > 0)
	if err = errors.Join(err, writeReports(f, report)); err != nil {
		return couldNotRun(err)
	}
	switch check.Count(report.Results).Status() {
	case check.Failed:
		return exitStatus(exitFailure)
	case check.CouldNotRun:
		return exitStatus(exitCouldNotRun)
	}
	return nil
}

// couldNotRun says why on standard error and ends with that status.
func couldNotRun(err error) error {
	fmt.Fprintf(os.Stderr, "hindsight: %s\n", message(err))
	return exitStatus(exitCouldNotRun)
}

// knownParams refuses a value that no check has a parameter for.
func knownParams(params map[string]string, checks []check.Check) error {
	for name := range params {
		if !slices.ContainsFunc(checks, func(c check.Check) bool {
			return c.Query == nil || slices.ContainsFunc(c.Query.Params, func(p queries.Param) bool { return p.Name == name })
		}) {
			return fmt.Errorf("no check has a parameter %q", name)
		}
	}
	return nil
}

// askChecks opens the histories and fills the report.
func askChecks(cmd *cobra.Command, f checkFlags, params map[string]string, checks []check.Check, report *check.Report) error {
	ctx := cmd.Context()
	var err error
	if report.Head, err = openSide(cmd, f.head); err != nil {
		return err
	}
	base := ""
	if report.Base != nil {
		if *report.Base, err = openSide(cmd, f.base); err != nil {
			return err
		}
		base = report.Base.File
	}
	h, err := sqlext.OpenPair(ctx, report.Head.File, base)
	if err != nil {
		return err
	}
	opt := check.Options{Params: params, Update: f.update, Base: base != ""}
	if err := notes(cmd, h, &opt); err != nil {
		return errors.Join(err, h.Close())
	}
	err = check.Run(ctx, h, checks, opt, func(r check.Result) { report.Results = append(report.Results, r) })
	return errors.Join(err, h.Close())
}

// openSide finds the history that a recording's name, or a file's, means, and
// makes it where it is missing.
func openSide(cmd *cobra.Command, name string) (check.Recording, error) {
	side := check.Recording{Name: name}
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
		h, err := sqlext.Open(cmd.Context(), name)
		if err != nil {
			return side, err
		}
		side.File = name
		side.ID, err = h.RecordingID(cmd.Context())
		return side, errors.Join(err, h.Close())
	}
	var args []string
	if name != "" {
		args = []string{name}
	}
	h, err := openHistory(cmd, args, "")
	if err != nil {
		return side, err
	}
	side.File = h.Path()
	if name == "" {
		side.Name = h.Path()
	}
	side.ID, err = h.RecordingID(cmd.Context())
	return side, errors.Join(err, h.Close())
}

// notes says what makes answers differ, or lack, whatever the checks say, and tells
// the checks what the programs do not have.
func notes(cmd *cobra.Command, h *sqlext.History, opt *check.Options) error {
	w := cmd.ErrOrStderr()
	sides := []string{sqlext.Head}
	if opt.Base {
		sides = append(sides, sqlext.Base)
	}
	var programs, nameless, lineless []string
	for _, side := range sides {
		facts, err := h.Side(cmd.Context(), side)
		if err != nil {
			return err
		}
		if facts.Warnings > 0 {
			fmt.Fprintf(w, "hindsight: %s has %s: SELECT * FROM %s.diagnostics\n", side, plural(facts.Warnings, "warning"), side)
		}
		programs = append(programs, facts.Program)
		named := fmt.Sprintf("the %s's program %s", side, facts.Program)
		if !facts.Symbols {
			nameless = append(nameless, named)
		}
		if !facts.Lines {
			lineless = append(lineless, named)
		}
	}
	if len(programs) == 2 && programs[0] != programs[1] {
		fmt.Fprintf(w, "hindsight: head is a run of %q and base one of %q: what the checks say of them may mean nothing\n", programs[0], programs[1])
	}
	opt.Nameless, opt.Lineless = strings.Join(nameless, " as well as "), strings.Join(lineless, " as well as ")
	return nil
}

// writeReports writes the reports that were asked for.
func writeReports(f checkFlags, r check.Report) error {
	var errs []error
	if f.junit != "" {
		if err := check.WriteJUnit(f.junit, r); err != nil {
			errs = append(errs, fmt.Errorf("write the JUnit report: %w", err))
		}
	}
	if f.json != "" {
		if err := check.WriteJSON(f.json, r); err != nil {
			errs = append(errs, fmt.Errorf("write the JSON report: %w", err))
		}
	}
	return errors.Join(errs...)
}
