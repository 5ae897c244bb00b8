package notebook

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"hindsight/queries/notebook/chart"
)

// Markdown is the notebook with its results: under each block a table between
// two comments, which the next run replaces. The same results give the same
// bytes. A chart is the table of its rows, with bars of text where it is a bar
// chart: pictures are in the HTML form.
func (n *Notebook) Markdown(r *Results) []byte {
	type edit struct {
		start, stop int
		text        string
	}
	var edits []edit
	for i, b := range n.Blocks {
		if text := r.Blocks[i].markdown(); text != "" {
			if b.end > 0 && n.source[b.end-1] != '\n' {
				text = "\n" + text
			}
			edits = append(edits, edit{b.end, b.end, text})
		}
	}
	for i, v := range n.values {
		text := fmt.Sprintf("**%s**<!--{{%s}}-->", valueMarkdown(r.values[i]), v.expression())
		edits = append(edits, edit{v.start, v.stop, text})
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return a.start - b.start })
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(out, n.source[at:e.start]...)
		out = append(out, e.text...)
		at = e.stop
	}
	return append(out, n.source[at:]...)
}

// markdown is the block's result with its marks; "" for a block that shows
// nothing.
func (r *Result) markdown() string {
	if text := r.body(); text != "" {
		return "\n" + resultBegin + "\n" + text + resultEnd + "\n"
	}
	return ""
}

// body is what stands between the marks. An error is shown of hidden blocks too.
func (r *Result) body() string {
	switch {
	case r.Err != nil:
		return "\n> **Error:** " + escapeMarkdown(r.Err.Error()) + "\n\n"
	case r.None || r.Block.Hide:
		return ""
	}
	var out strings.Builder
	out.WriteByte('\n')
	if r.Block.Title != "" {
		fmt.Fprintf(&out, "*%s*\n\n", escapeMarkdown(r.Block.Title))
	}
	if len(r.Columns) > 0 {
		out.WriteString(r.tableMarkdown())
	}
	switch {
	case r.Total == 0:
		out.WriteString("\n*No rows.*\n")
	case r.Total > len(r.Rows):
		fmt.Fprintf(&out, "\n*%s*\n", r.cutNote())
	}
	out.WriteByte('\n')
	return out.String()
}

// cutNote says how many rows are not shown.
func (r *Result) cutNote() string {
	return fmt.Sprintf("The first %d of %d rows; %d are left out.", len(r.Rows), r.Total, r.Total-len(r.Rows))
}

// columnMost is up to what width cells are padded, so that one long value does
// not widen all.
const columnMost = 60

func (r *Result) tableMarkdown() string {
	var lines [][]string
	var header []string
	for _, c := range r.Columns {
		header = append(header, escapeMarkdown(c.Name))
	}
	for _, row := range r.Rows {
		line := make([]string, len(row))
		for i, c := range row {
			line[i] = cellMarkdown(c)
		}
		lines = append(lines, line)
	}
	right := make([]bool, len(header))
	for i, c := range r.Columns {
		right[i] = c.Numeric()
	}
	if bars := r.textBars(); bars != nil {
		header, right = append(header, ""), append(right, false)
		for i := range lines {
			lines[i] = append(lines[i], bars[i])
		}
	}
	widths := make([]int, len(header))
	for _, line := range append([][]string{header}, lines...) {
		for i, s := range line {
			if w := runewidth.StringWidth(s); w <= columnMost {
				widths[i] = max(widths[i], w, 3)
			}
		}
	}
	var out strings.Builder
	tableLine(&out, header, widths, right)
	for i, w := range widths {
		out.WriteString("|")
		if right[i] {
			out.WriteString(strings.Repeat("-", max(w, 3)+1) + ":")
		} else {
			out.WriteString(strings.Repeat("-", max(w, 3)+2))
		}
	}
	out.WriteString("|\n")
	for _, line := range lines {
		tableLine(&out, line, widths, right)
	}
	return out.String()
}

func tableLine(out *strings.Builder, cells []string, widths []int, right []bool) {
	for i, s := range cells {
		pad := strings.Repeat(" ", max(0, widths[i]-runewidth.StringWidth(s)))
		if right[i] {
			s = pad + s
		} else {
			s += pad
		}
		out.WriteString("| " + s + " ")
	}
	out.WriteString("|\n")
}

// textBars are the bars of a bar chart, made of block characters; nil for other
// results.
func (r *Result) textBars() []string {
	if r.Block.Chart != chart.Bar || r.Block.LogY {
		return nil
	}
	const longest = 24
	top := 0.0
	for _, v := range r.bars {
		if v > top && !math.IsInf(v, 0) {
			top = v
		}
	}
	out := make([]string, len(r.bars))
	for i, v := range r.bars {
		if top > 0 && v > 0 && !math.IsInf(v, 0) {
			eighths := int(math.Round(v / top * longest * 8))
			out[i] = strings.Repeat("█", eighths/8)
			if rest := eighths % 8; rest > 0 {
				out[i] += string(rune('█' + 8 - rest))
			}
		}
	}
	return out
}

// cellMarkdown tells NULL, in italics, from a text.
func cellMarkdown(c Cell) string {
	if c.Null {
		return "*NULL*"
	}
	return escapeMarkdown(c.Text)
}

// valueMarkdown is a value within prose, which stands in bold.
func valueMarkdown(c Cell) string {
	text := strings.Join(strings.Fields(c.Text), " ")
	switch {
	case c.Null:
		return "none"
	case text == "":
		return `""`
	}
	return escapeMarkdown(text)
}

// escapeMarkdown makes any text stand for itself, in one line, within a table or
// in prose. Signs that mean nothing where they are stay as they are, to keep the
// source readable.
func escapeMarkdown(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	var out strings.Builder
	emphasis := underscoreEnd.MatchString(s)
	for i, r := range s {
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		switch {
		case r == '\n':
			out.WriteString("<br>")
		case r == '<' && (after == '/' || after == '!' || after == '?' || unicode.IsLetter(after)):
			out.WriteString("&lt;")
		case r == '>' && i == 0:
			out.WriteString("&gt;")
		case r == '&' && (after == '#' || unicode.IsLetter(after)):
			out.WriteString("&amp;")
		case strings.ContainsRune("\\`*[]|~", r), r == '{' && after == '{', r == '$',
			r == '_' && emphasis && !(wordRune(before) && wordRune(after)),
			r == ':' && strings.HasPrefix(s[i:], "://"),
			// What would begin a list, a heading or a rule.
			i == 0 && strings.ContainsRune("-+#=", r):
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == ' ' && (i == 0 || before == ' '):
			out.WriteString("&nbsp;") // indented text keeps its place
		case r == '\u2028' || r == '\u2029' || r == '\r':
			out.WriteByte(' ')
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// underscoreEnd is an underscore that may end an emphasis. Without one, those at
// the begin of names, as C libraries have many, mean nothing.
var underscoreEnd = regexp.MustCompile(`_(?:[^\p{L}\p{N}_]|$)`)

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
