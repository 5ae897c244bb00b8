package notebook

import (
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Check compares results with those that the file holds and gives the
// differences as a unified diff for each, nothing where all are equal. Blocks
// with check=off, and the values of their columns, are not compared.
func (n *Notebook) Check(r *Results) []string {
	var diffs []string
	for i, b := range n.Blocks {
		if !b.Check {
			continue
		}
		was, is := b.stored, r.Blocks[i].body()
		if was != is {
			at := fmt.Sprintf("%s, block %s", n.Name, b.label(i))
			diffs = append(diffs, diff(at, was, is))
		}
	}
	checked := map[string]bool{}
	for _, b := range n.Blocks {
		checked[b.Name] = b.Check
	}
	for i, v := range n.values {
		if v.column != "" && !checked[v.name] {
			continue
		}
		if is := valueMarkdown(r.values[i]); !v.hasStored || v.stored != is {
			at := fmt.Sprintf("%s, value {{%s}}", n.Name, v.expression())
			was := ""
			if v.hasStored {
				was = v.stored + "\n"
			}
			diffs = append(diffs, diff(at, was, is+"\n"))
		}
	}
	return diffs
}

// Stored tells whether the file holds any results.
func (n *Notebook) Stored() bool {
	for _, b := range n.Blocks {
		if b.hasStored {
			return true
		}
	}
	for _, v := range n.values {
		if v.hasStored {
			return true
		}
	}
	return false
}

// label is how messages call a block.
func (b *Block) label(i int) string {
	if b.Name != "" {
		return b.Name
	}
	return fmt.Sprintf("%d", i+1)
}

// Warnings are doubts about blocks whose results are compared.
func (n *Notebook) Warnings(r *Results) []string {
	var out []string
	for i, result := range r.Blocks {
		if result.Warning != "" {
			out = append(out, fmt.Sprintf("%s: block %s: %s", n.Name, n.Blocks[i].label(i), result.Warning))
		}
	}
	return out
}

func diff(at, was, is string) string {
	return udiff.Unified(at+", stored", at+", now", tidy(was), tidy(is))
}

// tidy leaves out what is the same in every result.
func tidy(s string) string {
	s = strings.Trim(s, "\n")
	if s == "" {
		return ""
	}
	return s + "\n"
}
