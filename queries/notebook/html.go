package notebook

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"

	"hindsight/queries/notebook/chart"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// About says what the results are of.
type About struct {
	// Recordings describe the recordings, the current one first.
	Recordings []string
}

// page is what the template gets.
type page struct {
	Title string
	Style template.CSS
	About []string
	Given []string // parameters with their values
	Body  template.HTML
}

// HTML is the notebook with its results as one page that needs nothing else: no
// script, no font, no picture from elsewhere, which its Content-Security-Policy
// forbids as well.
func (n *Notebook) HTML(r *Results, about About) ([]byte, error) {
	body := &body{n: n, r: r}
	var prose bytes.Buffer
	if err := markdown(body).Renderer().Render(&prose, n.source, n.root); err != nil {
		return nil, fmt.Errorf("%s: draw the page: %w", n.Name, err)
	}
	p := page{Title: n.title(r), Style: template.CSS(pageStyle), About: about.Recordings, Body: template.HTML(prose.String())}
	for _, a := range r.Args {
		p.Given = append(p.Given, a.Name+" = "+argumentCell(a).Text)
	}
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("%s: draw the page: %w", n.Name, err)
	}
	return out.Bytes(), nil
}

// title is the first heading's text, with its values.
func (n *Notebook) title(r *Results) string {
	for c := n.root.FirstChild(); c != nil; c = c.NextSibling() {
		h, ok := c.(*ast.Heading)
		if !ok {
			continue
		}
		var out strings.Builder
		for t := h.FirstChild(); t != nil; t = t.NextSibling() {
			if v, ok := t.(*value); ok {
				out.WriteString(valueText(r.values[n.valueIndex(v)]))
			} else if text, ok := t.(*ast.Text); ok {
				out.Write(text.Segment.Value(n.source))
			} else {
				out.WriteString(plainText(t, n.source))
			}
		}
		return strings.TrimSpace(out.String())
	}
	return n.Name
}

func (n *Notebook) valueIndex(v *value) int {
	for i, other := range n.values {
		if other == v {
			return i
		}
	}
	return 0 // not reached: every value of the tree is in the list
}

func valueText(c Cell) string {
	switch text := strings.Join(strings.Fields(c.Text), " "); {
	case c.Null:
		return "none"
	case text == "":
		return `""`
	default:
		return text
	}
}

// body renders what the notebook's Markdown has beyond prose: blocks with their
// results, values, and what must not come through as it is.
type body struct {
	n *Notebook
	r *Results
}

func (b *body) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(ast.KindFencedCodeBlock, b.code)
	reg.Register(valueKind, b.value)
	reg.Register(ast.KindHTMLBlock, b.rawBlock)
	reg.Register(ast.KindRawHTML, b.rawInline)
	reg.Register(ast.KindImage, b.image)
}

func (b *body) value(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		v := node.(*value)
		fmt.Fprintf(w, `<b class="value" title="%s">%s</b>`, v.expression(),
			template.HTMLEscapeString(valueText(b.r.values[b.n.valueIndex(v)])))
	}
	return ast.WalkContinue, nil
}

// rawBlock shows HTML of the source as text; comments are no text.
func (b *body) rawBlock(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	h := node.(*ast.HTMLBlock)
	if h.HTMLBlockType == ast.HTMLBlockType2 {
		return ast.WalkSkipChildren, nil
	}
	text := string(h.Lines().Value(source))
	if h.HasClosure() {
		text += string(h.ClosureLine.Value(source))
	}
	fmt.Fprintf(w, "<p>%s</p>\n", template.HTMLEscapeString(text))
	return ast.WalkSkipChildren, nil
}

func (b *body) rawInline(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		text := string(node.(*ast.RawHTML).Segments.Value(source))
		if !strings.HasPrefix(text, "<!--") {
			w.WriteString(template.HTMLEscapeString(text))
		}
	}
	return ast.WalkSkipChildren, nil
}

// image names a picture: the page loads nothing.
func (b *body) image(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		image := node.(*ast.Image)
		fmt.Fprintf(w, "[picture %s: %s]", template.HTMLEscapeString(string(image.Destination)),
			template.HTMLEscapeString(plainText(image, source)))
	}
	return ast.WalkSkipChildren, nil
}

// code shows a code block; one of SQL with its result.
func (b *body) code(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	for i, block := range b.n.Blocks {
		if block.node == node {
			b.result(w, i)
			return ast.WalkSkipChildren, nil
		}
	}
	fenced := node.(*ast.FencedCodeBlock)
	if string(fenced.Language(source)) == "params" {
		b.params(w)
		return ast.WalkSkipChildren, nil
	}
	fmt.Fprintf(w, "<pre><code>%s</code></pre>\n", template.HTMLEscapeString(string(fenced.Lines().Value(source))))
	return ast.WalkSkipChildren, nil
}

// params lists the parameters: what they mean and what they were.
func (b *body) params(w util.BufWriter) {
	w.WriteString("<dl class=\"params\">\n")
	for i, p := range b.n.Params {
		fmt.Fprintf(w, "<div><dt><code>%s</code> = <b class=\"value\">%s</b></dt><dd>%s</dd></div>\n", template.HTMLEscapeString(p.Name),
			template.HTMLEscapeString(argumentCell(b.r.Args[i]).Text), template.HTMLEscapeString(p.Meaning))
	}
	w.WriteString("</dl>\n")
}

func (b *body) result(w util.BufWriter, i int) {
	r := b.r.Blocks[i]
	summary, open := "SQL", ""
	switch {
	case r.Err != nil:
		open = " open"
	case r.Block.Hide:
		return // it serves values; the page is for readers
	case r.None:
		summary = "SQL that prepares what follows"
	}
	fmt.Fprintf(w, "<section class=\"block\">\n")
	if r.Err != nil {
		fmt.Fprintf(w, "<p class=\"error\" role=\"alert\"><strong>Error:</strong> %s</p>\n", template.HTMLEscapeString(r.Err.Error()))
	} else if !r.None {
		b.shown(w, r)
	}
	fmt.Fprintf(w, "<details class=\"sql\"%s><summary>%s</summary><pre><code>%s</code></pre></details>\n</section>\n",
		open, summary, template.HTMLEscapeString(strings.TrimRight(r.Block.SQL, "\n")))
}

// shown writes a result: its chart, if it has one, and its table.
func (b *body) shown(w util.BufWriter, r *Result) {
	title := template.HTMLEscapeString(r.Block.Title)
	if r.Chart == nil {
		b.table(w, r, title)
		return
	}
	w.WriteString("<figure>\n")
	if title != "" {
		fmt.Fprintf(w, "<figcaption>%s</figcaption>\n", title)
	}
	legend(w, r.Chart)
	if r.Chart.SVG != "" {
		fmt.Fprintf(w, "<div class=\"wide %s\" tabindex=\"0\" role=\"group\" aria-label=\"chart, scrolls sideways\">%s</div>\n", r.Block.Chart, r.Chart.SVG)
	}
	for _, note := range r.Chart.Notes {
		fmt.Fprintf(w, "<p class=\"note\">%s</p>\n", template.HTMLEscapeString(note))
	}
	w.WriteString("</figure>\n<details class=\"rows\"><summary>Rows of the chart</summary>\n")
	b.table(w, r, title)
	w.WriteString("</details>\n")
}

func legend(w util.BufWriter, d *chart.Drawing) {
	if len(d.Legend) == 0 {
		return
	}
	w.WriteString("<ul class=\"legend\">")
	for i, name := range d.Legend {
		fmt.Fprintf(w, "<li><span class=\"k%d\"></span>%s</li>", i, template.HTMLEscapeString(name))
	}
	w.WriteString("</ul>\n")
}

func (b *body) table(w util.BufWriter, r *Result, title string) {
	if len(r.Columns) > 0 {
		fmt.Fprintf(w, "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"table, scrolls sideways\"><table>\n")
		caption := title
		if caption == "" {
			caption = "Result"
			if r.Block.Name != "" {
				caption += " " + r.Block.Name
			}
			fmt.Fprintf(w, "<caption class=\"unseen\">%s</caption>\n", caption)
		} else {
			fmt.Fprintf(w, "<caption>%s</caption>\n", caption)
		}
		b.tableRows(w, r)
		w.WriteString("</table></div>\n")
	}
	switch {
	case r.Total == 0:
		w.WriteString("<p class=\"note\">No rows.</p>\n")
	case r.Total > len(r.Rows):
		fmt.Fprintf(w, "<p class=\"note\">%s</p>\n", r.cutNote())
	}
}

func (b *body) tableRows(w util.BufWriter, r *Result) {
	class := make([]string, len(r.Columns))
	w.WriteString("<thead><tr>")
	for i, c := range r.Columns {
		if c.Numeric() {
			class[i] = ` class="n"`
		}
		fmt.Fprintf(w, "<th scope=\"col\"%s>%s</th>", class[i], template.HTMLEscapeString(c.Name))
	}
	w.WriteString("</tr></thead>\n<tbody>\n")
	for _, row := range r.Rows {
		w.WriteString("<tr>")
		for i, c := range row {
			text := template.HTMLEscapeString(strings.ToValidUTF8(c.Text, "\ufffd"))
			if c.Null {
				text = `<span class="null">NULL</span>`
			}
			fmt.Fprintf(w, "<td%s>%s</td>", class[i], text)
		}
		w.WriteString("</tr>\n")
	}
	w.WriteString("</tbody>\n")
}
