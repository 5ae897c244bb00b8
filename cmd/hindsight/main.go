// Command hindsight records a program's run, replays it, turns its history
// into tables and answers questions about them in SQL.
//
// Each command is a file of this folder. What a command does lives in the
// packages that it calls; here are arguments, messages and exit codes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"hindsight/internal/inherited"
	"hindsight/replay"
)

// Exit codes: 0 success, exitFailure what was asked could not be done,
// exitUsage it was asked in a wrong way. record exits as the program did.
const (
	exitFailure = 1
	exitUsage   = 2
)

// usageError is a wrong use of the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// exitStatus ends the command with a status and no message.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	refuseClosedOutput()
	os.Exit(run(context.Background(), os.Args[1:], os.Stderr))
}

// refuseClosedOutput lets writes to a closed standard output fail, for which Go's
// runtime opened /dev/null: what was asked for would be lost without a word.
func refuseClosedOutput() {
	if !inherited.Closed(1) {
		return
	}
	if fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
		_ = unix.Dup2(fd, 1) // at worst the output is lost as before
		_ = unix.Close(fd)
	}
}

// run executes a command line and gives its exit code.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	// Whatever fails before a command runs is about how it was called.
	started := false
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		// A thread of DuckDB's that meets a limit on the size of files would end the
		// process. A program that is recorded inherits what is ignored.
		if cmd.Name() != "record" {
			signal.Ignore(unix.SIGXFSZ)
		}
		err := checkValues(cmd)
		started = err == nil
		return err
	}
	cmd, err := root.ExecuteContextC(ctx)
	var status exitStatus
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	case !started || errors.As(err, &usage):
		fmt.Fprintf(stderr, "hindsight: %s%s; see \"%s --help\"\n", oneLine(err), suggestion(root, cmd, args), cmd.CommandPath())
		return exitUsage
	}
	fmt.Fprintf(stderr, "hindsight: %s\n", message(err))
	return exitFailure
}

// suggestion finds a command that was perhaps meant.
func suggestion(root, cmd *cobra.Command, args []string) string {
	if cmd != root || len(args) == 0 {
		return ""
	}
	for _, name := range root.SuggestionsFor(args[0]) {
		return fmt.Sprintf(", did you mean %q?", name)
	}
	return ""
}

// message is an error's text in one line, but for a divergence: its registers
// would not fit in one.
func message(err error) string {
	var d *replay.Divergence
	if errors.As(err, &d) {
		return err.Error()
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	return oneLine(err)
}

func oneLine(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "hindsight",
		Short: "Record a program's run and question its history in SQL",
		Long: `Hindsight records one run of a native Linux x86-64 program, replays it exactly,
and turns every memory write, call and system call of it into SQL tables.

Where a command takes a RECORDING and none is named, it takes the newest.
Recordings live in $HINDSIGHT_DIR, else in $XDG_DATA_HOME/hindsight.`,
		Example: `  hindsight record ./program --its --arguments
  hindsight sql -c "SELECT name, count(*) FROM syscalls GROUP BY ALL ORDER BY 2 DESC"`,
		SilenceErrors: true,
		SilenceUsage:  true,
		// suggestion says it in the same line.
		DisableSuggestions:         true,
		SuggestionsMinimumDistance: 2,
	}
	root.AddCommand(newRecord(), newReplay(), newIndex(), newSQL(), newQuery(), newNotebook(), newCheck(), newExport(),
		newList(), newShow(), newRemove(), newDoctor(), newVersion())
	root.SetHelpCommand(newHelp(root))
	root.SetFlagErrorFunc(flagError)
	return root
}
