package notebook

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown reads GitHub's Markdown, with values: {{name}}.
func markdown(with ...renderer.NodeRenderer) goldmark.Markdown {
	var nodes []util.PrioritizedValue
	for _, r := range with {
		nodes = append(nodes, util.Prioritized(r, 100))
	}
	return goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList),
		goldmark.WithParserOptions(
			parser.WithAutoHeadingID(),
			// Before emphasis (500), which would take the stars of a stored value.
			parser.WithInlineParsers(util.Prioritized(valueParser{}, 150)),
		),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(nodes...)),
	)
}

// parse reads the source: title, parameters, blocks and values.
func (n *Notebook) parse() error {
	ids := parser.NewContext(parser.WithIDs(headingIDs{parser.NewContext().IDs()}))
	n.root = markdown().Parser().Parse(text.NewReader(n.source), parser.WithContext(ids))
	var failed error
	err := ast.Walk(n.root, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch node := node.(type) {
		case *ast.Heading:
			if n.Title == "" {
				n.Title = strings.TrimSpace(plainText(node, n.source))
			}
		case *ast.FencedCodeBlock:
			if failed = n.fenced(node); failed != nil {
				return ast.WalkStop, nil
			}
		case *value:
			if len(n.values) == maxValues {
				failed = n.errorAt(node.start, "there are too many values, more than %d", maxValues)
				return ast.WalkStop, nil
			}
			n.values = append(n.values, node)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return err
	}
	return failed
}

// headingIDs names headings by their text, and not by the values in it.
type headingIDs struct{ parser.IDs }

func (h headingIDs) Generate(text []byte, kind ast.NodeKind) []byte {
	return h.IDs.Generate(valueAnywhere.ReplaceAll(text, nil), kind)
}

// plainText is the text of a node and those below it.
func plainText(node ast.Node, source []byte) string {
	var out strings.Builder
	for c := node.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			out.Write(c.Segment.Value(source))
		case *ast.String:
			out.Write(c.Value)
		default:
			out.WriteString(plainText(c, source))
		}
	}
	return out.String()
}

// fenced takes a ```sql or ```params block; other languages are prose.
func (n *Notebook) fenced(node *ast.FencedCodeBlock) error {
	if node.Info == nil {
		return nil
	}
	info := string(node.Info.Segment.Value(n.source))
	language, options, _ := strings.Cut(strings.TrimSpace(info), " ")
	if language != "sql" && language != "params" {
		return nil
	}
	start := node.Info.Segment.Start
	if node.Parent() != n.root {
		return n.errorAt(start, "this block is inside a list or a quotation, where it is not run: begin it, and what is around it, at the margin")
	}
	end, err := n.fenceEnd(node)
	if err != nil {
		return err
	}
	code := string(node.Lines().Value(n.source))
	first := n.lineAt(start) + 1
	if language == "params" {
		if strings.TrimSpace(options) != "" {
			return n.errorAt(start, "a params block takes no options")
		}
		return n.addParams(code, first)
	}
	opt, err := parseOptions(options)
	if err != nil {
		return n.errorAt(start, "%v", err)
	}
	if len(n.Blocks) == maxBlocks {
		return n.errorAt(start, "there are too many blocks of SQL, more than %d", maxBlocks)
	}
	n.Blocks = append(n.Blocks, &Block{Options: opt, SQL: code, Line: first, end: end, node: node})
	return nil
}

// fenceEnd finds the end of a block's closing fence.
func (n *Notebook) fenceEnd(node *ast.FencedCodeBlock) (int, error) {
	start := node.Info.Segment.Start
	lineStart := bytes.LastIndexByte(n.source[:start], '\n') + 1
	opening := strings.TrimLeft(string(n.source[lineStart:start]), " ")
	fence := opening[:len(opening)-len(strings.TrimLeft(opening, opening[:1]))]
	at := lineEnd(n.source, start)
	if lines := node.Lines(); lines.Len() > 0 {
		at = lines.At(lines.Len() - 1).Stop
	}
	end := lineEnd(n.source, at)
	if !strings.HasPrefix(strings.TrimLeft(string(n.source[at:end]), " "), fence) {
		return 0, n.errorAt(start, "this block has no end, a line %s", fence)
	}
	return end, nil
}

// lineEnd is where the line of an offset ends, after its \n.
func lineEnd(source []byte, offset int) int {
	if i := bytes.IndexByte(source[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(source)
}

// resolve checks what names refer to, and that no result stands alone.
func (n *Notebook) resolve() error {
	names := map[string]bool{}
	for _, p := range n.Params {
		names[p.Name] = true
	}
	blocks := map[string]bool{}
	for _, b := range n.Blocks {
		if b.Name == "" {
			continue
		}
		if names[b.Name] || blocks[b.Name] {
			return &ParseError{Name: n.Name, What: "two blocks or parameters are named " + b.Name}
		}
		blocks[b.Name] = true
	}
	for _, v := range n.values {
		switch {
		case v.problem != "":
			return n.errorAt(v.start, "%s", v.problem)
		case v.column == "" && !names[v.name]:
			return n.errorAt(v.start, "{{%s}}: there is no parameter %s", v.expression(), v.name)
		case v.column != "" && !blocks[v.name]:
			return n.errorAt(v.start, "{{%s}}: no block has name=%s", v.expression(), v.name)
		}
	}
	for c := n.root.FirstChild(); c != nil; c = c.NextSibling() {
		h, ok := c.(*ast.HTMLBlock)
		if !ok || h.Lines().Len() == 0 {
			continue
		}
		text := strings.TrimSpace(string(h.Lines().Value(n.source)))
		if text == resultBegin || text == resultEnd {
			return n.errorAt(h.Lines().At(0).Start, "a result stands here without a block before it: remove it, up to %s", resultEnd)
		}
	}
	return nil
}
