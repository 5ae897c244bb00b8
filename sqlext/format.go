package sqlext

import (
	"bufio"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Format is how results are printed.
type Format string

// The formats. In all of them timestamps are of RFC 3339 and a blob's bytes are
// printable ASCII or \x and two digits. NULL is NULL in table and markdown,
// empty in csv (an empty text is "" there) and null in json and jsonl.
const (
	// Table is for people: drawn with lines, addresses in hexadecimal, control
	// characters shown as escapes.
	Table Format = "table"
	// CSV is RFC 4180 with a header line and \n. In a single column NULL is ""
	// as well, since readers skip empty lines.
	CSV Format = "csv"
	// JSON is an array of objects. Integers are exact numbers of any size, also
	// those above 2^53, which JavaScript (not jq 1.7, Python or Go) would
	// round; h(addr) or a cast to VARCHAR makes a text of one. NaN and infinities
	// are texts.
	JSON Format = "json"
	// JSONL is the objects of JSON, one a line.
	JSONL Format = "jsonl"
	// Markdown is a table for documents.
	Markdown Format = "markdown"
)

// Formats lists them.
func Formats() []string {
	return []string{string(Table), string(CSV), string(JSON), string(JSONL), string(Markdown)}
}

// ParseFormat finds a format by its name.
func ParseFormat(name string) (Format, error) {
	for _, f := range Formats() {
		if f == name {
			return Format(f), nil
		}
	}
	return "", fmt.Errorf("%q is not a format: use %s", name, strings.Join(Formats(), ", "))
}

// WriteOptions say how to print a result.
type WriteOptions struct {
	Format Format
	// MaxRows ends a table or markdown after so many rows, with a note; 0 for
	// no end. These two formats hold their rows in memory.
	MaxRows int
	// Width is the terminal's, into which wide columns of a table are wrapped;
	// 0 for no limit.
	Width int
}

// printer is one format. begin comes once, then each row, then end; the row's
// values are valid only during the call.
type printer interface {
	begin(columns []Column) error
	row(values []driver.Value) error
	// end is told whether rows were left out.
	end(more bool) error
}

// Write prints a result set and gives the number of its rows that it printed.
func Write(w io.Writer, rows *Rows, opt WriteOptions) (int, error) {
	buffered := bufio.NewWriterSize(w, 64<<10)
	p := newPrinter(buffered, opt)
	n, err := writeRows(p, rows, opt)
	// What could not be written is told again by Flush.
	if e := buffered.Flush(); !errors.Is(err, e) {
		err = errors.Join(err, e)
	}
	return n, err
}

func newPrinter(w *bufio.Writer, opt WriteOptions) printer {
	switch opt.Format {
	case CSV:
		return &csvPrinter{w: w}
	case JSON:
		return &jsonPrinter{w: w, array: true}
	case JSONL:
		return &jsonPrinter{w: w}
	case Markdown:
		return &tablePrinter{w: w, markdown: true}
	}
	return &tablePrinter{w: w, width: opt.Width}
}

func writeRows(p printer, rows *Rows, opt WriteOptions) (int, error) {
	if err := p.begin(rows.Columns); err != nil {
		return 0, err
	}
	limit := 0
	if opt.Format == Table || opt.Format == Markdown || opt.Format == "" {
		limit = opt.MaxRows
	}
	for n := 0; ; n++ {
		values, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return n, p.end(false)
		}
		if err != nil {
			return n, err
		}
		if limit > 0 && n == limit {
			return n, p.end(true)
		}
		if err := p.row(values); err != nil {
			return n, err
		}
	}
}

// csvPrinter writes CSV. encoding/csv cannot tell NULL from an empty text.
type csvPrinter struct {
	w       *bufio.Writer
	columns []Column
}

func (p *csvPrinter) begin(columns []Column) error {
	p.columns = columns
	for i, c := range columns {
		p.cell(i, c.Name)
	}
	return p.w.WriteByte('\n')
}

func (p *csvPrinter) row(values []driver.Value) error {
	for i, v := range values {
		if v == nil && len(values) > 1 {
			if i > 0 {
				p.w.WriteByte(',')
			}
			continue
		}
		if v == nil {
			v = "" // readers skip empty lines
		}
		p.cell(i, valueText(v, p.columns[i].info))
	}
	return p.w.WriteByte('\n')
}

func (p *csvPrinter) cell(i int, s string) {
	if i > 0 {
		p.w.WriteByte(',')
	}
	if s == "" || strings.ContainsAny(s, ",\"\r\n") || s[0] == ' ' || s[len(s)-1] == ' ' {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	p.w.WriteString(s)
}

func (p *csvPrinter) end(bool) error { return nil }

// WriteValues prints rows that are no query's result.
func WriteValues(w io.Writer, columns []Column, rows [][]any, opt WriteOptions) (int, error) {
	buffered := bufio.NewWriterSize(w, 64<<10)
	p := newPrinter(buffered, opt)
	err := p.begin(columns)
	for i := 0; i < len(rows) && err == nil; i++ {
		values := make([]driver.Value, len(columns))
		for j, v := range rows[i] {
			values[j] = v
		}
		err = p.row(values)
	}
	if err == nil {
		err = p.end(false)
	}
	return len(rows), errors.Join(err, buffered.Flush())
}
