package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"hindsight/internal/recording"
	"hindsight/sqlext"
	"hindsight/tables"
)

type indexFlags struct {
	database  string
	tables    []string
	from, to  string
	functions string
	maxRows   uint64
	force     bool
}

func newIndex() *cobra.Command {
	var f indexFlags
	cmd := &cobra.Command{
		Use:   "index [RECORDING]",
		Short: "Turn a recording into a history that SQL can question",
		Long: `Replay a recording under the translator and write every call, memory write,
system call and the rest into a DuckDB database, history.duckdb in the recording.
The database appears when it is finished: it can be interrupted at any time.

T counts instructions, as column t of the tables does.`,
		Example: `  hindsight index
  hindsight index --from 1000000 --to 2000000 --functions 'parse_*' --db part.duckdb`,
		Args:              oneRecording,
		ValidArgsFunction: completeRecording,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runIndexCommand(cmd, args, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.database, "db", "", "the file to write instead")
	flags.StringSliceVar(&f.tables, "tables", nil, "fill only these tables, as writes,calls")
	flags.StringVar(&f.from, "from", "", "leave out what happened before this T")
	flags.StringVar(&f.to, "to", "", "leave out what happened from this T on")
	flags.StringVar(&f.functions, "functions", "", "only the calls of functions whose names match, and what they did; * and ? match anything")
	flags.Uint64Var(&f.maxRows, "max-rows", tables.DefaultMaxRows, "leave writes out where there would be more rows")
	flags.BoolVar(&f.force, "force", false, "replace a database that exists")
	_ = cmd.MarkFlagFilename("db", "duckdb", "db")
	_ = cmd.RegisterFlagCompletionFunc("tables", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return tables.TableNames(), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func runIndexCommand(cmd *cobra.Command, args []string, f indexFlags) error {
	if f.maxRows == 0 {
		return usageError{errors.New("--max-rows must be at least 1; --tables can leave writes out")}
	}
	opt := tables.Options{Tables: f.tables, Functions: f.functions, MaxRows: f.maxRows}
	var err error
	if opt.From, err = parseTime("from", f.from); err != nil {
		return usageError{err}
	}
	if opt.To, err = parseTime("to", f.to); err != nil {
		return usageError{err}
	}
	if opt.To != 0 && opt.From >= opt.To {
		return usageError{errors.New("--from must be less than --to")}
	}
	for _, name := range f.tables {
		if !slices.Contains(tables.TableNames(), name) {
			return usageError{fmt.Errorf("there is no table %q to fill: there are %s", name, strings.Join(tables.TableNames(), ", "))}
		}
	}
	rec, err := openRecording(args)
	if err != nil {
		return err
	}
	opt.Database = databaseOf(rec, f.database)
	switch info, err := os.Stat(opt.Database); {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file, so a database cannot replace it: move it away, or give --db for another file", opt.Database)
	case err == nil && !f.force:
		return fmt.Errorf("%s exists already: give --force to replace it, or --db for another file", opt.Database)
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = index(ctx, cmd.ErrOrStderr(), rec, opt)
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted: nothing was written")
	}
	return err
}

// parseTime reads an instruction count, which may have digits grouped by _.
func parseTime(flag, text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	t, err := strconv.ParseUint(strings.ReplaceAll(text, "_", ""), 0, 64)
	if err != nil {
		return 0, fmt.Errorf("--%s %q is not a count of instructions", flag, text)
	}
	return t, nil
}

// index makes a recording's database, with the macros in it, and says on w what
// it did.
func index(ctx context.Context, w io.Writer, rec *recording.Recording, opt tables.Options) error {
	began := time.Now()
	bar := newProgress(w)
	opt.Progress = bar.update
	opt.Estimated = func(e tables.Estimate) {
		bar.print(fmt.Sprintf("hindsight: there are %s, about %s and %v of work",
			plural(e.Writes, "write"), byteText(e.Bytes), max(e.Time.Round(time.Second), time.Second)))
	}
	opt.Extend = sqlext.Install
	summary, err := tables.Index(ctx, rec, opt)
	bar.stop()
	if err != nil {
		return explainWriting(err, opt.Database)
	}
	if opt.From >= summary.Instructions {
		summary.Notes = append(summary.Notes, fmt.Sprintf("nothing happened from t %d on: the recording ends at %d", opt.From, summary.Instructions))
	}
	for _, note := range summary.Notes {
		fmt.Fprintf(w, "hindsight: %s\n", note)
	}
	writes := plural(summary.Writes, "write")
	if summary.WritesLeftOut {
		writes = "no writes"
	}
	_, err = fmt.Fprintf(w, "hindsight: indexed %s, %s and %s in %s: %s, %s\n", plural(summary.Instructions, "instruction"),
		plural(summary.Calls, "call"), writes, durationText(time.Since(began)), opt.Database, byteText(fileSize(opt.Database)))
	return err
}
