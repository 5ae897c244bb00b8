package notebook

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"hindsight/internal/fixture"
	"hindsight/queries/notebook/chart"
)

// TestColoursCanBeTold holds the contrasts of WCAG 2: 4.5 for text, 3 for what is
// drawn, on the light page and on the dark one.
func TestColoursCanBeTold(t *testing.T) {
	light, rest, _ := strings.Cut(pageStyle, "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "* { box-sizing")
	for name, css := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]float64{}
		for _, m := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{6})`).FindAllStringSubmatch(css, -1) {
			colours[m[1]] = luminance(t, m[2])
		}
		check := func(front, back string, least float64) {
			a, b := colours[front], colours[back]
			if got := (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05); got < least {
				t.Errorf("%s: %s on %s has a contrast of %.1f, less than %.1f", name, front, back, got, least)
			}
		}
		for _, ink := range []string{"ink", "soft", "link", "bad"} {
			check(ink, "page", 4.5)
		}
		check("ink", "tint", 4.5)
		check("soft", "tint", 4.5)
		check("bad", "badtint", 4.5)
		for i := range 8 {
			check("c"+strconv.Itoa(i), "page", 3)
			check("inside", "c"+strconv.Itoa(i), 4.5)
		}
		for i := range 6 {
			check("fink", "f"+strconv.Itoa(i), 4.5)
		}
	}
}

// luminance is WCAG's relative luminance of #rrggbb.
func luminance(t *testing.T, colour string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// TestDocumentationIsTrue parses the example of docs/notebooks.md, and looks for
// all options and charts in the page.
func TestDocumentationIsTrue(t *testing.T) {
	root, err := fixture.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "notebooks.md"))
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)````markdown\n(.*?)\n````\n").FindSubmatch(text)
	if example == nil {
		t.Fatal("the page has no example")
	}
	if n := parse(t, string(example[1])); len(n.Blocks) != 2 || len(n.Params) != 1 || len(n.values) != 1 || n.Title == "" {
		t.Errorf("the example has %d blocks, %d parameters and %d values", len(n.Blocks), len(n.Params), len(n.values))
	}
	for _, name := range optionNames() {
		if !strings.Contains(string(text), "`"+name+"`") && !strings.Contains(string(text), "`"+name+"=") {
			t.Errorf("the option %s is not explained", name)
		}
	}
	for _, kind := range chart.Kinds() {
		if !strings.Contains(string(text), "| `"+string(kind)+"` |") {
			t.Errorf("the chart %s is not explained", kind)
		}
	}
}
