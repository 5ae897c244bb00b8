package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// noArguments refuses arguments.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments, and %q is one", cmd.Name(), args[0])
	}
	return nil
}

// oneRecording accepts a recording or none, which is the newest. An empty name
// is more likely a shell variable without a value.
func oneRecording(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 1:
		return fmt.Errorf("%s takes one recording, and %q is the second", cmd.Name(), args[1])
	case len(args) == 1 && args[0] == "":
		return errors.New("the recording's name is empty: name one, or none for the newest")
	}
	return nil
}

// mayBeEmpty are the flags to which an empty value means something.
var mayBeEmpty = map[string]bool{"command": true}

// checkValues refuses flags that were given an empty value.
func checkValues(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if value := f.Value.String(); (value == "" || value == "[]") && !mayBeEmpty[f.Name] {
			err = fmt.Errorf("--%s needs a value, and is empty", f.Name)
		}
	})
	return err
}

// flagError says what is wrong with a flag in the user's words.
func flagError(_ *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	kind := invalid.GetFlag().Value.Type()
	if strings.HasPrefix(kind, "uint") {
		kind = "count"
	}
	return fmt.Errorf("--%s %q is not a %s", invalid.GetFlag().Name, invalid.GetValue(), kind)
}

func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Explain a command",
		Example: "  hindsight help record",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range root.Commands() {
				if c.IsAvailableCommand() {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			about, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usageError{fmt.Errorf("there is no command %q to explain", strings.Join(args, " "))}
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}
