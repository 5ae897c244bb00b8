package queries

import (
	"strings"
	"testing"
)

// TestLibraryInSafeMode holds that a restricted history runs the program's own
// queries.
func TestLibraryInSafeMode(t *testing.T) {
	h := openTestHistory(t)
	if err := h.Restrict(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, e := range Load().Entries {
		values, err := Assignments(strings.Fields(strings.ReplaceAll(e.Query.Values("example")[0], "'", ""))[1:])
		if err != nil {
			t.Fatal(err)
		}
		args, err := e.Query.Arguments(values)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := e.Query.Run(t.Context(), h, args)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
}
