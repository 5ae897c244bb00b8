package sqlext

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"hindsight/tables"
)

// ErrExported is returned where the data set has the recording already.
var ErrExported = errors.New("the recording is in the data set already")

// ExportOptions say how to export.
type ExportOptions struct {
	// Replace lets the recording take the place of what is there of it.
	Replace bool
	// Progress, if not nil, is told which table comes next, and how many of all
	// are done.
	Progress func(table string, done, all int)
}

// exported is a table that an export writes. All other views are in schema.sql
// alone.
type exported struct {
	name    string
	columns []ColumnInfo
}

// Export adds the history to a Hive-partitioned data set of Parquet files:
//
//	DIR/recording=UUID/table=NAME/data.parquet
//	DIR/schema.sql   the views that make tables of them again, and the library
//
// It appears by one rename, or not at all. A data set can hold many recordings.
// Rows stream through DuckDB in at most exportMemory, whatever their number; where
// single rows are so large that this does not do, in what DuckDB takes by itself.
// Their order in the files is no promise. The recording's folder is returned.
func (h *History) Export(ctx context.Context, dir string, opt ExportOptions) (_ string, err error) {
	id, err := h.RecordingID(ctx)
	if err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	place := filepath.Join(dir, "recording="+id)
	if _, err := os.Lstat(place); err == nil && !opt.Replace {
		return place, fmt.Errorf("%s: %w", place, ErrExported)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	if err := removePartial(dir); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	partial := filepath.Join(dir, partialExport+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(partial, 0o700); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(partial)) }()
	stored, err := h.exportedTables(ctx)
	if err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	more, restore, err := h.limitExport(ctx)
	if err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	defer func() { err = errors.Join(err, restore()) }()
	for i, t := range stored {
		if opt.Progress != nil {
			opt.Progress(t.name, i, len(stored))
		}
		err := h.exportTable(ctx, filepath.Join(partial, "new"), t.name)
		if err != nil && strings.Contains(err.Error(), "Out of Memory") && ctx.Err() == nil {
			// DuckDB reads 2,048 rows at once, each of which may have megabytes.
			if err = more(); err == nil {
				err = h.exportTable(ctx, filepath.Join(partial, "new"), t.name)
			}
		}
		if err != nil {
			return "", fmt.Errorf("export the table %s to %s: %w", t.name, dir, err)
		}
	}
	schema := filepath.Join(partial, "schema.sql")
	if err := os.WriteFile(schema, []byte(exportSchema(id, stored)), 0o600); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	if err := putInPlace(partial, place); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	if err := os.Rename(schema, filepath.Join(dir, "schema.sql")); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	return place, nil
}

const partialExport = ".partial-"

// exportMemory is what DuckDB may use for an export, and exportGroup how many bytes
// of rows a thread gathers before it writes them.
var (
	exportMemory = "1GB"
	exportGroup  = "16MB"
)

// limitExport bounds the memory of the connection; more takes the bound away again,
// restore that and all else. DuckDB bounds groups of rows by their bytes only where
// it need not keep the order.
func (h *History) limitExport(ctx context.Context) (more, restore func() error, err error) {
	rows, err := h.strings(ctx, "SELECT current_setting('memory_limit')") // RESET does not give it back
	if err == nil {
		err = h.exec(ctx, "SET memory_limit = "+quote(exportMemory))
	}
	if err == nil {
		err = h.exec(ctx, "SET preserve_insertion_order = false")
	}
	if err != nil {
		return nil, nil, queryError(ctx, err)
	}
	own := context.WithoutCancel(ctx)
	more = func() error { return h.exec(own, "SET memory_limit = "+quote(rows[0][0])) }
	return more, func() error { return errors.Join(more(), h.exec(own, "RESET preserve_insertion_order")) }, nil
}

// removePartial removes what exports left behind that were killed.
func removePartial(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		number, ok := strings.CutPrefix(e.Name(), partialExport)
		pid, err := strconv.Atoi(number)
		if !ok || err != nil || pid <= 0 || pid != os.Getpid() && !errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// putInPlace moves the new folder to its place; what was there goes first into
// the partial folder, which is removed.
func putInPlace(partial, place string) error {
	old := filepath.Join(partial, "old")
	if err := os.Rename(place, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(filepath.Join(partial, "new"), place); err != nil {
		if _, e := os.Lstat(old); e == nil {
			err = errors.Join(err, os.Rename(old, place))
		}
		return err
	}
	return nil
}

// exportedTables are the tables that are written: all but _writes, and writes
// instead, which is a view over it.
func (h *History) exportedTables(ctx context.Context) ([]exported, error) {
	rows, err := h.strings(ctx, `
		SELECT c.table_name, c.column_name, c.data_type FROM duckdb_columns() c
		LEFT JOIN duckdb_views() v ON v.database_name = c.database_name AND v.view_name = c.table_name
		WHERE c.database_name = ? AND NOT c.internal AND c.table_name <> '_writes'
			AND (v.view_name IS NULL OR v.view_name = 'writes')
		ORDER BY c.table_name, c.column_index`, databaseName)
	if err != nil {
		return nil, err
	}
	var out []exported
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].name != r[0] {
			out = append(out, exported{name: r[0]})
		}
		last := &out[len(out)-1]
		last.columns = append(last.columns, ColumnInfo{Name: r[1], Type: r[2]})
	}
	return out, nil
}

func (h *History) exportTable(ctx context.Context, dir, table string) error {
	folder := filepath.Join(dir, "table="+table)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file := filepath.Join(folder, "data.parquet")
	// Made first, so that it is nobody else's at any time.
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	err := h.exec(ctx, "COPY (SELECT * FROM "+databaseName+`.main."`+table+`") TO `+quote(file)+
		" (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, ROW_GROUP_SIZE_BYTES "+quote(exportGroup)+")")
	if err != nil {
		return queryError(ctx, err)
	}
	return nil
}

// exportSchema is the text of schema.sql. Columns are named with their table: of a
// view that a macro uses, DuckDB cannot tell a bare pc from a parameter pc.
func exportSchema(id string, stored []exported) string {
	var b strings.Builder
	b.WriteString(`-- The tables and views of Hindsight histories, over the Parquet files in this folder.
--
--   cd here && duckdb -init schema.sql
--
-- or, elsewhere, SET file_search_path = 'this folder' and run this file. The tables
-- are those of one recording; to see those of another:
--
--   SELECT DISTINCT recording FROM read_parquet('recording=*/table=recordings/*.parquet', hive_partitioning = true);
--   SET VARIABLE recording = '…';
--
-- Parquet has no ENUM: such columns are texts there, and an ENUM here again.
`)
	fmt.Fprintf(&b, "SET VARIABLE recording = %s;\n\n", quote(id))
	for _, t := range stored {
		var columns []string
		for _, c := range t.columns {
			name := "p." + quoteName(c.Name)
			if strings.HasPrefix(c.Type, "ENUM") {
				name = "CAST(" + name + " AS " + c.Type + ") AS " + quoteName(c.Name)
			}
			columns = append(columns, name)
		}
		fmt.Fprintf(&b, "CREATE OR REPLACE VIEW \"%s\" AS SELECT %s\n  FROM read_parquet('recording=*/table=%s/*.parquet', hive_partitioning = true, hive_types = {'recording': VARCHAR, 'table': VARCHAR}) p\n  WHERE p.recording = getvariable('recording');\n\n",
			t.name, strings.Join(columns, ", "), t.name)
	}
	for _, t := range tables.Schema() {
		if t.View() && !slices.ContainsFunc(stored, func(s exported) bool { return s.name == t.Name }) {
			b.WriteString(strings.Replace(t.DDL()[0], "CREATE VIEW", "CREATE OR REPLACE VIEW", 1) + ";\n\n")
		}
	}
	for _, v := range Views() {
		b.WriteString(strings.TrimSuffix(v.SQL, ";") + ";\n\n")
	}
	for _, m := range ExportedMacros() {
		b.WriteString(strings.TrimSuffix(m.SQL, ";") + ";\n\n")
	}
	return b.String()
}

// ExportedMacros are the macros that a data set has: those that need neither this
// program nor, as what tells memory at a time does, the order of rows in a table.
func ExportedMacros() []Macro {
	missing := []string{"rowid"}
	var out []Macro
	for range 2 { // one may use another that comes behind it
		out = nil
		for _, m := range Macros() {
			if m.Live || slices.ContainsFunc(missing, func(word string) bool { return mentions(m.SQL, word) }) {
				missing = append(missing, m.Name)
				continue
			}
			out = append(out, m)
		}
	}
	return out
}

// mentions tells whether a word is in a text.
func mentions(text, word string) bool {
	return slices.Contains(strings.FieldsFunc(text, func(c rune) bool { return c > 127 || !isNameByte(byte(c)) }), word)
}
