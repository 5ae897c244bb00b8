package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"hindsight/internal/atomicfile"
	"hindsight/queries"
	"hindsight/queries/notebook"
	"hindsight/sqlext"
)

type notebookFlags struct {
	recordings []string
	params     []string
	output     string
	check      bool
}

func newNotebook() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notebook",
		Short: "Run pages of prose with SQL in them",
		Long: `A notebook is a Markdown file with blocks of SQL. Running it puts tables and charts
under the blocks: in the Markdown itself, or in one HTML page that needs no network.
What a notebook may say is in docs/notebooks.md.`,
		Example: `  hindsight notebook list
  hindsight notebook run time -o time.html
  hindsight notebook run invariants.md --check`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is no command %q of notebook: use list, show or run", args[0])
			}
			return errors.New("say what to do: notebook list, show or run")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(newNotebookList(), newNotebookShow(), newNotebookRun())
	return cmd
}

func newNotebookList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the notebooks that come with hindsight",
		Example: "  hindsight notebook list",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := notebook.Shipped()
			if err != nil {
				return err
			}
			for _, n := range all {
				if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-10s %s\n", n.Name, n.Title); err != nil {
					return err
				}
				for _, p := range n.Params {
					if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-10s   %s: %s\n", "", p, p.Meaning); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
}

func newNotebookShow() *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "Print a notebook that comes with hindsight, to begin one's own with",
		Example:           "  hindsight notebook show time > mine.md",
		Args:              oneNotebook,
		ValidArgsFunction: completeNotebook,
		RunE: func(cmd *cobra.Command, args []string) error {
			_, text, err := notebookSource(args[0])
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
}

func newNotebookRun() *cobra.Command {
	var f notebookFlags
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Run a notebook and put results under its blocks",
		Long: `Run the SQL blocks of a notebook, a Markdown file or the name of one that comes with
hindsight, and put their results under them. With -o FILE.html one page with charts is
written, with -o FILE.md Markdown, which may be the notebook itself: results that it
has are replaced. Without -o the Markdown goes to standard output.

With --check nothing is written: the results are compared with those in the file. The
exit status is 0 where they are equal, 1 where they differ, and 2 where the notebook
could not be run. Without --check it is 1 where a block failed.

The blocks' SQL is that of "hindsight sql --safe": it reads the recordings and nothing else.`,
		Example: `  hindsight notebook run time -o time.html
  hindsight notebook run variable --param name=counter
  hindsight notebook run compare.md --recording new --recording old=./before -o compare.md
  hindsight notebook run invariants.md --check`,
		Args:              oneNotebook,
		ValidArgsFunction: completeNotebook,
		RunE: func(cmd *cobra.Command, args []string) error {
			err := runNotebook(cmd, args[0], f)
			var status exitStatus
			if err != nil && f.check && !errors.As(err, &status) {
				// 1 says that results differ; this says nothing about them.
				fmt.Fprintf(cmd.ErrOrStderr(), "hindsight: %s\n", message(err))
				return exitStatus(exitUsage)
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.recordings, "recording", "r", nil, "the recording to ask, or a history's file; further ones are NAME=RECORDING, whose tables are NAME.writes and so on")
	flags.StringArrayVarP(&f.params, "param", "p", nil, "a parameter's value, NAME=VALUE")
	flags.StringVarP(&f.output, "output", "o", "", "the file to write, FILE.html or FILE.md; - is standard output, in Markdown")
	flags.BoolVar(&f.check, "check", false, "compare with the results in the file")
	_ = cmd.MarkFlagFilename("output", "html", "md")
	_ = cmd.RegisterFlagCompletionFunc("recording", completeRecording)
	return cmd
}

func oneNotebook(cmd *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return fmt.Errorf("%s takes one notebook: a file, or a name of \"hindsight notebook list\"", cmd.Name())
	}
	return nil
}

func completeNotebook(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	all, err := notebook.Shipped()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, n := range all {
		names = append(names, n.Name)
	}
	return names, cobra.ShellCompDirectiveDefault
}

// notebookSource reads a notebook's file, or the one of that name that comes
// with the program.
func notebookSource(name string) (string, []byte, error) {
	text, err := readNotebook(name)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(name, "/.") {
		if text, err := notebook.ShippedSource(name); err == nil {
			return name, text, nil
		}
		return "", nil, fmt.Errorf("%s is neither a file nor a notebook of \"hindsight notebook list\"", name)
	}
	return filepath.Base(name), text, err
}

// readNotebook reads a file, of which no more than a notebook may have: it could
// be a device without an end.
func readNotebook(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, notebook.MaxSource+1))
}

func runNotebook(cmd *cobra.Command, file string, f notebookFlags) error {
	html := strings.HasSuffix(f.output, ".html") || strings.HasSuffix(f.output, ".htm")
	switch {
	case f.check && f.output != "":
		return usageError{errors.New("give --check or -o, not both: with --check nothing is written")}
	case f.output != "" && f.output != "-" && !html && !strings.HasSuffix(f.output, ".md"):
		return usageError{fmt.Errorf("-o %s: the name must end with .html or .md, which say what to write", f.output)}
	}
	values, err := queries.Assignments(f.params)
	if err != nil {
		return usageError{err}
	}
	name, text, err := notebookSource(file)
	if err != nil {
		return err
	}
	n, err := notebook.Parse(name, text)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	h, err := openNotebookHistories(cmd, f.recordings)
	if err != nil {
		return err
	}
	r, about, err := askNotebook(ctx, n, h, values)
	if err = errors.Join(err, h.Close()); err != nil {
		return err
	}
	for _, w := range n.Warnings(r) {
		fmt.Fprintf(cmd.ErrOrStderr(), "hindsight: %s\n", w)
	}
	if f.check {
		return checkNotebook(cmd, n, r)
	}
	out := n.Markdown(r)
	if html {
		if out, err = n.HTML(r, about); err != nil {
			return err
		}
	}
	if f.output == "" || f.output == "-" {
		_, err = cmd.OutOrStdout().Write(out)
	} else {
		err = atomicfile.Replace(f.output, out)
	}
	if err == nil && r.Failed() {
		failedBlocks(cmd, n, r)
		err = exitStatus(exitFailure)
	}
	return err
}

// askNotebook runs the notebook and describes what it ran on.
func askNotebook(ctx context.Context, n *notebook.Notebook, h *sqlext.History, values map[string]string) (*notebook.Results, notebook.About, error) {
	about, err := notebook.Describe(ctx, h)
	if err != nil {
		return nil, about, err
	}
	// A notebook may come from anyone.
	if err := h.Restrict(ctx); err != nil {
		return nil, about, err
	}
	r, err := n.Run(ctx, h, values)
	var usage *queries.UsageError
	if errors.As(err, &usage) {
		err = usageError{fmt.Errorf("%s: %w", n.Name, err)}
	}
	return r, about, err
}

func checkNotebook(cmd *cobra.Command, n *notebook.Notebook, r *notebook.Results) error {
	if r.Failed() {
		failedBlocks(cmd, n, r)
		return exitStatus(exitUsage) // it could not be run
	}
	if !n.Stored() {
		return fmt.Errorf("%s holds no results to compare with: store them with -o FILE.md, and look at them", n.Name)
	}
	diffs := n.Check(r)
	for _, d := range diffs {
		if _, err := fmt.Fprint(cmd.OutOrStdout(), d); err != nil {
			return err
		}
	}
	if len(diffs) > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "hindsight: %s: %s from what the file says\n", n.Name, differ(len(diffs)))
		return exitStatus(exitFailure)
	}
	return nil
}

func differ(n int) string {
	if n == 1 {
		return "1 result differs"
	}
	return fmt.Sprintf("%d results differ", n)
}

// failedBlocks names the blocks that failed on standard error.
func failedBlocks(cmd *cobra.Command, n *notebook.Notebook, r *notebook.Results) {
	for _, b := range r.Blocks {
		if b.Err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "hindsight: %s: %s\n", n.Name, oneLine(b.Err))
		}
	}
}

var namedRecording = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)=(.+)$`)

// openNotebookHistories opens the first recording's history, and the others
// beside it under their names.
func openNotebookHistories(cmd *cobra.Command, recordings []string) (h *sqlext.History, err error) {
	var first []string
	if len(recordings) > 0 {
		first = recordings[:1]
		recordings = recordings[1:]
	}
	if h, err = openNamed(cmd, first); err != nil {
		return nil, err
	}
	for _, text := range recordings {
		m := namedRecording.FindStringSubmatch(text)
		if m == nil {
			err = usageError{fmt.Errorf("--recording %s: a further recording needs a name for its tables: NAME=%s", text, text)}
		} else {
			err = attachRecording(cmd, h, m[1], m[2])
		}
		if err != nil {
			return nil, errors.Join(err, h.Close())
		}
	}
	return h, nil
}

// openNamed opens the history of a recording, or one that is a file of its own.
func openNamed(cmd *cobra.Command, names []string) (*sqlext.History, error) {
	if len(names) > 0 {
		if info, err := os.Stat(names[0]); err == nil && info.Mode().IsRegular() {
			return sqlext.Open(cmd.Context(), names[0])
		}
	}
	return openHistory(cmd, names, "")
}

func attachRecording(cmd *cobra.Command, h *sqlext.History, name, recording string) error {
	// Opening it indexes it where that is needed, and tells what is wrong with it.
	other, err := openNamed(cmd, []string{recording})
	if err != nil {
		return err
	}
	path := other.Path()
	if err := other.Close(); err != nil {
		return err
	}
	return h.Attach(cmd.Context(), name, path)
}
