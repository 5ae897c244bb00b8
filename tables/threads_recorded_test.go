package tables

import (
	"fmt"
	"testing"
)

// TestRecordedThreads holds real programs with threads against what holds in every
// history, and one of them indexed twice against itself.
func TestRecordedThreads(t *testing.T) {
	for _, name := range []string{"thread_join", "thread_names", "thread_signal_stacks", "thread_main_leaves"} {
		t.Run(name, func(t *testing.T) {
			rec := record(t, name)
			db, summary := indexed(t, rec, Options{})
			checkConsistency(t, db)
			expect(t, "threads that end", rows(t, db, `SELECT count(*) > 1, count(*) = count(end_t), max(end_t) = (SELECT instructions FROM recordings), count(DISTINCT lineage) = count(*) FROM threads`),
				"true true true true")
			expect(t, "outermost functions", rows(t, db, `SELECT DISTINCT o.name, f.name FROM calls c JOIN calls p ON p.call_id = c.parent_call_id
				JOIN functions f ON f.function_id = c.function_id JOIN functions o ON o.function_id = p.function_id
				WHERE p.parent_call_id IS NULL AND p.thread_id > 1`), rows(t, db, `SELECT name, 'start_thread' FROM functions WHERE linkage_name LIKE '%clone3' LIMIT 1`)...)
			switch name {
			case "thread_join":
				again, _ := indexed(t, rec, Options{})
				if first, second := digest(t, db), digest(t, again); first != second {
					t.Errorf("two indexings differ:\n%s\n%s", first, second)
				}
				from, to := summary.Instructions/2, summary.Instructions*3/4
				part, _ := indexed(t, rec, Options{From: from, To: to})
				// Stacks are numbered as rows mention them.
				for _, table := range []string{"(SELECT * EXCLUDE (stack_id) FROM writes)", "syscalls", "switches", "output", "signals"} {
					query := fmt.Sprintf(`SELECT count(*), md5(string_agg(hash(x)::VARCHAR, '' ORDER BY hash(x))) FROM %s x WHERE t >= %d AND t < %d`, table, from, to)
					expect(t, table+" of a part", rows(t, part, query), rows(t, db, query)...)
				}
				expect(t, "threads of a part", rows(t, part, `SELECT * FROM threads ORDER BY 1`), rows(t, db, `SELECT * FROM threads ORDER BY 1`)...)
			case "thread_names":
				expect(t, "names", rows(t, db, `SELECT name FROM threads ORDER BY thread_id`), "-", "renamed")
			}
		})
	}
}
