package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/reeflective/readline"
	"github.com/reeflective/readline/inputrc"

	"hindsight/sqlext"
)

// prompt reads statements from the terminal until Ctrl-D or .quit.
func (s *shell) prompt(ctx context.Context) error {
	rl := readline.NewShell(inputrc.WithApp("hindsight"))
	rl.Prompt.Primary(func() string { return "hindsight> " })
	// Tab first completes what all candidates share, as in bash.
	if err := rl.Config.Set("menu-complete-display-prefix", true); err != nil {
		return err
	}
	rl.AcceptMultiline = func(line []rune) bool { return complete(string(line)) }
	c := newCompleter(ctx, s.history)
	rl.Completer = c.complete
	if file, err := historyFile(); err != nil {
		fmt.Fprintf(s.err, "hindsight: what you type will not be remembered: %s\n", oneLine(err))
	} else {
		rl.History.AddFromFile("statements", file)
	}
	for {
		line, err := rl.Readline()
		switch {
		case errors.Is(err, readline.ErrInterrupt):
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read from the terminal: %w", err)
		}
		if err := s.typed(ctx, line); err != nil {
			return err
		}
		c.refresh(ctx)
	}
}

// typed runs what was typed at the prompt.
func (s *shell) typed(ctx context.Context, text string) error {
	if t := strings.TrimSpace(text); strings.HasPrefix(t, ".") {
		return s.dot(ctx, t, 1)
	}
	for _, st := range sqlext.Split(text) {
		if err := s.statement(ctx, st); err != nil {
			return err
		}
	}
	return nil
}

// complete tells whether a text can be run, or more lines must follow.
func complete(text string) bool {
	t := strings.TrimSpace(text)
	if t == "" || strings.HasPrefix(t, ".") {
		return true
	}
	var s sqlext.Splitter
	s.Feed(text + "\n")
	return !s.Pending()
}

// historyFile makes sure that the file of typed statements exists and is
// nobody else's to read.
func historyFile() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(home, ".local", "state")
	}
	dir = filepath.Join(dir, "hindsight")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "history")
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	return file, errors.Join(f.Chmod(0o600), f.Close())
}
