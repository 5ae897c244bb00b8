package tables

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
	"golang.org/x/sys/unix"
)

// memoryLimit is what DuckDB may use for itself while a database is written.
const memoryLimit = "512MB"

// database is a DuckDB file that is being written. It appears under its name
// only when commit succeeds; discard removes it. One of the two must be called.
//
// It grows in a folder of its own beside its place, PATH.partial-PID, which
// others cannot read, with all that DuckDB puts beside it.
type database struct {
	path      string // where it will be
	folder    string // where it is
	connector *duckdb.Connector
	conn      *duckdb.Conn
}

const partialMark = ".partial-"

// file is the database while it is being written.
func (db *database) file() string { return filepath.Join(db.folder, "history.duckdb") }

// createDatabase begins a database beside path, with all tables, empty. What is
// at path stays there until commit.
func createDatabase(ctx context.Context, path string) (*database, error) {
	db := &database{path: path, folder: path + partialMark + strconv.Itoa(os.Getpid())}
	if err := db.create(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("create database %s: %w", path, err), db.discard())
	}
	return db, nil
}

// removeAbandoned removes what indexers left beside path that were killed.
func removeAbandoned(path string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), filepath.Base(path)+partialMark)
		pid, err := strconv.Atoi(number)
		if !ok || err != nil || pid <= 0 {
			continue
		}
		if pid != os.Getpid() && !errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(filepath.Dir(path), e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (db *database) create(ctx context.Context) error {
	if err := removeAbandoned(db.path); err != nil {
		return err
	}
	if err := os.Mkdir(db.folder, 0o700); err != nil {
		return err
	}
	// Attached, not opened: a path that is opened may not have a "?" in it.
	attach := "ATTACH IF NOT EXISTS " + quoteText(db.file()) + " AS history; USE history"
	connector, err := duckdb.NewConnector("", func(c driver.ExecerContext) error {
		_, err := c.ExecContext(ctx, attach, nil)
		return err
	})
	if err != nil {
		return err
	}
	db.connector = connector
	if db.conn, err = db.connect(ctx); err != nil {
		return err
	}
	if err := os.Chmod(db.file(), 0o600); err != nil {
		return err
	}
	settings := []string{
		"SET memory_limit = '" + memoryLimit + "'",
		// Each connection's own thread appends; another would only wait for it, at
		// 40 ns a row.
		"SET threads = 1",
		"SET preserve_insertion_order = true",
		"SET temp_directory = " + quoteText(filepath.Join(db.folder, "tmp")),
	}
	if err := db.exec(ctx, settings...); err != nil {
		return err
	}
	// In one transaction: each by itself would wait for the disk, 250 times.
	all := []string{"BEGIN TRANSACTION"}
	for _, t := range Schema() {
		all = append(all, t.DDL()...)
	}
	return db.exec(ctx, strings.Join(append(all, "COMMIT"), ";"))
}

// connect opens another connection.
func (db *database) connect(ctx context.Context) (*duckdb.Conn, error) {
	c, err := db.connector.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", db.file(), err)
	}
	return c.(*duckdb.Conn), nil
}

// exec runs statements one after the other.
func (db *database) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := db.conn.ExecContext(ctx, s, nil); err != nil {
			return err
		}
	}
	return nil
}

// commit finishes the file, lets extend (may be nil) add to it, and puts it in
// its place, replacing what was there.
func (db *database) commit(ctx context.Context, extend func(ctx context.Context, path string) error) error {
	err := db.exec(ctx, "CHECKPOINT history")
	err = errors.Join(err, db.closeAll())
	if err == nil && extend != nil {
		err = extend(ctx, db.file())
	}
	if err == nil {
		err = syncFile(db.file())
	}
	if err == nil {
		err = os.Rename(db.file(), db.path)
	}
	if err != nil {
		err = fmt.Errorf("finish database %s: %w", db.path, err)
	}
	return errors.Join(err, os.RemoveAll(db.folder))
}

// discard removes all that was written.
func (db *database) discard() error {
	return errors.Join(db.closeAll(), os.RemoveAll(db.folder))
}

func (db *database) closeAll() error {
	var err error
	if db.conn != nil {
		err = db.conn.Close()
	}
	if db.connector != nil {
		err = errors.Join(err, db.connector.Close())
	}
	db.conn, db.connector = nil, nil
	return err
}

// syncFile makes a file's contents durable.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
