package notebook

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hindsight/queries/notebook/chart"
)

// DefaultRows is how many rows of a result are shown.
const DefaultRows = 50

// maxShownRows is the most that rows= may ask for.
const maxShownRows = 10000

// Options are what stands behind "sql" in a block's first line:
//
//	name=top    other places can show its first row: {{top.column}}
//	rows=50     how many rows to show
//	hide        run it, show nothing; for values and temporary tables
//	check=off   its result may differ from the stored one
//	chart=bar   draw it; also line, scatter, timeline, flame
//	title="…"   of table and chart
//	x= y= …     the columns of a chart's roles, see roles
//	log logx    logarithmic axis of the numbers, of x
type Options struct {
	Name  string
	Rows  int
	Hide  bool
	Check bool
	Chart chart.Kind
	Title string
	LogX  bool
	LogY  bool
	// Columns are the result's columns that play a chart's roles.
	Columns map[string]string
}

// roles are the columns that a kind of chart knows, in the order in which the
// columns of a result play them where the block does not say.
var roles = map[chart.Kind][]string{
	chart.Bar:      {"x", "y", "series"},
	chart.Line:     {"x", "y", "series"},
	chart.Scatter:  {"x", "y", "series"},
	chart.Timeline: {"lane", "start", "end", "label"},
	chart.Flame:    {"stack", "value"},
}

func parseOptions(text string) (Options, error) {
	opt := Options{Rows: DefaultRows, Check: true, Columns: map[string]string{}}
	words, err := optionWords(text)
	if err != nil {
		return opt, err
	}
	seen := map[string]bool{}
	for _, w := range words {
		key, val, given := strings.Cut(w, "=")
		if seen[key] {
			return opt, fmt.Errorf("the option %s is given twice", key)
		}
		seen[key] = true
		if err := opt.set(key, val, given); err != nil {
			return opt, err
		}
	}
	return opt, opt.consistent()
}

func (opt *Options) set(key, val string, given bool) error {
	flag := map[string]*bool{"hide": &opt.Hide, "log": &opt.LogY, "logx": &opt.LogX}[key]
	switch {
	case flag != nil && given:
		return fmt.Errorf("the option %s takes no value", key)
	case flag != nil:
		*flag = true
		return nil
	case !given || val == "":
		if !slices.Contains(optionNames(), key) {
			return unknownOption(key)
		}
		return fmt.Errorf("the option %s needs a value, as %s=…", key, key)
	}
	switch key {
	case "name":
		if !identifier.MatchString(val) {
			return fmt.Errorf("name=%s: a name has letters, digits and _, and begins with no digit", val)
		}
		opt.Name = val
	case "rows":
		n, err := strconv.Atoi(val)
		if err != nil || n < 1 || n > maxShownRows {
			return fmt.Errorf("rows=%s: give a number from 1 to %d", val, maxShownRows)
		}
		opt.Rows = n
	case "check":
		if val != "on" && val != "off" {
			return fmt.Errorf("check=%s: use on or off", val)
		}
		opt.Check = val == "on"
	case "chart":
		if !slices.Contains(chart.Kinds(), chart.Kind(val)) {
			return fmt.Errorf("chart=%s: use %s", val, joined(chart.Kinds()))
		}
		opt.Chart = chart.Kind(val)
	case "title":
		opt.Title = val
	default:
		if !slices.Contains(optionNames(), key) {
			return unknownOption(key)
		}
		opt.Columns[key] = val
	}
	return nil
}

// consistent finds options that make no sense together.
func (opt *Options) consistent() error {
	if opt.Hide && opt.Chart != "" {
		return errors.New("hide and chart= exclude each other")
	}
	for role := range opt.Columns {
		if opt.Chart == "" {
			return fmt.Errorf("the option %s is for charts: give chart= as well", role)
		}
		if !slices.Contains(roles[opt.Chart], role) {
			return fmt.Errorf("a %s chart has no %s: its columns are %s", opt.Chart, role, strings.Join(roles[opt.Chart], ", "))
		}
	}
	numbers := opt.Chart == chart.Line || opt.Chart == chart.Scatter
	if opt.LogX && !numbers || opt.LogY && !numbers && opt.Chart != chart.Bar {
		return errors.New("log is for bar, line and scatter charts, logx for the latter two")
	}
	return nil
}

func optionNames() []string {
	names := []string{"name", "rows", "hide", "check", "chart", "title", "log", "logx"}
	for _, k := range chart.Kinds() {
		for _, r := range roles[k] {
			if !slices.Contains(names, r) {
				names = append(names, r)
			}
		}
	}
	return names
}

func unknownOption(key string) error {
	return fmt.Errorf("%q is no option of a block: use %s", key, strings.Join(optionNames(), ", "))
}

func joined[T ~string](list []T) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = string(s)
	}
	return strings.Join(parts, ", ")
}

// optionWords cuts a line at blanks that are not within double quotes.
func optionWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inside, begun := false, false
	for _, r := range text {
		switch {
		case r == '"':
			inside, begun = !inside, true
		case !inside && (r == ' ' || r == '\t'):
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if inside {
		return nil, errors.New(`a " is not closed`)
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}
