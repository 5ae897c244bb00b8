package queries

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"hindsight/sqlext"
)

// Query is a saved query.
type Query struct {
	Name    string // lower_snake
	Summary string // one sentence
	Doc     string // what else the header says in prose, "" for nothing
	Params  []Param
	Keys    []Key // the header's "key: value" lines, in their order
	SQL     string
	Path    string
	// Statements are SQL's, whose last one gives the rows. Their lines are the
	// file's.
	Statements []sqlext.Statement
}

// Param is a declared parameter.
type Param struct {
	Name string
	Type string // one of sqlext.ValueTypes, or a list of one
	// Default is the text of the value that holds where none is given: see
	// Optional. Null says that it is NULL.
	Default  string
	Null     bool
	Optional bool
	Meaning  string
}

// Key is a "key: value" line of a header.
type Key struct {
	Name, Value string
	Line        int // in the file, from 1
}

// ParseError is a mistake in a query's file.
type ParseError struct {
	Path string
	Line int // from 1
	What string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("%s: line %d: %s", e.Path, e.Line, e.What)
}

var (
	namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	keyLine     = regexp.MustCompile(`^([a-z][a-z0-9_-]*):(?:\s+(.*))?$`)
	paramLine   = regexp.MustCompile(`^param\s+(\S.*)$`)
)

// Parse reads the text of a saved query. path names it: its last part, without
// .sql, is the query's name.
//
// The header is the comment lines (--) at the file's beginning. The first is the
// summary. "param NAME TYPE [= DEFAULT]: meaning" declares a parameter, "key:
// value" with a key in lower case and without blanks says something for whoever
// knows the key; everything else is prose. A DEFAULT may be quoted ('…'), and
// must be where it has a colon and a blank; NULL without quotes is NULL.
func Parse(path, text string) (*Query, error) {
	q := &Query{Path: path, Name: strings.TrimSuffix(filepath.Base(path), ".sql")}
	if !namePattern.MatchString(q.Name) {
		return nil, &ParseError{path, 1, fmt.Sprintf("%q is not a name for a query: rename the file to lower_snake.sql", q.Name)}
	}
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	line, rest := 0, text
	var doc []string
	for strings.HasPrefix(rest, "--") {
		var comment string
		comment, rest, _ = strings.Cut(rest, "\n")
		line++
		if err := q.headerLine(strings.TrimSpace(comment[2:]), line, &doc); err != nil {
			return nil, err
		}
	}
	if q.Summary == "" {
		return nil, &ParseError{path, 1, `there is no summary: the first line must be a comment that says what the query gives, "-- Who wrote the bytes at an address."`}
	}
	q.Doc = strings.TrimSpace(strings.Join(doc, "\n"))
	q.SQL = strings.TrimSpace(rest)
	q.Statements = sqlext.Split(rest)
	for i := range q.Statements {
		q.Statements[i].Line += line
	}
	return q, q.check(line + 1)
}

// headerLine takes one line of the header, without its dashes.
func (q *Query) headerLine(text string, line int, doc *[]string) error {
	if q.Summary == "" {
		q.Summary = text
		switch {
		case text == "":
			return &ParseError{q.Path, line, "the first line is empty: it must say what the query gives"}
		case keyLine.MatchString(text), paramLine.MatchString(text):
			return &ParseError{q.Path, line, fmt.Sprintf("the first line must say what the query gives, and is %q", text)}
		}
		return nil
	}
	if m := paramLine.FindStringSubmatch(text); m != nil && looksLikeParam(m[1]) {
		p, err := ParseParam(m[1])
		if err != nil {
			return &ParseError{q.Path, line, err.Error()}
		}
		if slices.ContainsFunc(q.Params, func(o Param) bool { return o.Name == p.Name }) {
			return &ParseError{q.Path, line, fmt.Sprintf("the parameter %s is declared twice", p.Name)}
		}
		q.Params = append(q.Params, p)
		return nil
	}
	if m := keyLine.FindStringSubmatch(text); m != nil {
		if m[1] == "param" {
			return &ParseError{q.Path, line, `a parameter is declared so: "param NAME TYPE [= DEFAULT]: meaning"`}
		}
		q.Keys = append(q.Keys, Key{Name: m[1], Value: m[2], Line: line})
		return nil
	}
	*doc = append(*doc, text)
	return nil
}

// looksLikeParam tells a declaration from prose that begins with "param".
func looksLikeParam(text string) bool { return strings.Contains(text, ":") }

// Values are the values of all lines of a key.
func (q *Query) Values(key string) []string {
	var out []string
	for _, k := range q.Keys {
		if k.Name == key {
			out = append(out, k.Value)
		}
	}
	return out
}

// check holds what must be true of a query's statements; sqlLine is where they
// begin.
func (q *Query) check(sqlLine int) error {
	if len(q.Statements) == 0 {
		return &ParseError{q.Path, sqlLine, "there is no statement below the header"}
	}
	used := map[string]bool{}
	for i, s := range q.Statements {
		if sqlext.Positional(s.Text) {
			return &ParseError{q.Path, s.Line, "? and $1 are no parameters of a saved query: declare them, and write $name"}
		}
		names := sqlext.Parameters(s.Text)
		for _, name := range names {
			if !slices.ContainsFunc(q.Params, func(p Param) bool { return p.Name == name }) {
				return &ParseError{q.Path, s.Line, fmt.Sprintf(`$%s is not declared: add "-- param %s TYPE: meaning" to the header`, name, name)}
			}
			used[name] = true
		}
		if err := checkStatement(s.Text, i == len(q.Statements)-1, len(names) > 0); err != nil {
			return &ParseError{q.Path, s.Line, err.Error()}
		}
	}
	for _, p := range q.Params {
		if !used[p.Name] {
			return &ParseError{q.Path, 1, fmt.Sprintf("the parameter %s is declared and $%s is not used", p.Name, p.Name)}
		}
	}
	return nil
}

var (
	// setup is what may stand before the last statement. The names of temporary
	// things begin with tmp_, so that none takes the place of a table of the
	// history or of one that the user made at the prompt.
	setup    = regexp.MustCompile(`(?is)^(SET\s+VARIABLE\s|CREATE\s+OR\s+REPLACE\s+TEMP(ORARY)?\s+(TABLE|VIEW|MACRO)\s+"?tmp_)`)
	unbound  = regexp.MustCompile(`(?is)^CREATE\s+OR\s+REPLACE\s+TEMP(ORARY)?\s+(VIEW|MACRO)\s`)
	question = regexp.MustCompile(`(?is)^(SELECT|FROM|WITH|VALUES|TABLE|PIVOT|UNPIVOT|DESCRIBE|SUMMARIZE|SHOW|EXPLAIN)\b|^\(`)
)

// checkStatement holds that a query cannot change anything but temporary things
// of its own. DuckDB takes no parameters in views and macros.
func checkStatement(text string, last, hasParams bool) error {
	switch {
	case last && !question.MatchString(text):
		return fmt.Errorf("the last statement must give rows (SELECT …), and begins with %q", firstWord(text))
	case !last && !setup.MatchString(text):
		return fmt.Errorf("before the last statement only CREATE OR REPLACE TEMP TABLE, VIEW or MACRO tmp_… and SET VARIABLE may stand, and this begins with %q", firstWord(text))
	case !last && hasParams && unbound.MatchString(text):
		return fmt.Errorf(`a view or macro cannot hold a parameter: write "SET VARIABLE v = $name;" before it, and getvariable('v') in it`)
	}
	return nil
}

func firstWord(text string) string {
	if fields := strings.Fields(text); len(fields) > 0 {
		return fields[0]
	}
	return ""
}
