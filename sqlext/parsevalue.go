package sqlext

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// scalarTypes are the types that a value can be given for as text, and how it is
// read.
var scalarTypes = map[string]func(string) (any, error){
	"VARCHAR":     func(s string) (any, error) { return s, nil },
	"BOOLEAN":     parseBool,
	"INTEGER":     signed[int32](32),
	"BIGINT":      signed[int64](64),
	"UINTEGER":    unsigned[uint32](32),
	"UBIGINT":     unsigned[uint64](64),
	"DOUBLE":      parseDouble,
	"TIMESTAMP":   parseTimestamp(duckdb.TYPE_TIMESTAMP),
	"TIMESTAMPTZ": parseTimestamp(duckdb.TYPE_TIMESTAMP_TZ),
}

// ValueTypes lists the types that ParseValue knows. Each but the times may be
// followed by [] for a list.
func ValueTypes() []string {
	return slices.Sorted(maps.Keys(scalarTypes))
}

// IsValueType tells whether ParseValue knows a type.
func IsValueType(typ string) bool {
	element, list := strings.CutSuffix(typ, "[]")
	return scalarTypes[element] != nil && !(list && strings.HasPrefix(element, "TIMESTAMP"))
}

// ParseValue reads the value of an SQL type from its text, for an Argument. An
// integer may be written in hexadecimal (0x7ffe1000). The elements of a list are
// separated by commas, with brackets around them or without; quotes, '…' or "…",
// keep a comma or blanks inside one. A time without a zone is in UTC.
func ParseValue(typ, text string) (any, error) {
	if !IsValueType(typ) {
		return nil, fmt.Errorf("%q is not a type that a value can be given for: use %s, or a list, VARCHAR[]",
			typ, strings.Join(ValueTypes(), ", "))
	}
	if element, ok := strings.CutSuffix(typ, "[]"); ok {
		return parseList(element, text)
	}
	v, err := scalarTypes[typ](text)
	if err != nil {
		return nil, fmt.Errorf("%q is not %s: %w", text, withArticle(typ), err)
	}
	return v, nil
}

func withArticle(typ string) string {
	if strings.ContainsRune("AEIO", rune(typ[0])) {
		return "an " + typ
	}
	return "a " + typ
}

func parseBool(s string) (any, error) {
	switch strings.ToLower(s) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return nil, errors.New("use true or false")
}

// hexBase is the base of an integer's text, and the text without its prefix.
func hexBase(s string) (string, int) {
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		return s[2:], 16
	}
	return s, 10
}

func signed[T int32 | int64](bits int) func(string) (any, error) {
	return func(s string) (any, error) {
		digits, negative := strings.CutPrefix(s, "-")
		digits, base := hexBase(digits)
		if negative {
			digits = "-" + digits
		}
		v, err := strconv.ParseInt(digits, base, bits)
		return T(v), numberError(err)
	}
}

func unsigned[T uint32 | uint64](bits int) func(string) (any, error) {
	return func(s string) (any, error) {
		digits, base := hexBase(s)
		v, err := strconv.ParseUint(digits, base, bits)
		if err != nil && strings.HasPrefix(s, "-") {
			return nil, errors.New("it is negative")
		}
		return T(v), numberError(err)
	}
}

func numberError(err error) error {
	switch {
	case errors.Is(err, strconv.ErrRange):
		return errors.New("it is out of range")
	case err != nil:
		return errors.New("it is not such a number")
	}
	return nil
}

func parseDouble(s string) (any, error) {
	v, err := strconv.ParseFloat(s, 64)
	return v, numberError(err)
}

var timeLayouts = []string{
	"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00", time.RFC3339,
}

func parseTimestamp(kind duckdb.Type) func(string) (any, error) {
	return func(s string) (any, error) {
		for _, layout := range timeLayouts {
			// A fraction of a second is accepted after the seconds.
			if t, err := time.Parse(layout, s); err == nil {
				return duckdb.Typed(t.UTC(), kind), nil
			}
		}
		return nil, errors.New("write 2026-01-31T12:30:00, or a day alone")
	}
}

func parseList(element, text string) (any, error) {
	parts, err := splitList(text)
	if err != nil {
		return nil, fmt.Errorf("%q is not %s[]: %w", text, withArticle(element), err)
	}
	values := make([]any, len(parts))
	for i, p := range parts {
		if values[i], err = ParseValue(element, p); err != nil {
			return nil, err
		}
	}
	return typedList(element, values), nil
}

// typedList makes a slice of the elements' own type, as the driver wants it.
func typedList(element string, values []any) any {
	switch element {
	case "VARCHAR":
		return elements[string](values)
	case "BOOLEAN":
		return elements[bool](values)
	case "INTEGER":
		return elements[int32](values)
	case "BIGINT":
		return elements[int64](values)
	case "UINTEGER":
		return elements[uint32](values)
	case "UBIGINT":
		return elements[uint64](values)
	case "DOUBLE":
		return elements[float64](values)
	}
	return values
}

func elements[T any](values []any) []T {
	out := make([]T, len(values))
	for i, v := range values {
		out[i] = v.(T) // ParseValue of the same type made it
	}
	return out
}

// splitList cuts the text of a list at its commas.
func splitList(text string) ([]string, error) {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "["); ok {
		if text, ok = strings.CutSuffix(inner, "]"); !ok {
			return nil, errors.New("the bracket is not closed")
		}
		text = strings.TrimSpace(text)
	}
	if text == "" {
		return nil, nil
	}
	var parts []string
	for {
		part, rest, err := listElement(text)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		if rest == "" {
			return parts, nil
		}
		text = strings.TrimSpace(rest[1:])
	}
}

// listElement gives the first element, and what follows it: nothing, or a comma
// and more.
func listElement(text string) (element, rest string, err error) {
	if text == "" {
		return "", "", errors.New("an element is empty: quote it, ''")
	}
	if q := text[0]; q == '\'' || q == '"' {
		end := strings.IndexByte(text[1:], q)
		if end < 0 {
			return "", "", errors.New("a quote is not closed")
		}
		element, rest = text[1:end+1], strings.TrimSpace(text[end+2:])
		if rest != "" && rest[0] != ',' {
			return "", "", errors.New("a comma lacks behind a quote")
		}
		return element, rest, nil
	}
	end := strings.IndexByte(text, ',')
	if end < 0 {
		end = len(text)
	}
	if element = strings.TrimSpace(text[:end]); element == "" {
		return "", "", errors.New("an element is empty: quote it, ''")
	}
	return element, text[end:], nil
}
