package sqlext

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"hindsight/sqlext/sqltest"
)

// TestExportMemory exports more rows than the memory that it may use has room for,
// and more bytes in a few of them, for which it takes more.
func TestExportMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "many.duckdb")
	sqltest.Create(t, file)
	h, err := connect(t.Context(), file, false)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		h.exec(t.Context(), "INSERT INTO _writes SELECT 10 + range, 1, hash(range) % 1000, hash(range + 1), hash(range), 8 + 16 + 68719476736 + 4503599627370496 FROM range(1500000)"),
		h.exec(t.Context(), "INSERT INTO _wide_writes SELECT * REPLACE (unnest(range(100, 180))::UBIGINT AS t, 1000000 AS size, encode(repeat('0123456789', 100000)) AS bytes) FROM (FROM _wide_writes LIMIT 1)"),
		h.Close())
	if err != nil {
		t.Fatal(err)
	}
	h = openHistory(t, file)
	memory, group := exportMemory, exportGroup
	defer func() { exportMemory, exportGroup = memory, group }()
	exportMemory, exportGroup = "60MB", "2MB"
	_, restore, err := h.limitExport(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(h.exportTable(t.Context(), t.TempDir(), "_writes"), restore()); err != nil {
		t.Errorf("many rows: %v", err)
	}
	dir := t.TempDir()
	place, err := h.Export(t.Context(), dir, ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := h.strings(t.Context(), "SELECT (SELECT count(*) || ' ' || sum(hash(t, addr, value))::VARCHAR FROM read_parquet('"+place+"/table=writes/data.parquet')), "+
		"(SELECT count(*) || ' ' || sum(hash(t, addr, value))::VARCHAR FROM writes)")
	if err != nil || rows[0][0] != rows[0][1] {
		t.Errorf("%v, %v", rows, err)
	}
	if rows, err = h.strings(t.Context(), "SELECT current_setting('preserve_insertion_order')::VARCHAR"); err != nil || rows[0][0] != "true" {
		t.Errorf("the setting stays %v, %v", rows, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v", entries, err)
	}
}
