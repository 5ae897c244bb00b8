package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hindsight/capture"
)

func newDoctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check whether this machine can record, and say what is missing",
		Long: `Check what recording needs of this machine, measure what it costs here, and say
how to get what is missing. The exit status is 1 where recording is impossible.`,
		Example: `  hindsight doctor`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var text strings.Builder
			possible := diagnose(&text, capture.Probe())
			if _, err := fmt.Fprint(cmd.OutOrStdout(), text.String()); err != nil {
				return err
			}
			if !possible {
				return exitStatus(exitFailure)
			}
			return nil
		},
	}
}

// diagnose prints the checks and tells whether recording is possible.
func diagnose(w io.Writer, checks []capture.Check) bool {
	possible := true
	for _, c := range checks {
		state := "ok"
		switch {
		case c.Info && !c.OK:
			state = "note"
		case !c.OK:
			state, possible = "missing", false
		}
		fmt.Fprintf(w, "%-8s %s: %s\n", state, c.Name, c.Detail)
		if !c.OK && c.Remedy != "" {
			fmt.Fprintf(w, "%-8s → %s\n", "", c.Remedy)
		}
	}
	if possible {
		fmt.Fprintln(w, "This machine can record.")
	} else {
		fmt.Fprintln(w, "This machine cannot record yet: see what is missing above.")
	}
	return possible
}
