package notebook

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// value is a place in prose that shows something computed: {{parameter}} or
// {{block.column}}, of the block's first row. In a file with results it is
// **123**<!--{{block.column}}-->, which reads as a bold number and is found
// again by the comment. In code, and with a backslash before it, it is plain
// text.
type value struct {
	ast.BaseInline
	name, column string
	start, stop  int    // in the source
	stored       string // what the file says, as Markdown
	hasStored    bool
	problem      string // why it is no value
}

var valueKind = ast.NewNodeKind("Value")

func (v *value) Kind() ast.NodeKind { return valueKind }

func (v *value) Dump(source []byte, level int) {
	ast.DumpHelper(v, source, level, map[string]string{"Expression": v.expression()}, nil)
}

func (v *value) expression() string {
	if v.column == "" {
		return v.name
	}
	return v.name + "." + v.column
}

var (
	fresh  = regexp.MustCompile(`^\{\{([^{}\n]*)\}\}`)
	stored = regexp.MustCompile(`^\*\*((?:\\[^\n]|[^*\\\n])*)\*\*<!--\{\{([^{}\n]*)\}\}-->`)
	// valueAnywhere is either of the two, for what is not parsed.
	valueAnywhere = regexp.MustCompile(`\{\{[^{}\n]*\}\}|\*\*(?:\\[^\n]|[^*\\\n])*\*\*<!--\{\{[^{}\n]*\}\}-->`)
	expression    = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*)(?:\.([A-Za-z_][A-Za-z0-9_]*))?\s*$`)
)

// valueParser finds values in inline text.
type valueParser struct{}

func (valueParser) Trigger() []byte { return []byte{'{', '*'} }

func (valueParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	v := &value{start: segment.Start}
	inner := ""
	if m := fresh.FindSubmatch(line); m != nil {
		inner, v.stop = string(m[1]), segment.Start+len(m[0])
	} else if m := stored.FindSubmatch(line); m != nil {
		inner, v.stop = string(m[2]), segment.Start+len(m[0])
		v.stored, v.hasStored = string(m[1]), true
	} else {
		return nil
	}
	block.Advance(v.stop - v.start)
	if m := expression.FindStringSubmatch(inner); m != nil {
		v.name, v.column = m[1], m[2]
	} else {
		v.problem = "{{" + strings.TrimSpace(inner) + "}} is neither {{parameter}} nor {{block.column}}; write \\{{ for two plain braces"
	}
	return v
}
