package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"hindsight/queries"
	"hindsight/sqlext"
)

func newQuery() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "query",
		Short: "Run saved queries",
		Long: `Run saved queries: SQL files whose header says what they give and which
parameters they take. They come from hindsight itself, from
$XDG_CONFIG_HOME/hindsight/queries (else ~/.config/hindsight/queries) and from
.hindsight/queries of the working directory. Of two with one name, the later
of these counts.`,
		Example: `  hindsight query list
  hindsight query show who_wrote
  hindsight query run who_wrote addr=0x404040 size=4`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q of query: use list, show or run", args[0])
			}
			return errors.New("say what to do: query list, show or run")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(newQueryList(), newQueryShow(), newQueryRun())
	return cmd
}

// loadQueries reads all saved queries.
func loadQueries() *queries.Library { return queries.Load(queries.Folders()...) }

func newQueryList() *cobra.Command {
	format, tag := string(sqlext.Table), ""
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the saved queries",
		Long: `List the saved queries, with where they come from. A file that cannot be used is
listed with the reason.`,
		Example: `  hindsight query list --tag memory`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := sqlext.ParseFormat(format)
			if err != nil {
				return usageError{err}
			}
			opt := sqlext.WriteOptions{Format: f, Width: terminalWidth(os.Stdout)}
			columns, rows := queryRows(loadQueries(), tag)
			if len(rows) == 0 && tag != "" {
				return fmt.Errorf("no query has the tag %q; \"hindsight query list\" shows all with their tags", tag)
			}
			_, err = sqlext.WriteValues(cmd.OutOrStdout(), columns, rows, opt)
			return err
		},
	}
	cmd.Flags().StringVar(&tag, "tag", "", "only queries with this tag")
	addFormat(cmd, &format)
	return cmd
}

// queryRows are the rows that list queries; tag "" is for all of them.
func queryRows(l *queries.Library, tag string) ([]sqlext.Column, [][]any) {
	columns := []sqlext.Column{
		{Name: "query", Type: "VARCHAR"}, {Name: "gives", Type: "VARCHAR"}, {Name: "tags", Type: "VARCHAR"}, {Name: "source", Type: "VARCHAR"},
	}
	var rows [][]any
	for _, e := range l.Entries {
		switch {
		case e.Err != nil && tag == "":
			rows = append(rows, []any{e.Name, "broken: " + oneLine(e.Err), "", string(e.Source)})
		case e.Err == nil && (tag == "" || slices.Contains(e.Query.Tags(), tag)):
			rows = append(rows, []any{e.Name, e.Query.Summary, strings.Join(e.Query.Tags(), ", "), string(e.Source)})
		}
	}
	return columns, rows
}

func newQueryShow() *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "Explain a saved query",
		Long:              `Explain a saved query: what it gives, its parameters, an example, its SQL.`,
		Example:           `  hindsight query show who_wrote`,
		Args:              oneQuery,
		ValidArgsFunction: completeQuery,
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := findQuery(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n%s\n", queryHelp(q), q.SQL)
			return err
		},
	}
}

func oneQuery(cmd *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return fmt.Errorf("%s takes the name of one query; \"hindsight query list\" shows them", cmd.CommandPath())
	}
	return nil
}

// findQuery finds a saved query; a name that is not there is wrong use.
func findQuery(name string) (*queries.Query, error) {
	q, err := loadQueries().Find(name)
	return q, asUsage(err)
}

// asUsage makes a *queries.UsageError one of the command line.
func asUsage(err error) error {
	var usage *queries.UsageError
	if errors.As(err, &usage) {
		return usageError{err}
	}
	return err
}

// queryHelp explains a query, without its SQL.
func queryHelp(q *queries.Query) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", q.Name, q.Summary)
	if q.Doc != "" {
		fmt.Fprintln(&b, q.Doc)
	}
	for _, p := range q.Params {
		fmt.Fprintf(&b, "  %-26s %s\n", p, p.Meaning)
	}
	for _, example := range q.Values("example") {
		fmt.Fprintf(&b, "Example: hindsight query run %s\n", example)
	}
	fmt.Fprintf(&b, "From: %s\n", q.Path)
	return b.String()
}

type queryFlags struct {
	database, recording, format string
	safe                        bool
}

func newQueryRun() *cobra.Command {
	f := queryFlags{format: string(sqlext.Table)}
	cmd := &cobra.Command{
		Use:   "run NAME [RECORDING] [PARAMETER=VALUE…]",
		Short: "Ask a history a saved query",
		Long: `Ask a recording's history a saved query. A recording that is not indexed yet is
indexed first.

An argument that begins with a parameter's name and "=" gives it a value; another
is the recording, which --recording can name as well. Values are bound: whatever
they hold, they cannot become a part of the statement. Integers may be written in
hexadecimal, elements of a list are separated by commas.`,
		Example: `  hindsight query run who_wrote addr=0x404040 size=4
  hindsight query run failed_system_calls --recording ledger-1 error=ENOENT --format csv`,
		ValidArgsFunction: completeQueryRun,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "" {
				return errors.New("query run takes the name of a query first; \"hindsight query list\" shows them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runQuery(cmd, args, f) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.recording, "recording", "r", "", "the recording to ask")
	flags.StringVar(&f.database, "db", "", "the history's file, when it is not inside the recording")
	addFormat(cmd, &f.format)
	addSafe(cmd, &f.safe)
	_ = cmd.MarkFlagFilename("db", "duckdb", "db")
	_ = cmd.RegisterFlagCompletionFunc("recording", completeRecording)
	return cmd
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// splitAssignments tells the values of parameters from the recording. The paths
// of recordings that could be taken for a value can be written with ./.
func splitAssignments(args []string) (recordings, assignments []string) {
	for _, a := range args {
		if assignment.MatchString(a) {
			assignments = append(assignments, a)
		} else {
			recordings = append(recordings, a)
		}
	}
	return recordings, assignments
}

func runQuery(cmd *cobra.Command, args []string, f queryFlags) error {
	format, err := sqlext.ParseFormat(f.format)
	if err != nil {
		return usageError{err}
	}
	recordings, assignments := splitAssignments(args[1:])
	if f.recording != "" {
		recordings = append(recordings, f.recording)
	}
	if err := oneRecording(cmd, recordings); err != nil {
		return usageError{err}
	}
	q, err := findQuery(args[0])
	if err != nil {
		return err
	}
	arguments, err := argumentsOf(q, assignments)
	if err != nil {
		return asUsage(err)
	}
	h, err := openRestricted(cmd, recordings, f.database, f.safe)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = printQuery(ctx, h, q, arguments, sqlext.WriteOptions{Format: format, Width: terminalWidth(os.Stdout)})
	return errors.Join(err, h.Close())
}

// argumentsOf reads the values for a query's parameters.
func argumentsOf(q *queries.Query, assignments []string) ([]sqlext.Argument, error) {
	values, err := queries.Assignments(assignments)
	if err != nil {
		return nil, err
	}
	return q.Arguments(values)
}

func printQuery(ctx context.Context, h *sqlext.History, q *queries.Query, args []sqlext.Argument, opt sqlext.WriteOptions) error {
	rows, err := q.Run(ctx, h, args)
	if err != nil {
		return err
	}
	_, err = sqlext.Write(os.Stdout, rows, opt)
	return errors.Join(err, rows.Close())
}

// completeQuery completes the names of queries.
func completeQuery(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, e := range loadQueries().Entries {
		if e.Err == nil {
			names = append(names, cobra.CompletionWithDesc(e.Name, e.Query.Summary))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeQueryRun completes a query's name, and then its parameters and the
// recordings.
func completeQueryRun(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return completeQuery(cmd, args, word)
	}
	q, err := loadQueries().Find(args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, p := range q.Params {
		given := func(a string) bool { return strings.HasPrefix(a, p.Name+"=") }
		if !slices.ContainsFunc(args[1:], given) {
			names = append(names, cobra.CompletionWithDesc(p.Name+"=", p.Meaning))
		}
	}
	if recordings, _ := splitAssignments(args[1:]); len(recordings) == 0 && word != "" {
		known, _ := completeRecording(cmd, nil, word)
		names = append(names, known...)
	}
	return names, cobra.ShellCompDirectiveNoSpace
}
