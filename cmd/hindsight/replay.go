package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"hindsight/replay"
)

// engines are the names of replay's engines.
var engines = map[string]replay.Engine{
	"native":     replay.Native,
	"translated": replay.Translated,
	"stepped":    replay.Stepped,
}

type replayFlags struct {
	output     bool
	translated bool
	engine     string
	verify     bool
	discard    bool
	trace      bool
}

func newReplay() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay [RECORDING]",
		Short: "Re-execute a recording and prove that it does the same",
		Long: `Re-execute a recording, without performing its system calls, and compare every
register at every event and all writable memory at checkpoints and at the end
with what was recorded. The first difference ends it.`,
		Example: `  hindsight replay
  hindsight replay --output gzip-20261123-074200-1 > what-it-printed`,
		Args:              oneRecording,
		ValidArgsFunction: completeRecording,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runReplay(cmd, args, f)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.output, "output", false, "write what the program wrote to its standard output and error")
	flags.BoolVar(&f.translated, "translated", false, "execute under the translator, which logs everything")
	flags.StringVar(&f.engine, "engine", "native", "native, translated or stepped")
	flags.BoolVar(&f.verify, "verify", false, "compare all logged writes with the memory at the end (translated)")
	flags.BoolVar(&f.trace, "trace", false, "print a line for each event on standard error")
	flags.BoolVar(&f.discard, "discard", false, "do not decode the log, so that instructions are not counted (translated)")
	for _, name := range []string{"engine", "verify", "trace", "discard"} {
		_ = flags.MarkHidden(name)
	}
	return cmd
}

func runReplay(cmd *cobra.Command, args []string, f replayFlags) error {
	engine, ok := engines[f.engine]
	if !ok {
		return usageError{fmt.Errorf("%q is not an engine: use native, translated or stepped", f.engine)}
	}
	if f.translated {
		if cmd.Flags().Changed("engine") && engine != replay.Translated {
			return usageError{errors.New("--translated and --engine contradict each other")}
		}
		engine = replay.Translated
	}
	rec, err := openRecording(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	opt := replay.Options{Engine: engine, Discard: f.discard, Verify: f.verify}
	if engine != replay.Native && !f.discard {
		opt.Consumer = nobody{} // decoding the log counts instructions
	}
	out := replayOutput{streams: [3]io.Writer{1: cmd.OutOrStdout(), 2: cmd.ErrOrStderr()}}
	if f.output {
		opt.Output = out.write
	}
	if f.trace {
		opt.Trace = cmd.ErrOrStderr()
	}
	began := time.Now()
	result, err := replay.Run(ctx, rec, opt)
	if err = errors.Join(err, out.err); err != nil {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "hindsight: "+replaySummary(result, time.Since(began)))
	return nil
}

// nobody is a consumer that wants none of it.
type nobody struct{}

func (nobody) Consume(*replay.Batch) error { return nil }

// replayOutput hands on what the replayed program wrote.
type replayOutput struct {
	streams [3]io.Writer
	err     error // the first of them
}

func (o *replayOutput) write(fd int, data []byte) {
	if o.err != nil || fd < 1 || fd > 2 {
		return
	}
	if _, err := o.streams[fd].Write(data); err != nil {
		o.err = fmt.Errorf("write the program's output: %w", err)
	}
}

func replaySummary(r *replay.Result, took time.Duration) string {
	parts := []string{
		fmt.Sprintf("replayed %s (%s) without a difference", plural(r.Events, "event"), plural(r.Syscalls, "system call")),
		"memory compared " + plural(r.Checkpoints, "time"),
	}
	if r.Instructions > 0 {
		parts = append(parts, plural(r.Instructions, "instruction"))
	}
	switch {
	case r.Truncated:
		parts = append(parts, "the recording ends before the program did")
	case r.Exit != nil && r.Exit.Signal != 0:
		parts = append(parts, "killed by "+signalName(r.Exit.Signal))
	case r.Exit != nil:
		parts = append(parts, fmt.Sprintf("exit %d", r.Exit.Code))
	}
	parts = append(parts, took.Round(time.Millisecond).String())
	return strings.Join(parts, ", ")
}

// plural is a count of things.
func plural(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
