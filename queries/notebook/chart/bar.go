package chart

import "math"

const (
	barHeight = 20.0
	barGap    = 8.0
	axisSpace = 40.0 // below, for ticks and the axis' name
)

// bars draws horizontal bars, since names of functions are long: one group a
// name, in the order of the rows, with a bar for each series.
func (d *drawing) bars() {
	groups, names := d.groupBars()
	if len(names) == 0 {
		return
	}
	lo, hi := d.barRange(groups, names)
	left := d.nameSpace(names)
	right := 74.0 // for the number behind the longest bar
	x := newScale(lo, hi, left, width-right, d.LogY)
	perGroup := max(1, len(d.legend))
	thick := barHeight
	if perGroup > 1 {
		thick = 14
	}
	groupHeight := thick*float64(perGroup) + barGap
	top := 8.0
	bottom := top + groupHeight*float64(len(names))
	d.height = bottom + axisSpace
	d.valueAxis(x, top, bottom, d.YLabel)
	zero := x.from
	if !d.LogY {
		zero = x.at(0)
	}
	for i, name := range names {
		y := top + barGap/2 + groupHeight*float64(i)
		d.text("name", "end", left-8, y+thick*float64(perGroup)/2+4, fit(oneLine(name), left-12))
		for _, r := range groups[name] {
			s := d.seriesIndex(r.Series)
			d.bar(r, s, zero, x.at(r.Y), y+thick*float64(max(0, s)), thick-1)
		}
	}
	d.line("axis", zero, top, zero, bottom)
}

func (d *drawing) bar(r Row, series int, zero, end, y, height float64) {
	title := r.Title
	if title == "" {
		title = titled(r.Name, r.Series) + full(r.Y)
	}
	from, to := math.Min(zero, end), math.Max(zero, end)
	d.rect(class(series), from, y, math.Max(to-from, 1), height, title)
	if r.Y < 0 {
		// Behind the base line, where no other bar is and no name is met.
		d.text("value", "start", zero+5, y+height/2+4, short(r.Y))
		return
	}
	d.text("value", "start", to+5, y+height/2+4, short(roundTo(r.Y, 4)))
}

// groupBars sorts the rows by name, keeps what can be drawn, and sets the legend.
func (d *drawing) groupBars() (map[string][]Row, []string) {
	d.dropBad(func(r Row) bool { return finite(r.Y) && (!d.LogY || r.Y > 0) })
	d.limitSeries()
	groups := map[string][]Row{}
	var names []string
	left := 0
	for _, r := range d.Rows {
		rows, known := groups[r.Name]
		if !known {
			if len(names) == maxBars {
				left++
				continue
			}
			names = append(names, r.Name)
		}
		groups[r.Name] = append(rows, r)
	}
	if left > 0 {
		d.note("The chart shows the first %d names; %s left out.", maxBars, count(left, "row is", "rows are"))
	}
	return groups, names
}

// barRange is the range of the shown values, with 0 in it.
func (d *drawing) barRange(groups map[string][]Row, names []string) (lo, hi float64) {
	lo, hi = 0, 0
	if d.LogY {
		lo = math.Inf(1)
	}
	for _, name := range names {
		for _, r := range groups[name] {
			lo, hi = math.Min(lo, r.Y), math.Max(hi, r.Y)
		}
	}
	if lo == 0 && hi == 0 {
		hi = 1
	}
	return lo, hi
}

// nameSpace is the room for the names at the left.
func (d *drawing) nameSpace(names []string) float64 {
	w := 40.0
	for _, n := range names {
		w = math.Max(w, textWidth(oneLine(n))+16)
	}
	return math.Min(w, 0.38*width)
}

// valueAxis draws the grid of a horizontal scale, its numbers and its name.
func (d *drawing) valueAxis(x scale, top, bottom float64, label string) {
	for _, v := range x.ticks(6) {
		d.line("grid", x.at(v), top, x.at(v), bottom)
		d.text("tick", "middle", x.at(v), bottom+16, short(v))
	}
	if label != "" {
		d.text("label", "middle", (x.from+x.to)/2, bottom+34, fit(oneLine(label), x.to-x.from))
	}
}
