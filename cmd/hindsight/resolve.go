package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hindsight/internal/recording"
)

// databaseFile is the history's name inside a recording.
const databaseFile = "history.duckdb"

// openRecording opens the recording that an optional argument names.
func openRecording(args []string) (*recording.Recording, error) {
	dir, err := recording.Resolve(firstOf(args))
	if err != nil {
		return nil, err
	}
	rec, err := recording.Open(dir)
	if errors.Is(err, recording.ErrNotRecording) {
		return nil, fmt.Errorf("%w; \"hindsight list\" shows the recordings", err)
	}
	return rec, err
}

func firstOf(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// databaseOf is where a recording's history is, or is to be.
func databaseOf(rec *recording.Recording, flag string) string {
	if flag != "" {
		return flag
	}
	return filepath.Join(rec.Dir, databaseFile)
}

// indexed tells whether the recording has a history.
func indexed(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, databaseFile))
	return err == nil && info.Mode().IsRegular()
}

// completeRecording completes the names of recordings.
func completeRecording(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	list, err := recording.List()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name)
	}
	return names, cobra.ShellCompDirectiveDefault
}
