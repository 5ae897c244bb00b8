package sqlext

import (
	"database/sql"
	"path/filepath"
	"testing"

	"hindsight/sqlext/sqltest"
)

// heapOfThreads is a history in which thread 2 is in malloc, waiting for the heap's
// lock, while thread 1 releases the memory that it is then given; and in which the
// C library, without symbols, releases it once more as the thread ends.
const heapOfThreads = `
DELETE FROM threads;
INSERT INTO threads BY NAME SELECT * FROM (VALUES (1, 1, 100, 0, 1000, NULL, '1'), (2, 1, 101, 25, 1000, 1, '1.1'))
  AS v(thread_id, process_id, os_tid, start_t, end_t, parent_thread_id, lineage);
INSERT INTO processes BY NAME SELECT 1 AS process_id, 100 AS os_pid, '/bin/a' AS executable, ['a'] AS command, 0 AS start_t;
INSERT INTO switches VALUES (0, NULL, 1, 'begin'), (25, 1, 2, 'begin'), (40, 2, 1, 'wait'), (59, 1, 2, 'other');
INSERT INTO modules BY NAME SELECT 2 AS module_id, 1 AS process_id, '/lib/libc.so.6' AS path, 65536 AS start_addr, 131072 AS end_addr, 65536 AS load_bias, 0 AS mapped_t;
INSERT INTO functions BY NAME SELECT * FROM (VALUES (10, 2, 'malloc', 65536), (11, 2, 'free', 65600), (12, 2, 'sub_400', 66000))
  AS v(function_id, module_id, name, entry_pc);
INSERT INTO frames BY NAME SELECT 66010 AS pc, 1 AS process_id, 0 AS level, 12 AS function_id, 'sub_400' AS function, 'libc.so.6' AS module, false AS inlined;
UPDATE frames SET module = parse_filename(module);
DELETE FROM _stack_order;
INSERT INTO stacks BY NAME SELECT * FROM (VALUES (10, 1, 1, 10, 4100), (11, 1, 1, 11, 4100), (12, NULL, 0, 12, NULL), (13, 12, 1, 11, 66010))
  AS v(stack_id, parent_stack_id, depth, function_id, call_pc);
INSERT INTO _stack_callers BY NAME SELECT * FROM (VALUES (10, 1, 4100), (11, 1, 4100), (13, 1, 66010)) AS v(stack_id, level, call_pc);
INSERT INTO calls BY NAME SELECT *, 1 AS process_id, 1 AS depth, 65536 AS entry_pc, 4096 AS cfa, exit_t - enter_t AS instructions FROM (VALUES
  (1, 1, 10, 10, 4100, 10, 20, 64, 20480), (2, 2, 10, 10, 4100, 30, 65, 32, 20480), (3, 1, 11, 11, 4100, 45, 58, 20480, 0),
  (4, 2, 11, 11, 4100, 70, 80, 20480, 0), (5, 2, 11, 13, 66010, 100, 110, 20480, 0), (6, 1, 11, 11, 4100, 120, 130, 20480, 0))
  AS v(call_id, thread_id, function_id, stack_id, call_pc, enter_t, exit_t, arg0, return_value);
-- Each thread writes to the memory: the first while it is the other's, the second after it is nobody's.
INSERT INTO _writes BY NAME SELECT t, 50 AS call_id, 4100 AS pc, 20484 AS addr, 7 AS value,
  4 + 1 * 16 + thread * 68719476736 + 4503599627370496 AS who FROM (VALUES (68, 2), (90, 1)) AS v(t, thread);`

func TestHeapOfThreads(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history.duckdb")
	sqltest.Create(t, file)
	db, err := sql.Open("duckdb", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), heapOfThreads); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	h := openHistory(t, file)
	for query, want := range map[string]string{
		"SELECT call_id, size, freed_call_id FROM allocations ORDER BY t": "1,64,3\n2,32,4\n",
		"SELECT call_id, kind, first_call_id FROM double_frees":           "6,double,5\n",
		"SELECT t, allocated_t, freed_t FROM writes_after_free":           "90,30,70\n",
	} {
		if got := run(t, h, query, WriteOptions{Format: CSV}); got[len(firstLine(got)):] != want {
			t.Errorf("%s:\n%s", query, got)
		}
	}
}

// firstLine is a text up to its first line's end.
func firstLine(text string) string {
	for i, c := range text {
		if c == '\n' {
			return text[:i+1]
		}
	}
	return text
}
