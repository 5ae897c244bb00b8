package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
)

// element is a drawn element with its attributes, text and title.
type element struct {
	name  string
	attrs map[string]string
	text  string
	title string
}

func (e element) number(t *testing.T, attr string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(e.attrs[attr], 64)
	if err != nil {
		t.Fatalf("%s of %v: %v", attr, e, err)
	}
	return v
}

// read parses a drawing as XML, which must succeed whatever was drawn, and
// checks that everything lies within it.
func read(t *testing.T, d Drawing) []element {
	t.Helper()
	var out []element
	var open []int
	x := xml.NewDecoder(strings.NewReader(d.SVG))
	for {
		token, err := x.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%.2000s", err, d.SVG)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attrs: map[string]string{}}
			for _, a := range token.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			open = append(open, len(out))
			out = append(out, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 0 {
				continue
			}
			at := &out[open[len(open)-1]]
			at.text += string(token)
			if at.name == "title" && len(open) > 1 {
				out[open[len(open)-2]].title += string(token)
			}
		}
	}
	if d.SVG != "" {
		within(t, out)
	}
	return out
}

func within(t *testing.T, all []element) {
	t.Helper()
	box := strings.Fields(all[0].attrs["viewBox"])
	w, _ := strconv.ParseFloat(box[2], 64)
	h, _ := strconv.ParseFloat(box[3], 64)
	if w != width || h <= 0 || h > 20000 {
		t.Fatalf("viewBox %v", box)
	}
	for _, e := range all {
		for attr, limit := range map[string]float64{"x": w, "x1": w, "x2": w, "cx": w, "y": h, "y1": h, "y2": h, "cy": h} {
			if _, has := e.attrs[attr]; !has {
				continue
			}
			if v := e.number(t, attr); v < -0.5 || v > limit+0.5 {
				t.Fatalf("%s=%g lies outside of the drawing: %v", attr, v, e)
			}
		}
	}
}

func marks(all []element, name string) []element {
	var out []element
	for _, e := range all {
		if e.name == name {
			out = append(out, e)
		}
	}
	return out
}

func TestBarsAreAsLongAsTheirValues(t *testing.T) {
	d := Draw(Chart{Kind: Bar, Rows: []Row{{Name: "a", Y: 100}, {Name: "b", Y: 25}, {Name: "c", Y: -50}, {Name: "d", Y: 0}}})
	bars := marks(read(t, d), "rect")
	if len(bars) != 4 {
		t.Fatalf("%d bars", len(bars))
	}
	a, b, c := bars[0].number(t, "width"), bars[1].number(t, "width"), bars[2].number(t, "width")
	if math.Abs(a/b-4) > 0.01 || math.Abs(a/c-2) > 0.01 {
		t.Errorf("widths %g, %g and %g for 100, 25 and -50", a, b, c)
	}
	if end := bars[2].number(t, "x") + c; math.Abs(end-bars[0].number(t, "x")) > 0.02 {
		t.Errorf("the negative bar ends at %g, the others begin at %s", end, bars[0].attrs["x"])
	}
	if bars[0].title != "a: 100" {
		t.Errorf("title %q", bars[0].title)
	}
}

func TestLinePointsLieWhereTheyBelong(t *testing.T) {
	d := Draw(Chart{Kind: Line, Rows: []Row{{X: 0, Y: 0}, {X: 10, Y: 10}, {X: 5, Y: 5}, {X: 2.5, Y: math.NaN()}, {X: 3, Y: math.Inf(1)}}})
	all := read(t, d)
	dots := marks(all, "circle")
	if len(dots) != 3 || len(d.Notes) != 1 {
		t.Fatalf("%d dots, notes %q", len(dots), d.Notes)
	}
	x0, x1, x2 := dots[0].number(t, "cx"), dots[1].number(t, "cx"), dots[2].number(t, "cx")
	y0, y1, y2 := dots[0].number(t, "cy"), dots[1].number(t, "cy"), dots[2].number(t, "cy")
	if math.Abs((x0+x2)/2-x1) > 0.02 || math.Abs((y0+y2)/2-y1) > 0.02 || x0 >= x1 || y0 <= y1 {
		t.Errorf("points at %g,%g %g,%g %g,%g are not on a rising line", x0, y0, x1, y1, x2, y2)
	}
	if points := strings.Fields(marks(all, "polyline")[0].attrs["points"]); len(points) != 3 {
		t.Errorf("line %q", points)
	}
}

func TestLogarithmicAxisLeavesOutWhatItCannotShow(t *testing.T) {
	d := Draw(Chart{Kind: Scatter, LogX: true, LogY: true, Rows: []Row{{X: 1, Y: 1}, {X: 10, Y: 100}, {X: 100, Y: 1e4}, {X: 0, Y: 1}, {X: 1, Y: -1}}})
	dots := marks(read(t, d), "circle")
	if len(dots) != 3 || len(d.Notes) != 1 || !strings.Contains(d.Notes[0], "logarithmic") {
		t.Fatalf("%d dots, notes %q", len(dots), d.Notes)
	}
	if a, b := dots[1].number(t, "cx")-dots[0].number(t, "cx"), dots[2].number(t, "cx")-dots[1].number(t, "cx"); math.Abs(a-b) > 0.02 {
		t.Errorf("a decade is %g wide, the next %g", a, b)
	}
}

func TestTimelineStacksWhatOverlaps(t *testing.T) {
	d := Draw(Chart{Kind: Timeline, Rows: []Row{{Name: "a", X: 0, Y: 10}, {Name: "a", X: 5, Y: 15}, {Name: "a", X: 10, Y: 20}, {Name: "b", X: 4, Y: math.NaN()}}})
	boxes := marks(read(t, d), "rect")
	if len(boxes) != 4 {
		t.Fatalf("%d boxes", len(boxes))
	}
	// Drawn row by row: 0-10 and 10-20 share the first, 5-15 is below.
	if boxes[0].attrs["y"] != boxes[1].attrs["y"] || boxes[0].attrs["y"] == boxes[2].attrs["y"] {
		t.Errorf("rows at %s, %s and %s", boxes[0].attrs["y"], boxes[1].attrs["y"], boxes[2].attrs["y"])
	}
	end := boxes[1].number(t, "x") + boxes[1].number(t, "width")
	if open := boxes[3].number(t, "x") + boxes[3].number(t, "width"); math.Abs(open-end) > 0.02 || !strings.Contains(boxes[3].title, "the end") {
		t.Errorf("the open span ends at %g (%q), time at %g", open, boxes[3].title, end)
	}
}

func TestFlameAddsUp(t *testing.T) {
	d := Draw(Chart{Kind: Flame, Rows: []Row{{Name: "main;a", Y: 30}, {Name: "main;a;b", Y: 50}, {Name: "main", Y: 20}}})
	boxes := marks(read(t, d), "rect")
	if len(boxes) != 3 {
		t.Fatalf("%d boxes", len(boxes))
	}
	for i, want := range []string{"main: 100 (100.0 %)", "a: 80 (80.0 %)", "b: 50 (50.0 %)"} {
		if boxes[i].title != want {
			t.Errorf("box %d is %q, not %q", i, boxes[i].title, want)
		}
	}
	if r := boxes[1].number(t, "width") / boxes[0].number(t, "width"); math.Abs(r-0.8) > 0.01 {
		t.Errorf("a is %g of main", r)
	}
}

func TestDeepStacksAreCut(t *testing.T) {
	d := Draw(Chart{Kind: Flame, Rows: []Row{{Name: strings.Repeat("f;", 100000) + "f", Y: 1}}})
	if n := len(marks(read(t, d), "rect")); n != maxDepth || len(d.Notes) != 1 {
		t.Errorf("%d boxes, notes %q", n, d.Notes)
	}
}

func TestManyRowsStaySmall(t *testing.T) {
	for _, kind := range Kinds() {
		var rows []Row
		for i := range 50000 {
			rows = append(rows, Row{Name: fmt.Sprintf("main;f%d", i%5000), Series: fmt.Sprint(i % 20), X: float64(i), Y: float64(i * i % 7919)})
		}
		d := Draw(Chart{Kind: kind, Rows: rows})
		read(t, d)
		if len(d.SVG) > 4<<20 {
			t.Errorf("%s: %d bytes", kind, len(d.SVG))
		}
		if len(d.Notes) == 0 {
			t.Errorf("%s does not say that it left anything out", kind)
		}
		if len(d.Legend) > maxSeries {
			t.Errorf("%s: %d series", kind, len(d.Legend))
		}
	}
}

func TestHostileValues(t *testing.T) {
	names := []string{"", "</title></svg><script>alert(1)</script>", `" onload="x`, "\x00\x1b[31m\xff\ufffe", strings.Repeat("å", 100000), "a\nb", "<![CDATA["}
	numbers := []float64{0, -1, 1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-300, 1 << 60}
	for _, kind := range Kinds() {
		for _, log := range []bool{false, true} {
			if d := Draw(Chart{Kind: kind, LogX: log, LogY: log}); d.SVG != "" || len(d.Notes) == 0 {
				t.Errorf("%s of nothing: %v", kind, d)
			}
			var all []Row
			for _, name := range names {
				for _, v := range numbers {
					r := Row{Name: name, Series: name, Label: name, X: v, Y: -v, Title: name}
					all = append(all, r)
					read(t, Draw(Chart{Kind: kind, Title: name, XLabel: name, YLabel: name, LogX: log, LogY: log, Rows: []Row{r}}))
				}
			}
			read(t, Draw(Chart{Kind: kind, LogX: log, LogY: log, Rows: all}))
		}
	}
}

func FuzzDraw(f *testing.F) {
	f.Add("bar", "main;a", 1.0, 2.0, false)
	f.Add("flame", "\x00", math.Inf(1), -1.0, true)
	f.Fuzz(func(t *testing.T, kind, name string, x, y float64, log bool) {
		read(t, Draw(Chart{Kind: Kind(kind), LogX: log, LogY: log, Rows: []Row{
			{Name: name, Series: name, X: x, Y: y}, {Name: "other", X: y, Y: x}, {Name: name, X: x, Y: x}}}))
	})
}

func TestTicksAreRound(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{0, 100, "0 20 40 60 80 100"},
		{0, 1234567, "0 500k 1M 1.5M"},
		{-3, 3, "-3 -2 -1 0 1 2 3"},
		{0, 0.3, "0 0.05 0.1 0.15 0.2 0.25 0.3"},
		{5, 5, "4.4 4.6 4.8 5 5.2 5.4 5.6"},
	} {
		var got []string
		for _, v := range newScale(c.lo, c.hi, 0, 100, false).ticks(6) {
			got = append(got, short(v))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%g to %g: %s, not %s", c.lo, c.hi, s, c.want)
		}
	}
}
