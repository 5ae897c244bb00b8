package chart

import (
	"math"
	"slices"
	"strings"
)

const plotHeight = 320.0

// points draws lines or single points over two axes.
func (d *drawing) points() {
	d.dropBad(func(r Row) bool {
		return finite(r.X) && finite(r.Y) && (!d.LogX || r.X > 0) && (!d.LogY || r.Y > 0)
	})
	d.limitSeries()
	if len(d.Rows) == 0 {
		return
	}
	xlo, xhi := rangeOf(d.Rows, func(r Row) float64 { return r.X })
	ylo, yhi := rangeOf(d.Rows, func(r Row) float64 { return r.Y })
	if !d.LogY && ylo > 0 && ylo < yhi/2 {
		ylo = 0 // an axis that begins at 0 misleads least
	}
	top, bottom := 10.0, 10+plotHeight
	y := newScale(ylo, yhi, bottom, top, d.LogY)
	left := 16.0
	for _, v := range y.ticks(6) {
		left = math.Max(left, textWidth(short(v))+14)
	}
	if d.YLabel != "" {
		left += 18
	}
	x := newScale(xlo, xhi, left, width-24, d.LogX)
	if !d.LogX && xlo < xhi {
		// Times are no round numbers: the line should fill the width.
		x.lo, x.hi = xlo, xhi
	}
	d.height = bottom + axisSpace
	d.valueAxis(x, top, bottom, d.XLabel)
	for _, v := range y.ticks(6) {
		d.line("grid", left, y.at(v), width-24, y.at(v))
		d.text("tick", "end", left-6, y.at(v)+4, short(v))
	}
	if d.YLabel != "" {
		d.printf(`<text class="label" text-anchor="middle" transform="translate(14 %s) rotate(-90)">%s</text>`,
			num((top+bottom)/2), escape(fit(oneLine(d.YLabel), plotHeight)))
	}
	d.line("axis", left, bottom, width-24, bottom)
	d.plotSeries(x, y)
}

func (d *drawing) plotSeries(x, y scale) {
	series := map[int][]Row{}
	for _, r := range d.Rows {
		i := d.seriesIndex(r.Series)
		series[i] = append(series[i], r)
	}
	for i := range max(1, len(d.legend)) {
		rows := series[i]
		if d.Kind == Line {
			d.polyline(i, rows, x, y)
			if len(rows) > 60 {
				continue // the points would hide the line
			}
		}
		d.dots(i, rows, x, y)
	}
}

// sortByX orders rows by x; those of one x stay in their order.
func sortByX(rows []Row) {
	slices.SortStableFunc(rows, func(a, b Row) int {
		switch {
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return 0
	})
}

// polyline draws a line through the points in the order of x.
func (d *drawing) polyline(series int, rows []Row, x, y scale) {
	sortByX(rows)
	shown := rows
	if len(rows) > maxPoints {
		shown = envelope(rows, x)
	}
	var points strings.Builder
	for i, r := range shown {
		if i > 0 {
			points.WriteByte(' ')
		}
		points.WriteString(num(x.at(r.X)) + "," + num(y.at(r.Y)))
	}
	name := ""
	if len(d.legend) > 0 {
		name = "<title>" + tooltip(d.legend[series]) + "</title>"
	}
	d.printf(`<polyline class="line %s" points="%s">%s</polyline>`, class(series), points.String(), name)
}

// envelope keeps of each pixel's points the first, the lowest, the highest and
// the last: the drawn line is the same.
func envelope(rows []Row, x scale) []Row {
	var out []Row
	for begin := 0; begin < len(rows); {
		pixel := math.Floor(x.at(rows[begin].X))
		end, low, high := begin, begin, begin
		for ; end < len(rows) && math.Floor(x.at(rows[end].X)) == pixel; end++ {
			if rows[end].Y < rows[low].Y {
				low = end
			}
			if rows[end].Y > rows[high].Y {
				high = end
			}
		}
		keep := []int{begin, low, high, end - 1}
		slices.Sort(keep)
		for _, i := range slices.Compact(keep) {
			out = append(out, rows[i])
		}
		begin = end
	}
	return out
}

// dots draws points; where many fall on one pixel, the first of them.
func (d *drawing) dots(series int, rows []Row, x, y scale) {
	type pixel struct{ x, y float64 }
	seen := map[pixel]bool{}
	for _, r := range rows {
		px, py := x.at(r.X), y.at(r.Y)
		at := pixel{math.Round(px), math.Round(py)}
		if seen[at] {
			continue
		}
		seen[at] = true
		title := r.Title
		if title == "" {
			title = titled("", r.Series) + full(r.X) + ", " + full(r.Y)
		}
		d.printf(`<circle class="%s" cx="%s" cy="%s" r="3"><title>%s</title></circle>`, class(series), num(px), num(py), tooltip(title))
	}
}

func rangeOf(rows []Row, of func(Row) float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, r := range rows {
		lo, hi = math.Min(lo, of(r)), math.Max(hi, of(r))
	}
	return lo, hi
}
