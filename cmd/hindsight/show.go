package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"hindsight/internal/recording"
	"hindsight/sqlext"
)

func newShow() *cobra.Command {
	return &cobra.Command{
		Use:               "show [RECORDING]",
		Short:             "Show what is known about a recording",
		Long:              `Show what a recording says about itself, what it occupies and, where it is indexed, the rows of each table.`,
		Example:           `  hindsight show gzip-20261123-074200-1`,
		Args:              oneRecording,
		ValidArgsFunction: completeRecording,
		RunE: func(cmd *cobra.Command, args []string) error {
			rec, err := openRecording(args)
			if err != nil {
				return err
			}
			return show(cmd.Context(), cmd.OutOrStdout(), rec)
		},
	}
}

func show(ctx context.Context, w io.Writer, rec *recording.Recording) error {
	m := &rec.Meta
	var rows [][]any
	add := func(name string, value any) { rows = append(rows, []any{name, fmt.Sprint(value)}) }
	add("recording", rec.Dir)
	add("id", m.ID)
	add("command", commandText(m.Command))
	add("executable", m.Executable)
	add("directory", m.Directory)
	add("started", m.StartedAt.Local().Format(time.RFC3339))
	if m.DurationNS > 0 {
		add("duration", time.Duration(m.DurationNS).Round(time.Microsecond))
	}
	add("status", statusText(rec))
	if m.Events > 0 {
		add("events", fmt.Sprintf("%d, %d of them system calls", m.Events, m.Syscalls))
	}
	add("process", m.PID)
	add("host", m.Host)
	add("kernel", m.Kernel)
	add("cpu", fmt.Sprintf("%s (number %d)", m.CPU, m.CPUNumber))
	add("extended state", fmt.Sprintf("%d bytes, XCR0 %#x", m.XSaveSize, m.XCR0))
	add("cpuid answers", len(m.CPUID))
	add("format", fmt.Sprintf("version %d, by hindsight %s", m.Format, m.Version))
	add("size", sizesText(rec.Dir))
	for _, d := range m.Diagnostics {
		add("note", d)
	}
	columns := []sqlext.Column{{Name: "property", Type: "VARCHAR"}, {Name: "value", Type: "VARCHAR"}}
	opt := sqlext.WriteOptions{Format: sqlext.Table, Width: terminalWidth(os.Stdout)}
	if _, err := sqlext.WriteValues(w, columns, rows, opt); err != nil {
		return err
	}
	if !indexed(rec.Dir) {
		_, err := fmt.Fprintln(w, "It is not indexed yet: \"hindsight index\" or \"hindsight sql\" does that.")
		return err
	}
	return showTables(ctx, w, filepath.Join(rec.Dir, databaseFile), opt)
}

// sizesText tells what the parts of a recording occupy.
func sizesText(dir string) string {
	database := fileSize(filepath.Join(dir, databaseFile))
	objects := folderSize(filepath.Join(dir, "objects"))
	text := fmt.Sprintf("%s: events %s, mapped files %s", byteText(folderSize(dir)),
		byteText(fileSize(filepath.Join(dir, "events"))+fileSize(filepath.Join(dir, "events.partial"))), byteText(objects))
	if database > 0 {
		text += ", database " + byteText(database)
	}
	return text
}

func fileSize(path string) uint64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return uint64(info.Size())
}

func showTables(ctx context.Context, w io.Writer, database string, opt sqlext.WriteOptions) (err error) {
	h, err := sqlext.Open(ctx, database)
	if err != nil {
		return err
	}
	defer h.Close()
	tables, err := h.Tables(ctx)
	if err != nil {
		return err
	}
	columns := []sqlext.Column{{Name: "table", Type: "VARCHAR"}, {Name: "rows", Type: "UBIGINT"}, {Name: "about", Type: "VARCHAR"}}
	var rows [][]any
	for _, t := range tables {
		if t.Rows >= 0 {
			rows = append(rows, []any{t.Name, t.Rows, firstSentence(t.Comment)})
		}
	}
	_, err = sqlext.WriteValues(w, columns, rows, opt)
	return err
}
