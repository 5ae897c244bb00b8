package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"hindsight/sqlext"
)

type exportFlags struct {
	format, database string
	force            bool
}

func newExport() *cobra.Command {
	f := exportFlags{format: "parquet"}
	cmd := &cobra.Command{
		Use:   "export [--format parquet] DIR [RECORDING]",
		Short: "Write a history as Parquet files",
		Long: `Write a history as a Hive-partitioned data set of Parquet files, which DuckDB,
Spark, pandas and others read:

  DIR/recording=UUID/table=NAME/data.parquet
  DIR/schema.sql    run it in DuckDB to have the tables and views again

DIR may have other recordings already. It appears complete, or not at all.`,
		Example: `  hindsight export /data/histories
  cd /data/histories && duckdb -init schema.sql`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "" {
				return errors.New("export takes the folder to write to")
			}
			return oneRecording(cmd, args[1:])
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return nil, cobra.ShellCompDirectiveFilterDirs
			}
			return completeRecording(cmd, args, word)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runExport(cmd, args, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", f.format, "what to write: parquet")
	flags.StringVar(&f.database, "db", "", "the history's file, when it is not inside the recording")
	flags.BoolVar(&f.force, "force", false, "replace what DIR has of the recording")
	_ = cmd.MarkFlagFilename("db", "duckdb", "db")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"parquet"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func runExport(cmd *cobra.Command, args []string, f exportFlags) error {
	if f.format != "parquet" {
		return usageError{fmt.Errorf("%q is not a format to export: use parquet; sql --format prints others", f.format)}
	}
	dir := args[0]
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file, and export writes a folder: name another", dir)
	}
	h, err := openHistory(cmd, args[1:], f.database)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = export(ctx, cmd.ErrOrStderr(), h, dir, f.force)
	return errors.Join(err, h.Close())
}

func export(ctx context.Context, w io.Writer, h *sqlext.History, dir string, force bool) error {
	began := time.Now()
	show := exportProgress(w)
	place, err := h.Export(ctx, dir, sqlext.ExportOptions{Replace: force, Progress: show})
	show("", 0, 0)
	switch {
	case err == nil:
		_, err = fmt.Fprintf(w, "hindsight: exported to %s in %s: %s\n", place, durationText(time.Since(began)), byteText(folderSize(place)))
	case ctx.Err() != nil:
		return errors.New("interrupted: nothing was written")
	case errors.Is(err, sqlext.ErrExported):
		return fmt.Errorf("%w: give --force to replace it", err)
	case outOfSpace(err):
		return fmt.Errorf("there is no room on the disk for %s, and nothing was written: make room, or name a folder on another disk", dir)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM), errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w; name a folder that you can write to", err)
	}
	return err
}

// exportProgress shows on a terminal which table is being written; an empty name
// clears the line.
func exportProgress(w io.Writer) func(table string, done, all int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func(string, int, int) {}
	}
	return func(table string, done, all int) {
		fmt.Fprint(f, "\r\x1b[K")
		if table != "" {
			fmt.Fprintf(f, "exporting %s (%d of %d)", table, done+1, all)
		}
	}
}
