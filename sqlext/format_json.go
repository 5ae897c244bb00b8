package sqlext

import (
	"bufio"
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/duckdb/duckdb-go/v2"
)

// jsonPrinter writes an object a row, in the columns' order.
type jsonPrinter struct {
	w       *bufio.Writer
	array   bool
	columns []Column
	names   [][]byte // encoded, each with its colon
	rows    int
	buf     bytes.Buffer
}

func (p *jsonPrinter) begin(columns []Column) error {
	p.columns = columns
	seen := map[string]int{}
	for _, c := range columns {
		name := c.Name
		// An object cannot have two members of one name.
		for n := 2; seen[name] > 0; n++ {
			name = fmt.Sprintf("%s_%d", c.Name, n)
		}
		seen[name]++
		p.buf.Reset()
		writeJSONText(&p.buf, name)
		p.buf.WriteByte(':')
		p.names = append(p.names, bytes.Clone(p.buf.Bytes()))
	}
	if p.array {
		p.w.WriteByte('[')
	}
	return nil
}

func (p *jsonPrinter) row(values []driver.Value) error {
	if p.array && p.rows > 0 {
		p.w.WriteString(",\n")
	}
	p.rows++
	p.buf.Reset()
	p.buf.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			p.buf.WriteByte(',')
		}
		p.buf.Write(p.names[i])
		writeJSON(&p.buf, v, p.columns[i].info)
	}
	p.buf.WriteByte('}')
	if !p.array {
		p.buf.WriteByte('\n')
	}
	_, err := p.w.Write(p.buf.Bytes())
	return err
}

func (p *jsonPrinter) end(bool) error {
	if !p.array {
		return nil
	}
	_, err := p.w.WriteString("]\n")
	return err
}

func writeJSON(b *bytes.Buffer, v any, info duckdb.TypeInfo) {
	if v != nil && isJSON(info) {
		b.WriteString(jsonText(v))
		return
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
		return
	case bool:
		fmt.Fprint(b, v)
		return
	case []any:
		writeJSONList(b, v, elementInfo(info))
		return
	case map[string]any:
		writeJSONStruct(b, v, info)
		return
	case duckdb.OrderedMap:
		writeJSONMap(b, v, info)
		return
	case duckdb.Union:
		writeJSON(b, v.Value, memberInfo(info, v.Tag))
		return
	}
	if isNumber(v) {
		b.WriteString(valueText(v, info))
		return
	}
	writeJSONText(b, valueText(v, info))
}

func writeJSONList(b *bytes.Buffer, v []any, element duckdb.TypeInfo) {
	b.WriteByte('[')
	for i, e := range v {
		if i > 0 {
			b.WriteByte(',')
		}
		writeJSON(b, e, element)
	}
	b.WriteByte(']')
}

func writeJSONStruct(b *bytes.Buffer, v map[string]any, info duckdb.TypeInfo) {
	b.WriteByte('{')
	for i, f := range structFields(v, info) {
		if i > 0 {
			b.WriteByte(',')
		}
		writeJSONText(b, f.name)
		b.WriteByte(':')
		writeJSON(b, v[f.name], f.info)
	}
	b.WriteByte('}')
}

// writeJSONMap makes an object of a map: its keys become texts.
func writeJSONMap(b *bytes.Buffer, v duckdb.OrderedMap, info duckdb.TypeInfo) {
	key, value := mapInfos(info)
	values := v.Values()
	b.WriteByte('{')
	for i, k := range v.Keys() {
		if i > 0 {
			b.WriteByte(',')
		}
		writeJSONText(b, valueText(k, key))
		b.WriteByte(':')
		writeJSON(b, values[i], value)
	}
	b.WriteByte('}')
}

func writeJSONText(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	// A text always has an encoding.
	_ = e.Encode(s)
	b.Truncate(b.Len() - 1) // the encoder's newline
}
