package chart

import (
	"fmt"
	"slices"
)

// dropBad keeps the rows that can be drawn and tells how many cannot.
func (d *drawing) dropBad(good func(Row) bool) {
	all := len(d.Rows)
	d.Rows = slices.DeleteFunc(slices.Clone(d.Rows), func(r Row) bool { return !good(r) })
	if left := all - len(d.Rows); left > 0 {
		why := "no finite number"
		if d.LogX || d.LogY {
			why = "no finite number above 0, as a logarithmic axis needs"
		}
		d.note("%s left out of the chart: %s.", count(left, "row is", "rows are"), why)
	}
}

// limitSeries sets the legend, in order of appearance, and drops the rows of
// series beyond those that colours can tell apart.
func (d *drawing) limitSeries() {
	seen := map[string]bool{}
	for _, r := range d.Rows {
		if seen[r.Series] {
			continue
		}
		seen[r.Series] = true
		if len(d.legend) < maxSeries {
			d.legend = append(d.legend, r.Series)
		}
	}
	if more := len(seen) - len(d.legend); more > 0 {
		d.note("The chart shows the first %d series; %s left out.", maxSeries, count(more, "is", "are"))
		d.Rows = slices.DeleteFunc(d.Rows, func(r Row) bool { return !slices.Contains(d.legend, r.Series) })
	}
	if len(d.legend) == 1 && d.legend[0] == "" {
		d.legend = nil
	}
}

// seriesIndex is the place of a series in the legend.
func (d *drawing) seriesIndex(name string) int { return max(0, slices.Index(d.legend, name)) }

func class(series int) string { return fmt.Sprintf("c%d", series%maxSeries) }

func titled(name, series string) string {
	out := ""
	for _, s := range []string{name, series} {
		if s != "" {
			out += s + ": "
		}
	}
	return out
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return full(float64(n)) + " " + many
}
