package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"hindsight/internal/recording"
	"hindsight/sqlext"
	"hindsight/tables"
)

// promptRows is how many rows of a table the prompt draws unless .maxrows says
// otherwise.
const promptRows = 1000

type sqlFlags struct {
	database string
	commands []string
	file     string
	format   string
	safe     bool
}

func newSQL() *cobra.Command {
	f := sqlFlags{format: string(sqlext.Table)}
	cmd := &cobra.Command{
		Use:   "sql [RECORDING]",
		Short: "Ask a history questions in SQL",
		Long: `Ask a recording's history questions in SQL, with all that DuckDB has. A recording
that is not indexed yet is indexed first. With neither -c nor -f, statements are
read from standard input, at a prompt where that is a terminal.

Statements end with ";". A line that begins with "." is a command of the shell,
.help lists them. Integers may be written in hexadecimal (0x404040), as tables
show addresses; json, jsonl and csv have decimal numbers, exact also above 2^53.
The history itself cannot be changed: use CREATE TEMP TABLE, or COPY … TO 'file'.`,
		Example: `  hindsight sql -c "SELECT name, count(*) FROM syscalls GROUP BY ALL ORDER BY 2 DESC"
  hindsight sql --format csv -f questions.sql > answers.csv
  echo "SELECT * FROM writes_to(0x404040, 0x404048);" | hindsight sql`,
		Args:              oneRecording,
		ValidArgsFunction: completeRecording,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSQL(cmd, args, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.database, "db", "", "the history's file, when it is not inside the recording")
	flags.StringArrayVarP(&f.commands, "command", "c", nil, "run these statements; several -c run one after the other")
	flags.StringVarP(&f.file, "file", "f", "", "run the statements of this file; - is standard input")
	addFormat(cmd, &f.format)
	addSafe(cmd, &f.safe)
	_ = cmd.MarkFlagFilename("db", "duckdb", "db")
	_ = cmd.MarkFlagFilename("file", "sql")
	return cmd
}

func runSQL(cmd *cobra.Command, args []string, f sqlFlags) error {
	format, err := sqlext.ParseFormat(f.format)
	if err != nil {
		return usageError{err}
	}
	given := cmd.Flags().Changed
	if given("command") && given("file") {
		return usageError{errors.New("give -c or -f, not both")}
	}
	// A script that cannot be read is to be known before a long indexing.
	scripts := []io.Reader{os.Stdin}
	source := ""
	switch {
	case given("command"):
		scripts = nil
		for _, c := range f.commands {
			scripts = append(scripts, strings.NewReader(c))
		}
	case given("file") && f.file != "-":
		file, err := os.Open(f.file)
		if err != nil {
			return err
		}
		defer file.Close()
		scripts, source = []io.Reader{file}, filepath.Base(f.file)
	}
	h, err := openRestricted(cmd, args, f.database, f.safe)
	if err != nil {
		return err
	}
	s := &shell{history: h, out: os.Stdout, err: os.Stderr, format: format, source: source}
	for i := 0; i < len(scripts) && err == nil; i++ {
		err = s.runFrom(cmd, scripts[i])
	}
	if errors.Is(err, errQuit) {
		err = nil
	}
	err = errors.Join(err, s.closeOutput(), h.Close())
	if err == nil && s.failed && !s.interactive {
		return exitStatus(exitFailure)
	}
	return err
}

// runFrom shows the prompt where script is the terminal, and else runs it.
func (s *shell) runFrom(cmd *cobra.Command, script io.Reader) error {
	ctx := cmd.Context()
	if script == os.Stdin && term.IsTerminal(int(os.Stdin.Fd())) && !cmd.Flags().Changed("file") {
		s.interactive, s.timer, s.maxRows = true, true, promptRows
		s.greet(ctx)
		if name := os.Getenv("TERM"); name == "" || name == "dumb" {
			return s.script(ctx, script)
		}
		return s.prompt(ctx)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return s.script(ctx, script)
}

// greet says what the prompt is about.
func (s *shell) greet(ctx context.Context) {
	fmt.Fprintf(s.err, "%s\n.help explains, .tables lists the tables, Ctrl-D leaves.\n", s.history.Path())
	if n, err := s.history.Warnings(ctx); err == nil && n > 0 {
		fmt.Fprintf(s.err, "Note %s about this history: SELECT * FROM diagnostics;\n", plural(uint64(n), "warning"))
	}
}

// addSafe gives a command the flag --safe.
func addSafe(cmd *cobra.Command, safe *bool) {
	cmd.Flags().BoolVar(safe, "safe", false, "for statements that one does not trust: no files, no network, no settings, limited memory")
}

// openRestricted opens the database to ask, for statements that one does not
// trust where safe is true.
func openRestricted(cmd *cobra.Command, args []string, database string, safe bool) (*sqlext.History, error) {
	h, err := openHistory(cmd, args, database)
	if err != nil || !safe {
		return h, err
	}
	if err := h.Restrict(cmd.Context()); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// openHistory opens the database to ask, and makes it first where it is missing.
// A --db that exists needs no recording.
func openHistory(cmd *cobra.Command, args []string, database string) (*sqlext.History, error) {
	ctx := cmd.Context()
	if database != "" && len(args) == 0 {
		if _, err := os.Stat(database); err == nil {
			return sqlext.Open(ctx, database)
		}
	}
	rec, err := openRecording(args)
	if err != nil {
		return nil, err
	}
	path := databaseOf(rec, database)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := indexFirst(cmd, rec, path); err != nil {
			return nil, err
		}
	}
	h, err := sqlext.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	id, err := h.RecordingID(ctx)
	if err == nil && id != rec.Meta.ID {
		err = fmt.Errorf("%s is the history of another recording (%s): leave --db out, or name another file", path, id)
	}
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func indexFirst(cmd *cobra.Command, rec *recording.Recording, path string) error {
	fmt.Fprintf(cmd.ErrOrStderr(), "hindsight: indexing %s first\n", rec.Dir)
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := index(ctx, cmd.ErrOrStderr(), rec, tables.Options{Database: path})
	if err != nil && ctx.Err() != nil {
		return context.Canceled
	}
	return err
}
