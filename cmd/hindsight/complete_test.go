package main

import (
	"slices"
	"testing"

	"hindsight/sqlext"
)

func TestCandidates(t *testing.T) {
	h, err := sqlext.Open(t.Context(), newDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	c := newCompleter(t.Context(), h)
	for _, x := range []struct {
		text, word string
		want       string // one of the candidates
		not        string // none of them
	}{
		{"SELECT * FROM wr", "wr", "writes", "write_log("},
		{"SELECT * FROM ", "", "stack_frames", "t"},
		{"SELECT * FROM writes_", "writes_", "writes_to(", "writes"},
		{"SELECT symb", "symb", "symbolize(", "frames"},
		{"SELECT sta", "sta", "stack(", "writes_to("},
		{"SELECT t FROM writes WHERE add", "add", "addr", "function"},
		{"SELECT w.ad FROM writes w WHERE w.", "w.", "w.addr", "w.function"},
		{"SELECT writes.", "writes.", "writes.value", "writes.function"},
		{"SELECT * FROM writes AS a JOIN frames AS b ON a.", "a.", "a.addr", "a.line"},
		{"sel", "sel", "select", "SELECT"},
		{"SEL", "SEL", "SELECT", "select"},
		{".sch", ".sch", ".schema", ".tables"},
		{".schema w", "w", "writes", "frames"},
		{".help sym", "sym", "symbolize", "stack"},
		{".format j", "j", "jsonl", "csv"},
		{".timer o", "o", "off", ".quit"},
	} {
		word, found := c.candidates(x.text)
		var values []string
		for _, f := range found {
			values = append(values, f.value)
		}
		if word != x.word || !slices.Contains(values, x.want) || slices.Contains(values, x.not) {
			t.Errorf("%q: word %q, %q; want %q with %q and without %q", x.text, word, values, x.word, x.want, x.not)
		}
	}
}
