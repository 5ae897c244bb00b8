// Package notebook runs notebooks: Markdown files whose ```sql blocks are
// questions to a history. Results go under the blocks, into the file itself
// (Markdown) or into one HTML page (HTML); Check tells whether they are what the
// file says, so that a notebook is a test as well.
//
// Parse reads a Notebook, Run gives its Results, and Markdown, HTML and Check
// turn the two into what the reader sees. A notebook may come from anyone: its
// raw HTML, and all that results hold, is escaped, and nothing in it may make
// the page load something from elsewhere. The package never changes a history.
package notebook

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"

	"hindsight/queries"
)

// Bounds of a notebook. Who writes one never meets them.
const (
	MaxSource = 64 << 20 // bytes, with the results
	maxBlocks = 1000
	maxValues = 5000
)

// Notebook is a parsed notebook.
type Notebook struct {
	Name   string // of the file, for messages
	Title  string // of the first heading, "" where there is none
	Params []queries.Param
	Blocks []*Block

	// source is the file without the results that it held.
	source []byte
	root   ast.Node
	values []*value
}

// Block is one ```sql block.
type Block struct {
	Options
	SQL  string
	Line int // of its first line of SQL, in the file without results

	// end is where in source the block ends, after its closing fence.
	end int
	// stored is the result that the file held, with hasStored.
	stored    string
	hasStored bool
	node      ast.Node
}

// ParseError is a mistake in a notebook.
type ParseError struct {
	Name string
	Line int // in the file
	What string
}

func (e *ParseError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.Name, e.What)
	}
	return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.What)
}

// The marks around a stored result. Each is a line of its own; what results hold
// is escaped so that no line of theirs begins with '<'.
const (
	resultBegin = "<!-- result -->"
	resultEnd   = "<!-- end of result -->"
)

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Parse reads a notebook. Errors are *ParseError.
func Parse(name string, file []byte) (*Notebook, error) {
	if len(file) > MaxSource {
		return nil, &ParseError{Name: name, What: fmt.Sprintf("is larger than %d MB, too large for a notebook", MaxSource>>20)}
	}
	// Windows' line ends become \n; a NUL is no character of Markdown.
	text := strings.ReplaceAll(string(file), "\r\n", "\n")
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
	with := &Notebook{Name: name, source: []byte(text)}
	if err := with.parse(); err != nil {
		return nil, err
	}
	stripped, stored, err := with.withoutResults()
	if err != nil {
		return nil, err
	}
	n := &Notebook{Name: name, source: stripped}
	if err := n.parse(); err != nil {
		return nil, err
	}
	if len(n.Blocks) != len(stored) {
		return nil, &ParseError{Name: name, What: "a stored result has been damaged: remove the lines from " + resultBegin + " to " + resultEnd + " everywhere"}
	}
	for i, b := range n.Blocks {
		if stored[i] != nil {
			b.stored, b.hasStored = *stored[i], true
		}
	}
	return n, n.resolve()
}

// withoutResults cuts the results out that stand behind blocks, and gives one
// for each block that is not itself inside a result; nil where it has none.
func (n *Notebook) withoutResults() ([]byte, []*string, error) {
	var out []byte
	var stored []*string
	at := 0
	for _, b := range n.Blocks {
		if b.end < at {
			continue // inside a result
		}
		out = append(out, n.source[at:b.end]...)
		at = b.end
		rest := string(n.source[at:])
		body := strings.TrimLeft(rest, "\n")
		if !strings.HasPrefix(body, resultBegin+"\n") {
			stored = append(stored, nil)
			continue
		}
		end := strings.Index(body, "\n"+resultEnd+"\n")
		if end < 0 && strings.HasSuffix(body, "\n"+resultEnd) {
			end = len(body) - len(resultEnd) - 1
		}
		if end < 0 {
			return nil, nil, n.errorAt(at+len(rest)-len(body), "this result has no end, a line "+resultEnd)
		}
		text := body[:end+1]
		if again := strings.LastIndex(text, "\n"+resultBegin+"\n"); again >= 0 {
			return nil, nil, n.errorAt(at+len(rest)-len(body), "this result has no end, a line "+resultEnd)
		}
		text = strings.TrimPrefix(text, resultBegin+"\n")
		stored = append(stored, &text)
		at = lineEnd(n.source, at+len(rest)-len(body)+end+1)
	}
	return append(out, n.source[at:]...), stored, nil
}

// errorAt makes an error of what stands at an offset of the source.
func (n *Notebook) errorAt(offset int, format string, args ...any) error {
	return &ParseError{Name: n.Name, Line: n.lineAt(offset), What: fmt.Sprintf(format, args...)}
}

func (n *Notebook) lineAt(offset int) int {
	return 1 + strings.Count(string(n.source[:min(max(offset, 0), len(n.source))]), "\n")
}
