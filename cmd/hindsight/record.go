package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hindsight/capture"
)

func newRecord() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "record [-o DIR] [--] PROGRAM [ARGS…]",
		Short: "Run a program and record everything that it gets from outside",
		Long: `Run a program and record every input that it gets, so that its run can be
repeated exactly. The program has the standard streams, and hindsight exits as it
does: with its status, or with 128 and the number of the signal that killed it.
Flags behind PROGRAM are the program's own.

A program that does what cannot be recorded is stopped there; what came before
can be replayed.`,
		Example: `  hindsight record gzip -9 file
  hindsight record -o /tmp/crash -- ./program --its --flags`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "" {
				return errors.New("no program to record is named")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return record(cmd, args, dir)
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "the folder to make for the recording")
	cmd.Flags().SetInterspersed(false)
	_ = cmd.MarkFlagDirname("output")
	return cmd
}

func record(cmd *cobra.Command, args []string, dir string) error {
	result, err := capture.Record(cmd.Context(), capture.Options{Args: args, Dir: dir, Version: versionText()})
	if err != nil && outOfSpace(err) {
		err = fmt.Errorf("%w; make room, or choose another place with -o or HINDSIGHT_DIR", err)
	}
	switch {
	case err != nil && result != nil && result.Dir != "":
		return fmt.Errorf("%w; what was recorded until then is in %s", err, result.Dir)
	case err != nil:
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "hindsight: recorded %s\n", result.Dir)
	if code := exitCode(result); code != 0 {
		return exitStatus(code)
	}
	return nil
}

// exitCode is what a shell would give for the program's end.
func exitCode(r *capture.Result) int {
	if r.Signal != 0 {
		return 128 + r.Signal
	}
	return r.ExitCode
}
