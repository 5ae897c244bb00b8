package symbols

import (
	"debug/dwarf"
	"debug/elf"
	"path"
	"slices"
	"testing"
)

// naive is a second oracle for where binutils 2.40 is wrong (it loses inlined
// frames of functions in several ranges and confuses file numbers of DWARF 5): the
// standard's rule without any index, over the standard library's reader.
type naive struct {
	data  *dwarf.Data
	units []*naiveNode
	lines map[dwarf.Offset]*naiveLines
}

type naiveNode struct {
	entry    *dwarf.Entry
	ranges   [][2]uint64
	children []*naiveNode
}

// naiveLines are a unit's files and rows in order.
type naiveLines struct {
	files []*dwarf.LineFile
	rows  []dwarf.LineEntry
}

func newNaive(t *testing.T, path string) *naive {
	t.Helper()
	e, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	data, err := e.DWARF()
	if err != nil {
		t.Fatal(err)
	}
	n := &naive{data: data, lines: map[dwarf.Offset]*naiveLines{}}
	r := data.Reader()
	for {
		entry, err := r.Next()
		if err != nil || entry == nil {
			return n
		}
		if node := n.read(r, entry); node != nil {
			n.units = append(n.units, node)
		}
	}
}

func (n *naive) read(r *dwarf.Reader, entry *dwarf.Entry) *naiveNode {
	node := &naiveNode{entry: entry}
	switch entry.Tag {
	case dwarf.TagCompileUnit, dwarf.TagSubprogram, dwarf.TagInlinedSubroutine:
		node.ranges, _ = n.data.Ranges(entry)
	}
	for entry.Children {
		child, err := r.Next()
		if err != nil || child == nil || child.Tag == 0 {
			break
		}
		node.children = append(node.children, n.read(r, child))
	}
	return node
}

func (node *naiveNode) covers(pc uint64) bool {
	return slices.ContainsFunc(node.ranges, func(r [2]uint64) bool { return r[0] <= pc && pc < r[1] })
}

// path returns the functions and inlined calls around pc, outermost first.
func (node *naiveNode) path(pc uint64) []*naiveNode {
	for _, c := range node.children {
		switch {
		case c.entry.Tag == dwarf.TagSubprogram || c.entry.Tag == dwarf.TagInlinedSubroutine:
			if c.covers(pc) {
				return append([]*naiveNode{c}, c.path(pc)...)
			}
		default:
			if p := c.path(pc); p != nil {
				return p
			}
		}
	}
	return nil
}

func (n *naive) frames(pc uint64) []Frame {
	for _, u := range n.units {
		if !u.covers(pc) {
			continue
		}
		var out []Frame
		f := n.line(u.entry, pc)
		nodes := u.path(pc)
		for i := len(nodes) - 1; i >= 0; i-- {
			f.Function = n.name(nodes[i].entry)
			out = append(out, f)
			file, _ := nodes[i].entry.Val(dwarf.AttrCallFile).(int64)
			line, _ := nodes[i].entry.Val(dwarf.AttrCallLine).(int64)
			f = Frame{File: n.file(u.entry, int(file)), Line: int(line)}
		}
		return out
	}
	return nil
}

func (n *naive) name(e *dwarf.Entry) string {
	name := ""
	for range 5 {
		if s, ok := e.Val(dwarf.AttrLinkageName).(string); ok {
			return demangledName(s)
		}
		if s, ok := e.Val(dwarf.AttrName).(string); ok && name == "" {
			name = s
		}
		off, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
		if !ok {
			off, ok = e.Val(dwarf.AttrSpecification).(dwarf.Offset)
		}
		if !ok {
			break
		}
		r := n.data.Reader()
		r.Seek(off)
		var err error
		if e, err = r.Next(); err != nil {
			break
		}
	}
	return name
}

func (n *naive) table(unit *dwarf.Entry) *naiveLines {
	if l, ok := n.lines[unit.Offset]; ok {
		return l
	}
	l := &naiveLines{}
	n.lines[unit.Offset] = l
	lr, err := n.data.LineReader(unit)
	if err != nil || lr == nil {
		return l
	}
	for {
		var e dwarf.LineEntry
		if lr.Next(&e) != nil {
			break
		}
		l.rows = append(l.rows, e)
	}
	l.files = lr.Files()
	return l
}

func (n *naive) file(unit *dwarf.Entry, i int) string {
	if l := n.table(unit); i < len(l.files) && l.files[i] != nil {
		return path.Clean(l.files[i].Name)
	}
	return ""
}

// line returns the last row at or before pc of the sequence that covers it.
func (n *naive) line(unit *dwarf.Entry, pc uint64) (f Frame) {
	rows := n.table(unit).rows
	for i := 0; i+1 < len(rows); i++ {
		if a, b := rows[i], rows[i+1]; !a.EndSequence && a.Address <= pc && pc < b.Address && a.File != nil {
			f = Frame{File: path.Clean(a.File.Name), Line: a.Line}
		}
	}
	return f
}
