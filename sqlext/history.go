// Package sqlext is what SQL lacks for questions about a program's history: it
// opens a history database, runs statements on it, prints their results and
// brings the library of views and macros (allocations, writes_to, stack …) that is
// stored in it.
//
// A History is an open database; Query gives Rows; Write prints them in a
// Format; a Splitter cuts a script into statements. The package reads
// histories and never changes what package tables wrote: the one thing that it
// adds to a file is the library (Install).
package sqlext

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"hindsight/tables"
)

// History is an open history database. It is one connection, so that temporary
// tables and settings last from statement to statement, and not safe for
// concurrent use.
type History struct {
	path      string
	connector *duckdb.Connector
	conn      *duckdb.Conn
	tempDir   string
	functions *functions // nil where the history is being extended
	// restricted is what Restrict sets.
	restricted bool
}

// databaseName is what the history's tables live in, whatever the file is
// called.
const databaseName = "history"

// Open opens the history in file for reading. Views and macros that the file lacks,
// because an older version wrote it, exist for this connection only.
func Open(ctx context.Context, file string) (*History, error) {
	if err := checkFile(file); err != nil {
		return nil, err
	}
	h, err := connect(ctx, file, true)
	if err != nil {
		return nil, err
	}
	if err := h.checkVersion(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	if h.functions, err = registerFunctions(ctx, h.connector); err == nil {
		err = h.addMissing(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// checkVersion makes sure that the file's tables mean what this build's do.
func (h *History) checkVersion(ctx context.Context) error {
	text, err := h.fact(ctx, "schema_version")
	if err != nil {
		return fmt.Errorf("%s is no history of Hindsight's: %w", h.path, queryError(ctx, err))
	}
	version, err := strconv.Atoi(text)
	switch {
	case err != nil || version < tables.SchemaVersion:
		return fmt.Errorf("%s was made by an older hindsight (tables of version %q, not %d): make it anew with \"hindsight index --force\"",
			h.path, text, tables.SchemaVersion)
	case version > tables.SchemaVersion:
		return fmt.Errorf("%s was made by a newer hindsight (tables of version %d, not %d): use that one", h.path, version, tables.SchemaVersion)
	}
	return nil
}

// RecordingID is the identity of the recording that the history is of.
func (h *History) RecordingID(ctx context.Context) (string, error) {
	return h.fact(ctx, "recording_id")
}

// fact reads one of the facts about how the file was made, "" where it is not
// there.
func (h *History) fact(ctx context.Context, key string) (string, error) {
	rows, err := h.strings(ctx, "SELECT value FROM _meta WHERE key = ?", key)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0][0], nil
}

// checkFile finds what DuckDB would describe less clearly, or "repair" by
// creating a file.
func checkFile(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("open history: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open history: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a history database: it is not a file; move it away, or name another with --db", file)
	}
	// The magic bytes follow an 8-byte checksum.
	var head [12]byte
	if _, err := io.ReadFull(f, head[:]); err != nil || string(head[8:]) != "DUCK" {
		return fmt.Errorf("%s is not a history database (not a DuckDB file); make one with: hindsight index --force", file)
	}
	return nil
}

// connect attaches file to a database in memory, and not the other way round:
// names are then the same for every file, and a user can attach a second
// history to compare the two.
func connect(ctx context.Context, file string, readOnly bool) (*History, error) {
	h, err := connectMemory(ctx, file)
	if err != nil {
		return nil, err
	}
	if err = h.attach(ctx, file, databaseName, readOnly); err == nil {
		err = h.exec(ctx, "USE "+databaseName)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open history %s: %w", file, err), h.Close())
	}
	return h, nil
}

// connectMemory starts DuckDB with nothing attached.
func connectMemory(ctx context.Context, path string) (*History, error) {
	connector, err := duckdb.NewConnector("?autoinstall_known_extensions=false", nil)
	if err != nil {
		return nil, fmt.Errorf("start DuckDB: %w", err)
	}
	c, err := connector.Connect(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start DuckDB: %w", err), connector.Close())
	}
	h := &History{path: path, connector: connector, conn: c.(*duckdb.Conn)}
	h.tempDir = filepath.Join(os.TempDir(), fmt.Sprintf("hindsight-sql-%d", os.Getpid()))
	// In memory, DuckDB would spill to .tmp of the working directory.
	if err := h.exec(ctx, "SET temp_directory = "+quote(h.tempDir)); err != nil {
		return nil, errors.Join(fmt.Errorf("start DuckDB: %w", err), h.Close())
	}
	return h, nil
}

// attach adds the database in a file under a name.
func (h *History) attach(ctx context.Context, file, name string, readOnly bool) error {
	mode := ""
	if readOnly {
		mode = ", READ_ONLY"
	}
	return h.exec(ctx, "ATTACH "+quote(file)+" AS "+quoteName(name)+" (TYPE duckdb"+mode+")")
}

// Path is the database's file.
func (h *History) Path() string { return h.path }

// Close ends the connection.
func (h *History) Close() error {
	var err error
	if h.functions != nil {
		err = h.functions.close()
	}
	return errors.Join(h.conn.Close(), err, h.connector.Close())
}

// exec runs a statement whose result is of no interest.
func (h *History) exec(ctx context.Context, statement string) error {
	_, err := h.conn.ExecContext(ctx, statement, nil)
	return err
}

// strings runs a query of one or more columns of text and gives its rows.
func (h *History) strings(ctx context.Context, query string, args ...string) ([][]string, error) {
	var named []driver.NamedValue
	for i, a := range args {
		named = append(named, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	rows, err := h.conn.QueryContext(ctx, query, named)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]string
	vals := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(vals); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		row := make([]string, len(vals))
		for i, v := range vals {
			if v != nil {
				row[i] = fmt.Sprint(v)
			}
		}
		out = append(out, row)
	}
}

// quote makes an SQL string literal.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// EngineVersion is the version of the DuckDB library.
func EngineVersion(ctx context.Context) (string, error) {
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		return "", err
	}
	defer connector.Close()
	c, err := connector.Connect(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	h := &History{conn: c.(*duckdb.Conn)}
	rows, err := h.strings(ctx, "SELECT version()")
	if err != nil {
		return "", err
	}
	return rows[0][0], nil
}
