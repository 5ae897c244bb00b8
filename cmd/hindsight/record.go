package main

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/spf13/cobra"

	"hindsight/capture"
)

func newRecord() *cobra.Command {
	var dir string
	var chaos bool
	var seed uint64
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
			seeded := cmd.Flags().Changed("seed")
			if seeded && seed == 0 {
				return usageError{errors.New("the seed must not be 0")}
			}
			switch {
			case chaos && !seeded:
				seed = 1 + rand.Uint64N(1<<32)
			case seeded && !chaos:
				return usageError{errors.New("--seed is for --chaos")}
			}
			return record(cmd, capture.Options{Args: args, Dir: dir, Chaos: seed, Version: versionText()})
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "the folder to make for the recording")
	cmd.Flags().BoolVar(&chaos, "chaos", false, "let threads take turns at random, often, to bring out races")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "of --chaos; 0: another one each time, which is printed")
	cmd.Flags().SetInterspersed(false)
	_ = cmd.MarkFlagDirname("output")
	return cmd
}

func record(cmd *cobra.Command, opt capture.Options) error {
	if opt.Chaos != 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "hindsight: chaos, seed %d\n", opt.Chaos)
	}
	result, err := capture.Record(cmd.Context(), opt)
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
