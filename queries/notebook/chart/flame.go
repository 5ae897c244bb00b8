package chart

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
)

// frame is a call path of a flame graph.
type frame struct {
	name     string
	total    float64 // its own and its children's
	children []*frame
	byName   map[string]*frame
}

func (f *frame) child(name string) *frame {
	if c := f.byName[name]; c != nil {
		return c
	}
	if f.byName == nil {
		f.byName = map[string]*frame{}
	}
	c := &frame{name: name}
	f.byName[name] = c
	f.children = append(f.children, c)
	return c
}

// flame draws folded stacks, the outermost call at the top: each call is as wide
// as what it and its callees took. Calls narrower than half a pixel are left out.
func (d *drawing) flame() {
	d.dropBad(func(r Row) bool { return finite(r.Y) && r.Y >= 0 })
	root := &frame{}
	deepest, deeper := 0, 0
	for _, r := range d.Rows {
		names := strings.Split(r.Name, ";")
		if len(names) > maxDepth {
			deeper++
			names = names[:maxDepth]
		}
		deepest = max(deepest, len(names))
		root.total += r.Y
		at := root
		for _, n := range names {
			at = at.child(n)
			at.total += r.Y
		}
	}
	if root.total <= 0 || math.IsInf(root.total, 0) {
		return
	}
	if deeper > 0 {
		d.note("The chart ends %d calls deep; %s deeper.", maxDepth, count(deeper, "stack goes", "stacks go"))
	}
	d.height = 0
	perUnit := (width - 2) / root.total
	f := flame{d: d, perUnit: perUnit, all: root.total}
	f.children(root, 1, 4)
	if f.small > 0 {
		d.note("%s too narrow to draw.", count(f.small, "call path is", "call paths are"))
	}
	d.height += 4
}

// flame is a flame graph while it is drawn.
type flame struct {
	d       *drawing
	perUnit float64 // pixels
	all     float64
	small   int
}

// children draws f's callees by name, so that graphs of two runs can be compared.
func (g *flame) children(f *frame, x, y float64) {
	slices.SortStableFunc(f.children, func(a, b *frame) int { return strings.Compare(a.name, b.name) })
	for _, c := range f.children {
		w := c.total * g.perUnit
		if w < 0.5 {
			g.small++
		} else {
			g.box(c, x, y, w)
			g.children(c, x, y+flameHeight)
		}
		x += w
	}
}

func (g *flame) box(c *frame, x, y, w float64) {
	d := g.d
	d.height = math.Max(d.height, y+flameHeight)
	title := fmt.Sprintf("%s: %s (%.1f %%)", c.name, full(c.total), 100*c.total/g.all)
	d.rect(flameClass(c.name), x, y, math.Max(w-0.5, 0.5), flameHeight-1, title)
	if s := fit(oneLine(c.name), w-6); s != "" {
		d.text("inside", "start", x+3, y+13, s)
	}
}

// flameClass gives a function the same colour in every graph.
func flameClass(name string) string {
	h := fnv.New32a()
	h.Write([]byte(name))
	return fmt.Sprintf("f%d", h.Sum32()%6)
}
