package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/reeflective/readline"

	"hindsight/sqlext"
)

// completer completes names at the prompt. It knows the catalog as of the last
// refresh.
type completer struct {
	history   *sqlext.History
	tables    []sqlext.TableInfo
	functions []string
	keywords  []string
}

func newCompleter(ctx context.Context, h *sqlext.History) *completer {
	c := &completer{history: h}
	// Without these there is less to complete, and nothing else is worse.
	c.functions, _ = h.FunctionNames(ctx)
	c.keywords, _ = h.Keywords(ctx)
	c.refresh(ctx)
	return c
}

// refresh reads the tables anew, as there may be a new temporary one.
func (c *completer) refresh(ctx context.Context) {
	if tables, err := c.history.Tables(ctx); err == nil {
		c.tables = tables
	}
}

// candidate is a possible completion and its kind.
type candidate struct{ value, about, kind string }

// complete is readline's seam.
func (c *completer) complete(line []rune, cursor int) readline.Completions {
	word, found := c.candidates(string(line[:cursor]))
	var raw []readline.Completion
	for _, f := range found {
		raw = append(raw, readline.Completion{Value: f.value, Display: f.value, Description: f.about, Tag: f.kind})
	}
	out := readline.CompleteRaw(raw)
	out.PREFIX = word
	return out
}

// candidates finds what can complete the word at the end of text.
func (c *completer) candidates(text string) (word string, found []candidate) {
	trimmed := strings.TrimLeft(text, " \t\n")
	if strings.HasPrefix(trimmed, ".") {
		return c.dotCandidates(trimmed)
	}
	start := strings.LastIndexFunc(text, func(r rune) bool { return !isWordRune(r) }) + 1
	word = text[start:]
	if word == "" {
		before := strings.Fields(text)
		if len(before) == 0 || !expectsTable(before[len(before)-1]) {
			return word, nil
		}
	}
	if alias, _, ok := strings.Cut(word, "."); ok {
		return word, c.columnCandidates(text, alias)
	}
	before := strings.Fields(text[:start])
	if len(before) > 0 && expectsTable(before[len(before)-1]) {
		return word, match(word, append(c.tableCandidates(), c.functionCandidates(true)...))
	}
	all := c.columnsOf(c.mentioned(text))
	all = append(all, c.tableCandidates()...)
	all = append(all, c.functionCandidates(false)...)
	all = append(all, c.keywordCandidates(word)...)
	return word, match(word, all)
}

func isWordRune(r rune) bool {
	return r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80
}

func expectsTable(word string) bool {
	switch strings.ToUpper(word) {
	case "FROM", "JOIN", "INTO", "DESCRIBE", "SUMMARIZE", "TABLE":
		return true
	}
	return false
}

func match(word string, all []candidate) []candidate {
	var out []candidate
	seen := map[string]bool{}
	for _, c := range all {
		if len(c.value) >= len(word) && strings.EqualFold(c.value[:len(word)], word) && !seen[c.value] {
			seen[c.value] = true
			out = append(out, c)
		}
	}
	return out
}

func (c *completer) tableCandidates() []candidate {
	var out []candidate
	for _, t := range c.tables {
		out = append(out, candidate{t.Name, firstSentence(t.Comment), "tables"})
	}
	return out
}

// functionCandidates are Hindsight's functions and, unless tables are wanted,
// DuckDB's.
func (c *completer) functionCandidates(tablesOnly bool) []candidate {
	var out []candidate
	for _, m := range sqlext.Macros() {
		if m.Table == tablesOnly {
			out = append(out, candidate{m.Name + "(", m.Summary, "functions"})
		}
	}
	if !tablesOnly {
		for _, f := range c.functions {
			out = append(out, candidate{f + "(", "", "functions of DuckDB"})
		}
	}
	return out
}

// keywordCandidates follow the case in which the word was begun.
func (c *completer) keywordCandidates(word string) []candidate {
	var out []candidate
	for _, k := range c.keywords {
		if word == strings.ToLower(word) {
			k = strings.ToLower(k)
		}
		out = append(out, candidate{k, "", "keywords"})
	}
	return out
}

// mentioned are the tables that a statement names, all where it names none.
func (c *completer) mentioned(text string) []sqlext.TableInfo {
	words := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !isWordRune(r) }) {
		words[w] = true
	}
	var out []sqlext.TableInfo
	for _, t := range c.tables {
		if words[strings.ToLower(t.Name)] {
			out = append(out, t)
		}
	}
	if out == nil {
		return c.tables
	}
	return out
}

func (c *completer) columnsOf(tables []sqlext.TableInfo) []candidate {
	var out []candidate
	for _, t := range tables {
		for _, col := range t.Columns {
			out = append(out, candidate{col.Name, t.Name + ": " + firstSentence(col.Comment), "columns"})
		}
	}
	return out
}

// columnCandidates completes alias.column, where alias is a table or stands
// behind one.
func (c *completer) columnCandidates(text, alias string) []candidate {
	tables := c.mentioned(text)
	words := strings.FieldsFunc(text, func(r rune) bool { return !isWordRune(r) })
	for _, t := range c.tables {
		if strings.EqualFold(t.Name, alias) {
			tables = []sqlext.TableInfo{t}
			break
		}
		for i, w := range words[:max(len(words)-1, 0)] {
			next := words[i+1]
			if strings.EqualFold(next, "as") && i+2 < len(words) {
				next = words[i+2]
			}
			if strings.EqualFold(w, t.Name) && strings.EqualFold(next, alias) {
				tables = []sqlext.TableInfo{t}
			}
		}
	}
	out := c.columnsOf(tables)
	for i := range out {
		out[i].value = alias + "." + out[i].value
	}
	word := text[strings.LastIndexFunc(text, func(r rune) bool { return !isWordRune(r) })+1:]
	return match(word, out)
}

// dotCandidates completes dot commands and their arguments.
func (c *completer) dotCandidates(text string) (string, []candidate) {
	name, arg, ok := strings.Cut(text, " ")
	var all []candidate
	if !ok {
		for _, d := range dotCommands() {
			all = append(all, candidate{d.name, d.help, "commands"})
		}
		return text, match(text, all)
	}
	switch name {
	case ".run":
		return queryCandidates(arg)
	case ".schema":
		all = c.tableCandidates()
	case ".help":
		for _, d := range dotCommands() {
			all = append(all, candidate{d.name, d.help, "commands"})
		}
		all = append(all, c.tableCandidates()...)
		for _, m := range sqlext.Macros() {
			all = append(all, candidate{m.Name, m.Summary, "functions"})
		}
		_, saved := queryCandidates("")
		all = append(all, saved...)
	case ".format":
		for _, f := range sqlext.Formats() {
			all = append(all, candidate{f, "", "formats"})
		}
	case ".timer":
		all = []candidate{{"on", "", ""}, {"off", "", ""}}
	case ".read", ".output":
		files, _ := filepath.Glob(arg + "*")
		for _, f := range files {
			all = append(all, candidate{f, "", "files"})
		}
	}
	return arg, match(arg, all)
}

func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".")
}
