// Package chart draws a query's result as SVG: bars, lines, points, a timeline
// or a flame graph. A chart is static, with no script and no reference to
// anything outside: exact values show as <title> when the pointer rests on a
// mark. Colours are classes (c0 to c7, axis, grid …) that the page's style sheet
// fills, so that one drawing serves a light and a dark page.
//
// Draw takes plain values and never fails: what cannot be drawn (no rows,
// infinities, more bars than fit) is told in the Drawing's notes. It must not
// know of SQL, files or HTML pages.
package chart

import (
	"fmt"
	"html"
	"strings"
)

// Kind is what a chart looks like.
type Kind string

// The kinds, with the roles that their columns play.
const (
	Bar      Kind = "bar"      // x: names; y: lengths, one or more columns; series
	Line     Kind = "line"     // x, y: numbers, one or more columns of y; series
	Scatter  Kind = "scatter"  // as Line
	Timeline Kind = "timeline" // lane, start, end (NULL: it lasts), label
	Flame    Kind = "flame"    // stack: names joined by ';', outermost first; value
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{Bar, Line, Scatter, Timeline, Flame} }

// Row is one thing to draw. Which members count depends on the kind; a number
// that is unknown is NaN.
type Row struct {
	Name   string // bar: x; timeline: lane; flame: stack
	Series string
	Label  string // timeline: what the bar is, "" for the lane's name
	X      float64
	Y      float64 // bar, line, scatter: y; timeline: end; flame: value
	Title  string  // shown at the pointer; "" for one made of the values
}

// Chart is what to draw.
type Chart struct {
	Kind   Kind
	Title  string // read aloud in place of the picture
	XLabel string
	YLabel string
	LogX   bool
	LogY   bool
	Rows   []Row
}

// Drawing is a finished chart.
type Drawing struct {
	// SVG is "" where there is nothing to draw.
	SVG string
	// Legend names the series in the order of the classes c0, c1 …; empty where
	// there is one series without a name.
	Legend []string
	// Notes say in sentences what the drawing leaves out.
	Notes []string
}

// The size of every drawing, in pixels where it is shown unscaled.
const (
	width       = 800.0
	fontSize    = 12.0
	maxSeries   = 8 // as many as there are colours that one can tell apart
	maxBars     = 60
	maxLanes    = 40
	maxSpans    = 4000
	maxDepth    = 64
	maxPoints   = 2000 // of one line
	flameHeight = 18.0
)

// Draw draws c.
func Draw(c Chart) Drawing {
	d := &drawing{Chart: c}
	switch c.Kind {
	case Bar:
		d.bars()
	case Line, Scatter:
		d.points()
	case Timeline:
		d.timeline()
	case Flame:
		d.flame()
	}
	if d.body.Len() == 0 {
		return Drawing{Notes: append(d.notes, "There is nothing to draw.")}
	}
	return Drawing{SVG: d.wrap(), Legend: d.legend, Notes: d.notes}
}

// drawing is a chart while it is drawn.
type drawing struct {
	Chart
	body   strings.Builder
	height float64
	legend []string
	notes  []string
}

func (d *drawing) wrap() string {
	return fmt.Sprintf(`<svg viewBox="0 0 %s %s" role="img" aria-label="%s" xmlns="http://www.w3.org/2000/svg">`+"\n%s</svg>",
		num(width), num(d.height), escape(d.label()), d.body.String())
}

func (d *drawing) label() string {
	if d.Title != "" {
		return d.Title
	}
	return string(d.Kind) + " chart"
}

func (d *drawing) note(format string, args ...any) {
	d.notes = append(d.notes, fmt.Sprintf(format, args...))
}

func (d *drawing) printf(format string, args ...any) {
	fmt.Fprintf(&d.body, format, args...)
	d.body.WriteByte('\n')
}

// rect draws a rectangle with a text at the pointer.
func (d *drawing) rect(class string, x, y, w, h float64, title string) {
	d.printf(`<rect class="%s" x="%s" y="%s" width="%s" height="%s"><title>%s</title></rect>`,
		class, num(x), num(y), num(w), num(h), tooltip(title))
}

// tooltip is a title's text, cut so that long names do not make a page huge.
func tooltip(title string) string {
	const most = 300
	if runes := []rune(title); len(runes) > most {
		title = string(runes[:most]) + "…"
	}
	return escape(title)
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	d.printf(`<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, num(x1), num(y1), num(x2), num(y2))
}

// text writes s with its baseline at y. anchor is start, middle or end.
func (d *drawing) text(class, anchor string, x, y float64, s string) {
	d.printf(`<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`, class, anchor, num(x), num(y), escape(s))
}

// escape makes text that may hold anything safe as an element or an attribute.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		// XML has no place for other control characters, however written.
		if r < ' ' && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return html.EscapeString(s)
}

// textWidth estimates how wide a text is drawn.
func textWidth(s string) float64 {
	w := 0.0
	for _, r := range s {
		if r > 0x2e80 {
			w += fontSize
		} else {
			w += fontSize * 0.56
		}
	}
	return w
}

// fit cuts s so that it is at most w wide; "" where not even two letters are
// left. The start of a name says most.
func fit(s string, w float64) string {
	if textWidth(s) <= w {
		return s
	}
	w -= textWidth("…")
	runes := []rune(s)
	n := 0
	for used := 0.0; n < len(runes); n++ {
		if used += textWidth(string(runes[n])); used > w {
			break
		}
	}
	if n < 2 {
		return ""
	}
	return string(runes[:n]) + "…"
}

// oneLine makes a text fit for a label.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
