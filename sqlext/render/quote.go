package render

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// escapes are the characters that have short escapes in C.
var escapes = map[rune]string{
	'\a': `\a`, '\b': `\b`, '\t': `\t`, '\n': `\n`, '\v': `\v`, '\f': `\f`, '\r': `\r`, '\\': `\\`,
}

// quoteUnits quotes characters of size bytes each as C does. Bytes that are no
// UTF-8 and what cannot be printed are \xNN, or \uNNNN where characters are wide.
func quoteUnits(b []byte, size int, quote rune) string {
	var out strings.Builder
	out.WriteRune(quote)
	if size == 1 {
		quoteBytes(&out, b, quote)
	} else {
		quoteWide(&out, b, size, quote)
	}
	out.WriteRune(quote)
	return out.String()
}

func quoteBytes(out *strings.Builder, b []byte, quote rune) {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if isShown(r, quote) && (r != utf8.RuneError || n > 1) {
			writeQuoted(out, r, quote)
		} else {
			for _, c := range b[:n] {
				fmt.Fprintf(out, `\x%02x`, c)
			}
		}
		b = b[n:]
	}
}

func quoteWide(out *strings.Builder, b []byte, size int, quote rune) {
	for ; len(b) >= size; b = b[size:] {
		r := rune(unit(b[:size]))
		if size == 2 && utf16.IsSurrogate(r) && len(b) >= 4 {
			if pair := utf16.DecodeRune(r, rune(unit(b[2:4]))); pair != utf8.RuneError {
				r, b = pair, b[2:]
			}
		}
		switch {
		case utf8.ValidRune(r) && isShown(r, quote):
			writeQuoted(out, r, quote)
		case uint32(r) > 0xffff:
			fmt.Fprintf(out, `\U%08x`, uint32(r))
		default:
			fmt.Fprintf(out, `\u%04x`, uint32(r))
		}
	}
}

// isShown tells whether a character is shown as itself or with a short escape.
func isShown(r, quote rune) bool {
	_, short := escapes[r]
	return short || r == quote || strconv.IsPrint(r)
}

func writeQuoted(out *strings.Builder, r, quote rune) {
	if s, ok := escapes[r]; ok {
		out.WriteString(s)
		return
	}
	if r == quote {
		out.WriteByte('\\')
	}
	out.WriteRune(r)
}

// rustChar quotes a character as {:?} does. What is no character is a number.
func rustChar(code uint32) string {
	if code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
		return fmt.Sprintf("%#x", code)
	}
	return "'" + rustEscape(rune(code), '\'') + "'"
}

// rustString quotes a string as {:?} does; bytes that are no UTF-8 are \xNN.
func rustString(b []byte) string {
	var out strings.Builder
	out.WriteByte('"')
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&out, `\x%02x`, b[0])
		} else {
			out.WriteString(rustEscape(r, '"'))
		}
		b = b[n:]
	}
	out.WriteByte('"')
	return out.String()
}

func rustEscape(r, quote rune) string {
	switch {
	case r == 0:
		return `\0`
	case r == '\t':
		return `\t`
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\\' || r == quote:
		return `\` + string(r)
	case !strconv.IsPrint(r):
		return fmt.Sprintf(`\u{%x}`, r)
	}
	return string(r)
}
