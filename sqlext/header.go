package sqlext

import (
	"fmt"
	"regexp"
	"strings"
)

// Described is a parameter or a column, with its meaning.
type Described struct{ Name, Meaning string }

// header is the comment that a file of the library begins with, its
// documentation:
//
//	-- title: what it gives
//	--   name  meaning, one line each: parameters of a macro, columns of a view
//	-- Gives:
//	--   name  meaning, one line each: columns of a macro that gives rows
//	-- more, if there is more to say
//	-- Example: one statement
//
// Where the columns are those of a table, "-- Gives the columns of NAME." takes
// the place of their list.
type header struct {
	title   string
	summary string
	// doc is what lies between the first line and the example.
	doc     string
	text    string // doc without the lists
	example string
	items   []Described
	gives   []Described
	givesOf string
}

var (
	headerItem  = regexp.MustCompile(`^  (\w+)  +(\S.*)$`)
	headerGives = regexp.MustCompile(`^Gives the columns of (\w+)\b`)
)

// readHeader splits a file of the library into its header and its statement.
func readHeader(file string) (h header, statement string, err error) {
	var doc, text []string
	rest, items := file, &h.items
	for strings.HasPrefix(rest, "--") {
		line, after, _ := strings.Cut(rest, "\n")
		rest = after
		line = strings.TrimPrefix(strings.TrimPrefix(line, "--"), " ")
		if h.title == "" {
			var ok bool
			if h.title, h.summary, ok = strings.Cut(line, ": "); !ok {
				return h, "", fmt.Errorf("the first line %q is not '-- name: summary'", line)
			}
			continue
		}
		if example, ok := strings.CutPrefix(line, "Example: "); ok {
			h.example = example
			continue
		}
		doc = append(doc, line)
		if item := headerItem.FindStringSubmatch(line); item != nil {
			*items = append(*items, Described{item[1], item[2]})
			continue
		}
		if line == "Gives:" {
			items = &h.gives
			continue
		}
		if of := headerGives.FindStringSubmatch(line); of != nil {
			h.givesOf = of[1]
		}
		text = append(text, line)
	}
	h.doc, h.text = strings.Join(doc, "\n"), strings.Join(text, "\n")
	return h, strings.TrimSpace(rest), nil
}
