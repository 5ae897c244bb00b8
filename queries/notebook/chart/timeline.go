package chart

import (
	"math"
)

const (
	laneHeight = 22.0
	spanMin    = 2.0 // pixels, so that the shortest is seen
)

// timeline draws spans in lanes. Spans of a lane that overlap in time lie in
// rows below each other.
func (d *drawing) timeline() {
	d.dropBad(func(r Row) bool { return finite(r.X) && (math.IsNaN(r.Y) || finite(r.Y)) })
	if len(d.Rows) > maxSpans {
		d.note("The chart shows the first %s of %s rows.", full(maxSpans), full(float64(len(d.Rows))))
		d.Rows = d.Rows[:maxSpans]
	}
	lanes, names := d.lanes()
	if len(names) == 0 {
		return
	}
	lo, hi := d.span()
	left := d.nameSpace(names)
	x := newScale(lo, hi, left, width-24, false)
	if lo < hi {
		x.lo, x.hi = lo, hi
	}
	y := 8.0
	// The grid comes first, to lie below, so heights are found before drawing.
	rows := map[string][][]Row{}
	total := 0
	for _, name := range names {
		rows[name] = d.stack(lanes[name], hi)
		total += len(rows[name])
	}
	bottom := y + laneHeight*float64(total) + barGap*float64(len(names))
	d.height = bottom + axisSpace
	d.valueAxis(x, y, bottom, d.XLabel)
	d.line("axis", left, bottom, width-24, bottom)
	for i, name := range names {
		d.text("name", "end", left-8, y+barGap/2+laneHeight/2+4, fit(oneLine(name), left-12))
		for _, row := range rows[name] {
			for _, r := range row {
				d.spanBox(r, x, hi, y+barGap/2, i)
			}
			y += laneHeight
		}
		y += barGap
	}
}

// spanBox draws one span, with its label where there is room.
func (d *drawing) spanBox(r Row, x scale, hi, y float64, lane int) {
	end, until := r.Y, full(r.Y)
	extra := ""
	if math.IsNaN(end) {
		end, until, extra = hi, "the end", " open"
	}
	title := r.Title
	if title == "" {
		title = titled(r.Name, r.Label) + full(r.X) + " to " + until
	}
	from := x.at(r.X)
	w := math.Max(x.at(end)-from, spanMin)
	d.rect(class(lane)+extra, from, y, w, laneHeight-4, title)
	if s := fit(oneLine(r.Label), w-6); s != "" {
		d.text("inside", "start", from+3, y+13, s)
	}
}

func (d *drawing) lanes() (map[string][]Row, []string) {
	lanes := map[string][]Row{}
	var names []string
	left := 0
	for _, r := range d.Rows {
		rows, known := lanes[r.Name]
		if !known {
			if len(names) == maxLanes {
				left++
				continue
			}
			names = append(names, r.Name)
		}
		if !math.IsNaN(r.Y) && r.Y < r.X {
			r.X, r.Y = r.Y, r.X
		}
		lanes[r.Name] = append(rows, r)
	}
	if left > 0 {
		d.note("The chart shows the first %d lanes; %s left out.", maxLanes, count(left, "row is", "rows are"))
	}
	return lanes, names
}

// span is the time that the chart covers.
func (d *drawing) span() (lo, hi float64) {
	lo, hi = rangeOf(d.Rows, func(r Row) float64 { return r.X })
	for _, r := range d.Rows {
		if !math.IsNaN(r.Y) {
			lo, hi = math.Min(lo, r.Y), math.Max(hi, r.Y)
		}
	}
	return lo, hi
}

// maxRows is how many rows a lane may take.
const maxRows = 12

// stack puts a lane's spans into rows, each into the first that is free.
func (d *drawing) stack(spans []Row, hi float64) [][]Row {
	sortByX(spans)
	var rows [][]Row
	var free []float64
	left := 0
next:
	for _, s := range spans {
		end := s.Y
		if math.IsNaN(end) {
			end = hi
		}
		for i := range rows {
			if free[i] <= s.X {
				rows[i] = append(rows[i], s)
				free[i] = end
				continue next
			}
		}
		if len(rows) == maxRows {
			left++
			continue
		}
		rows = append(rows, []Row{s})
		free = append(free, end)
	}
	if left > 0 {
		d.note("In %q more than %d rows overlap; %s left out of the chart.", oneLine(spans[0].Name), maxRows, count(left, "is", "are"))
	}
	return rows
}
