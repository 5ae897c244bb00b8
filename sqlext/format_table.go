package sqlext

import (
	"bufio"
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// tablePrinter draws a table with go-pretty, or writes one in Markdown.
type tablePrinter struct {
	w        *bufio.Writer
	markdown bool
	width    int

	columns []Column
	address []bool
	rows    [][]string
}

func (p *tablePrinter) begin(columns []Column) error {
	p.columns = columns
	for _, c := range columns {
		p.address = append(p.address, isAddress(c) && !p.markdown)
	}
	return nil
}

func (p *tablePrinter) row(values []driver.Value) error {
	row := make([]string, len(values))
	for i, v := range values {
		if p.address[i] {
			row[i] = addressText(v, p.columns[i].info)
		} else {
			row[i] = valueText(v, p.columns[i].info)
		}
		row[i] = printable(row[i])
	}
	p.rows = append(p.rows, row)
	return nil
}

func (p *tablePrinter) end(more bool) error {
	if len(p.columns) == 0 {
		return nil
	}
	t := table.NewWriter()
	header := make(table.Row, len(p.columns))
	for i, c := range p.columns {
		header[i] = printable(c.Name)
	}
	t.AppendHeader(header)
	for _, r := range p.rows {
		row := make(table.Row, len(r))
		for i, s := range r {
			row[i] = s
		}
		t.AppendRow(row)
	}
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	style.Options.DoNotColorBordersAndSeparators = true
	t.SetStyle(style)
	t.SetColumnConfigs(p.columnConfigs())
	out := ""
	if p.markdown {
		out = t.RenderMarkdown()
	} else {
		out = t.Render()
	}
	p.w.WriteString(out)
	p.w.WriteByte('\n')
	if more {
		fmt.Fprintf(p.w, "(the first %d rows; there are more)\n", len(p.rows))
	}
	return nil
}

func (p *tablePrinter) columnConfigs() []table.ColumnConfig {
	limits := p.limits()
	configs := make([]table.ColumnConfig, len(p.columns))
	for i, c := range p.columns {
		configs[i] = table.ColumnConfig{Number: i + 1, Align: text.AlignLeft, AlignHeader: text.AlignLeft}
		if isNumeric(c.Type) {
			configs[i].Align, configs[i].AlignHeader = text.AlignRight, text.AlignRight
		}
		if limits != nil {
			configs[i].WidthMax = limits[i]
			configs[i].WidthMaxEnforcer = text.WrapSoft
		}
	}
	return configs
}

// limits gives each column's greatest width where the table would not fit the
// terminal, else nil: the widest columns give way first, down to a minimum that
// leaves a text readable.
func (p *tablePrinter) limits() []int {
	const least = 16
	widths := make([]int, len(p.columns))
	total := 1
	for i, c := range p.columns {
		widths[i] = text.LongestLineLen(c.Name)
		for _, r := range p.rows {
			widths[i] = max(widths[i], text.LongestLineLen(r[i]))
		}
		total += widths[i] + 3
	}
	if p.width == 0 || total <= p.width {
		return nil
	}
	for total > p.width {
		widest := 0
		for i := range widths {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= least {
			break
		}
		widths[widest]--
		total--
	}
	return widths
}

func isNumeric(sqlType string) bool {
	for _, p := range []string{"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL"} {
		if strings.HasPrefix(strings.TrimPrefix(sqlType, "U"), p) && !strings.HasSuffix(sqlType, "]") {
			return true
		}
	}
	return false
}

// printable replaces control characters, which a recorded program's data may
// have, by escapes: they could do anything to a terminal. New lines stay.
func printable(s string) string {
	if strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\r':
			out.WriteString(`\r`)
		case isControl(r) && r > 0xff:
			fmt.Fprintf(&out, `\u%04x`, r)
		case isControl(r):
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// isControl tells characters that would move the cursor, or turn the direction in
// which what follows is shown.
func isControl(r rune) bool {
	return r < ' ' && r != '\n' || r >= 0x7f && r <= 0x9f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
