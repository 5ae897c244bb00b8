package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"hindsight/internal/recording"
)

func newRemove() *cobra.Command {
	var all, yes bool
	cmd := &cobra.Command{
		Use:   "remove RECORDING…",
		Short: "Delete recordings with their histories",
		Long: `Delete recordings, with the histories inside them. On a terminal it asks first.
A folder that is not a recording is refused.`,
		Example: `  hindsight remove gzip-20261123-074200-1
  hindsight remove --all --yes`,
		ValidArgsFunction: completeRecording,
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return usageError{errors.New("name the recordings to remove, or give --all")}
			}
			dirs, err := recordingsToRemove(args, all)
			if err != nil {
				return err
			}
			if !yes && len(dirs) > 0 {
				if err := confirm(cmd, dirs); err != nil {
					return err
				}
			}
			return remove(cmd, dirs)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "remove every recording of the store")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// recordingsToRemove finds the folders, all of them before any is touched.
func recordingsToRemove(names []string, all bool) ([]string, error) {
	var dirs []string
	if all {
		list, err := recording.List()
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			dirs = append(dirs, e.Dir)
		}
		return dirs, nil
	}
	for _, name := range names {
		if name == "" {
			return nil, usageError{errors.New("a recording's name is empty")}
		}
		dir, err := recording.Resolve(name)
		if err != nil {
			return nil, err
		}
		if _, err := recording.Open(dir); errors.Is(err, recording.ErrNotRecording) {
			return nil, fmt.Errorf("remove: %w; nothing was removed", err)
		}
		dirs = append(dirs, dir)
	}
	return dirs, nil
}

// confirm asks on a terminal; elsewhere nobody could answer, and --yes is
// needed.
func confirm(cmd *cobra.Command, dirs []string) error {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return usageError{errors.New("this is not a terminal, so --yes is needed to remove recordings")}
	}
	var size uint64
	for _, d := range dirs {
		size += folderSize(d)
	}
	what := filepath.Base(dirs[0])
	if len(dirs) > 1 {
		what = fmt.Sprintf("%d recordings", len(dirs))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "Remove %s (%s)? [y/N] ", what, byteText(size))
	answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil {
		answer = ""
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was removed")
}

func remove(cmd *cobra.Command, dirs []string) error {
	var errs []error
	for _, dir := range dirs {
		if err := recording.Remove(dir); err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "hindsight: removed %s\n", dir)
	}
	return errors.Join(errs...)
}
