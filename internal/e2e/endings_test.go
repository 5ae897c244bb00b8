package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestUnfinishedCalls holds that a system call that never returned has a row
// without a result and without a duration.
func TestUnfinishedCalls(t *testing.T) {
	for name, args := range map[string][]string{
		"kill":       {"/bin/sh", "-c", "kill -KILL $$"},
		"exit_group": {"/bin/true"},
	} {
		t.Run(name, func(t *testing.T) {
			recording, r := record(t, command{args: args})
			if strings.Count(r.stderr, "hindsight: recorded") != 1 {
				t.Fatal(r.stderr)
			}
			database := index(t, recording, "history")
			got := ask(t, database, "SELECT name, result IS NULL, duration_ns IS NULL, error IS NULL FROM syscalls ORDER BY t DESC LIMIT 1")
			if want := fmt.Sprintf("[[%s true true true]]", name); fmt.Sprint(got) != want {
				t.Errorf("the last system call is %v, want %s", got, want)
			}
		})
	}
}
