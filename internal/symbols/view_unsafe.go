package symbols

import (
	"bytes"
	"unsafe"
)

// viewAt returns the zero-terminated text at an offset without copying it. Sections
// never change once they are read; the text keeps its section in memory.
func viewAt(table []byte, off uint64) string {
	if off >= uint64(len(table)) {
		return ""
	}
	b := table[off:]
	if len(b) > maxSymbolName {
		b = b[:maxSymbolName]
	}
	n := bytes.IndexByte(b, 0)
	if n <= 0 {
		return ""
	}
	return unsafe.String(&b[0], n)
}
