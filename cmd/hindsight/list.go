package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hindsight/internal/recording"
	"hindsight/sqlext"
)

func newList() *cobra.Command {
	format := string(sqlext.Table)
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the recordings",
		Long:    `List the recordings, oldest first: the last one is what other commands take when none is named.`,
		Example: `  hindsight list --format json`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := sqlext.ParseFormat(format)
			if err != nil {
				return usageError{err}
			}
			return list(cmd, f)
		},
	}
	addFormat(cmd, &format)
	return cmd
}

// addFormat gives a command the flag --format.
func addFormat(cmd *cobra.Command, format *string) {
	cmd.Flags().StringVar(format, "format", *format, "how to print: "+strings.Join(sqlext.Formats(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("format",
		func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return sqlext.Formats(), cobra.ShellCompDirectiveNoFileComp
		})
}

func list(cmd *cobra.Command, format sqlext.Format) error {
	entries, err := recording.List()
	if err != nil {
		return err
	}
	if len(entries) == 0 && format == sqlext.Table {
		root, err := recording.Root()
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "no recordings in %s yet: make one with \"hindsight record PROGRAM\"\n", root)
		return nil
	}
	columns := []sqlext.Column{
		{Name: "name", Type: "VARCHAR"}, {Name: "started_at", Type: "TIMESTAMPTZ"}, {Name: "command", Type: "VARCHAR"},
		{Name: "status", Type: "VARCHAR"}, {Name: "events", Type: "UBIGINT"}, {Name: "bytes", Type: "UBIGINT"},
		{Name: "indexed", Type: "BOOLEAN"},
	}
	var rows [][]any
	for _, e := range entries {
		rows = append(rows, listRow(e, format))
	}
	_, err = sqlext.WriteValues(cmd.OutOrStdout(), columns, rows, sqlext.WriteOptions{Format: format, Width: terminalWidth(os.Stdout)})
	return err
}

func listRow(e recording.Entry, format sqlext.Format) []any {
	size := folderSize(e.Dir)
	drawn := format == sqlext.Table || format == sqlext.Markdown
	var shown any = size
	if drawn {
		shown = byteText(size)
	}
	if e.Recording == nil {
		return []any{e.Name, nil, nil, "unreadable: " + e.Err.Error(), nil, shown, indexed(e.Dir)}
	}
	m := &e.Recording.Meta
	var started any = m.StartedAt
	command := commandText(m.Command)
	if drawn {
		started, command = m.StartedAt.Local().Format(time.DateTime), shortened(command)
	}
	var events any
	if m.Events > 0 {
		events = m.Events
	}
	return []any{e.Name, started, command, statusText(e.Recording), events, shown, indexed(e.Dir)}
}

// statusText says how the recorded program ended.
func statusText(rec *recording.Recording) string {
	m := &rec.Meta
	switch {
	case m.ExitSignal != nil && *m.ExitSignal != 0:
		return "killed by " + signalName(*m.ExitSignal)
	case m.ExitCode != nil:
		return fmt.Sprintf("exit %d", *m.ExitCode)
	case !rec.Complete:
		return "incomplete"
	}
	return "unknown"
}

// commandText is a command as one would type it.
func commandText(command []string) string {
	words := make([]string, len(command))
	for i, w := range command {
		if w == "" || strings.ContainsAny(w, " \t\n'\"\\$`*?[](){}<>|&;#~!") {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		words[i] = w
	}
	return strings.Join(words, " ")
}

// shortened is the beginning of a text, in one line. A command can be a script,
// or have 100,000 file names.
func shortened(s string) string {
	const most = 80
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i] + "…"
	}
	if runes := []rune(s[:min(len(s), 4*most)]); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	return s
}

// folderSize is what the files of a folder occupy. Objects that recordings
// share count in each.
func folderSize(dir string) uint64 {
	var total uint64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				total += uint64(info.Size())
			}
		}
		return nil // what cannot be read is not counted
	})
	return total
}

func byteText(n uint64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/1000, 0
	for v >= 999.95 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	return fmt.Sprintf("%.1f %cB", v, units[i])
}
