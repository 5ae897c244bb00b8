package notebook

import (
	"bytes"
	"testing"

	"hindsight/sqlext"
)

// FuzzParse looks for files that cannot be read back once they hold results.
func FuzzParse(f *testing.F) {
	f.Add(sample, "cell")
	f.Add("~~~sql\n~~~", "<!-- end of result -->")
	f.Add("- {{a}}\n```sql\n", "**")
	for _, s := range hostileTexts {
		f.Add("# {{b.c}}\n\n```sql name=b\nSELECT 1\n```\n"+s, s)
	}
	f.Fuzz(func(t *testing.T, text, cell string) {
		n, err := Parse("fuzz.md", []byte(text))
		if err != nil {
			return
		}
		r := &Results{}
		for _, b := range n.Blocks {
			c := Cell{Text: sqlext.Column{Type: "VARCHAR"}.Text(cell)}
			r.Blocks = append(r.Blocks, &Result{Block: b, Columns: []sqlext.Column{{Name: cell}}, Rows: [][]Cell{{c}}, Total: 1, bars: []float64{1}})
		}
		for range n.values {
			r.values = append(r.values, Cell{Text: cell})
		}
		for _, p := range n.Params {
			r.Args = append(r.Args, sqlext.Argument{Name: p.Name, Value: cell})
		}
		once := n.Markdown(r)
		again, err := Parse("fuzz.md", once)
		if err != nil {
			t.Fatalf("%v\n%q", err, once)
		}
		if len(again.Blocks) != len(n.Blocks) || len(again.values) != len(n.values) {
			t.Fatalf("%d blocks and %d values were, %d and %d are\n%q", len(n.Blocks), len(n.values), len(again.Blocks), len(again.values), once)
		}
		for i, b := range again.Blocks {
			r.Blocks[i].Block = b
		}
		if twice := again.Markdown(r); !bytes.Equal(once, twice) {
			t.Fatalf("once %q, twice %q", once, twice)
		}
		page, err := again.HTML(r, About{})
		if err != nil {
			t.Fatal(err)
		}
		harmless(t, page)
	})
}
