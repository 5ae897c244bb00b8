package notebook

import (
	"database/sql/driver"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"hindsight/queries/notebook/chart"
	"hindsight/sqlext"
)

// plotter turns rows into a chart.
type plotter struct {
	opt     Options
	columns []sqlext.Column
	role    map[string]int // the column of each role that is played
	ys      []int          // bar, line, scatter: the columns of numbers
	chart   chart.Chart
}

// newPlotter finds the columns of the chart's roles: those that the block names,
// and for the others the columns in their order.
func newPlotter(opt Options, columns []sqlext.Column) (*plotter, error) {
	p := &plotter{opt: opt, columns: columns, role: map[string]int{}}
	for _, role := range roles[opt.Chart] {
		for name := range strings.SplitSeq(opt.Columns[role], ",") {
			if name == "" {
				continue
			}
			i, err := p.column(role, name)
			if err != nil {
				return nil, err
			}
			if role == "y" {
				p.ys = append(p.ys, i)
			} else if _, twice := p.role[role]; twice {
				return nil, fmt.Errorf("%s=%s: only y can be several columns", role, opt.Columns[role])
			} else {
				p.role[role] = i
			}
		}
	}
	if err := p.defaults(); err != nil {
		return nil, err
	}
	p.chart = chart.Chart{Kind: opt.Chart, Title: opt.Title, LogX: opt.LogX, LogY: opt.LogY}
	p.chart.XLabel, p.chart.YLabel = p.axes()
	return p, nil
}

func (p *plotter) column(role, name string) (int, error) {
	i := slices.IndexFunc(p.columns, func(c sqlext.Column) bool { return strings.EqualFold(c.Name, name) })
	if i >= 0 {
		return i, nil
	}
	names := make([]string, len(p.columns))
	for j, c := range p.columns {
		names[j] = c.Name
	}
	return 0, fmt.Errorf("%s=%s: the result has no such column, it has %s", role, name, strings.Join(names, ", "))
}

// defaults gives the roles that the block does not name to the columns that are
// left: numbers to those that need them, anything to the others.
func (p *plotter) defaults() error {
	var need []string
	switch p.opt.Chart {
	case chart.Timeline:
		need = []string{"lane", "start", "end", "label"}
	case chart.Flame:
		need = []string{"stack", "value"}
	default:
		need = []string{"x"}
	}
	for _, role := range need {
		if _, given := p.role[role]; given {
			continue
		}
		if i := p.free(needsNumber(p.opt.Chart, role)); i >= 0 {
			p.role[role] = i
		} else if role != "end" && role != "label" {
			return p.lacking(role)
		}
	}
	if p.opt.Chart == chart.Timeline || p.opt.Chart == chart.Flame {
		return nil
	}
	if p.opt.Chart != chart.Bar {
		p.defaultSeries()
	}
	if len(p.ys) == 0 {
		_, series := p.role["series"]
		for i := p.free(true); i >= 0; i = p.free(true) {
			p.ys = append(p.ys, i)
			// Bars and points have one number unless more are named.
			if p.opt.Chart != chart.Line || series {
				break
			}
		}
	}
	if len(p.ys) == 0 {
		return p.lacking("y")
	}
	return nil
}

// defaultSeries lets a column of text tell lines or points apart.
func (p *plotter) defaultSeries() {
	if _, given := p.role["series"]; given {
		return
	}
	for i, c := range p.columns {
		if i != p.role["x"] && !drawable(c) {
			p.role["series"] = i
			return
		}
	}
}

func needsNumber(kind chart.Kind, role string) bool {
	switch role {
	case "start", "end", "value", "y":
		return true
	case "x":
		return kind != chart.Bar
	}
	return false
}

// free is the first column that plays no role, or -1.
func (p *plotter) free(number bool) int {
	for i, c := range p.columns {
		taken := slices.Contains(p.ys, i)
		for _, j := range p.role {
			taken = taken || i == j
		}
		if !taken && (!number || drawable(c)) {
			return i
		}
	}
	return -1
}

// drawable tells whether a column has a place on an axis: numbers, addresses and
// times do.
func drawable(c sqlext.Column) bool {
	return c.Numeric() || c.Type == "UBIGINT" || c.Type == "BIGINT" || isTime(c)
}

func isTime(c sqlext.Column) bool {
	return strings.HasPrefix(c.Type, "TIMESTAMP") || c.Type == "DATE"
}

func (p *plotter) lacking(role string) error {
	kind := "a column"
	if needsNumber(p.opt.Chart, role) {
		kind = "a column of numbers"
	}
	return fmt.Errorf("a %s chart needs %s for %s, and the result has none left", p.opt.Chart, kind, role)
}

// axes names the chart's axes after their columns.
func (p *plotter) axes() (x, y string) {
	if p.opt.Chart == chart.Timeline {
		return p.columns[p.role["start"]].Name, ""
	}
	if p.opt.Chart == chart.Flame {
		return "", ""
	}
	if len(p.ys) == 1 {
		y = p.columns[p.ys[0]].Name
	}
	return p.columns[p.role["x"]].Name, y
}

// text and number read a role of a row.
func (p *plotter) text(values []driver.Value, role string) string {
	i, ok := p.role[role]
	if !ok {
		return ""
	}
	return cut(p.columns[i].Text(values[i]), labelRunes)
}

func (p *plotter) number(values []driver.Value, role string) float64 {
	i, ok := p.role[role]
	if !ok {
		return math.NaN()
	}
	return number(values[i])
}

func number(v driver.Value) float64 {
	if t, ok := v.(time.Time); ok {
		return float64(t.UnixNano()) / 1e9
	}
	if f, ok := sqlext.Number(v); ok {
		return f
	}
	return math.NaN()
}

// add takes a row into the chart.
func (p *plotter) add(values []driver.Value) {
	rows := &p.chart.Rows
	switch p.opt.Chart {
	case chart.Timeline:
		r := chart.Row{Name: p.text(values, "lane"), X: p.number(values, "start"), Y: p.number(values, "end")}
		if i, ok := p.role["label"]; ok && values[i] != nil {
			r.Label = p.text(values, "label")
		}
		if _, ok := p.role["end"]; !ok {
			r.Y = r.X // a point in time
		}
		*rows = append(*rows, r)
	case chart.Flame:
		*rows = append(*rows, chart.Row{Name: p.text(values, "stack"), Y: p.number(values, "value")})
	default:
		for _, y := range p.ys {
			r := chart.Row{Name: p.text(values, "x"), Series: p.text(values, "series"), X: p.number(values, "x"), Y: number(values[y])}
			if len(p.ys) > 1 {
				r.Series = strings.TrimSpace(r.Series + " " + p.columns[y].Name)
			}
			*rows = append(*rows, r)
		}
	}
}

// bar is the number that a row's bar has in text; NaN for other charts.
func (p *plotter) bar(values []driver.Value) float64 {
	if p.opt.Chart != chart.Bar || p.opt.LogY {
		return math.NaN()
	}
	return number(values[p.ys[0]])
}

func (p *plotter) draw(total int) *chart.Drawing {
	d := chart.Draw(p.chart)
	if total > chartRows {
		d.Notes = append(d.Notes, fmt.Sprintf("The chart shows the first %d of %d rows.", chartRows, total))
	}
	return &d
}
