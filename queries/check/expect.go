package check

import (
	"database/sql/driver"
	"fmt"
	"math/big"
	"path/filepath"
	"regexp"
	"strings"

	"hindsight/queries"
	"hindsight/sqlext"
)

// Expectation is what must hold of a check's rows.
type Expectation struct {
	Text string // as the header has it
	kind kind
}

// kind is a sort of expectation.
type kind interface{ judge() judge }

// judge sees an answer's columns, then each of its rows, valid only in the call,
// and says in the end whether the expectation held. An error means that it
// cannot be told.
type judge interface {
	begin(columns []sqlext.Column, q *queries.Query) error
	row(values []driver.Value) error
	end() (Outcome, error)
}

const expectForms = `"no rows", "rows 3", "rows 3..5", "rows >= 1", "golden NAME", "ratio head/base <= 1.10", "ratio head/base 0.9..1.1"`

var (
	rowsForm   = regexp.MustCompile(`^rows\s+(.+)$`)
	goldenForm = regexp.MustCompile(`^golden\s+(\S+)$`)
	ratioForm  = regexp.MustCompile(`^ratio\s+(\w+)\s*/\s*(\w+)\s+(.+)$`)
	goldenName = regexp.MustCompile(`^[\pL\pN_][\pL\pN_.-]*$`)
)

// ParseExpectation reads the text behind "expect:".
func ParseExpectation(text string) (Expectation, error) {
	text = strings.Join(strings.Fields(text), " ")
	e := Expectation{Text: text}
	if text == "no rows" {
		e.kind = rowCount{bounds: []bound{{"=", new(big.Rat), "0"}}}
		return e, nil
	}
	if m := rowsForm.FindStringSubmatch(text); m != nil {
		bounds, err := parseBounds(m[1])
		if err != nil {
			return e, err
		}
		for _, b := range bounds {
			if !b.limit.IsInt() {
				return e, fmt.Errorf("%s is not a number of rows", b.text)
			}
		}
		e.kind = rowCount{bounds: bounds}
		return e, nil
	}
	if m := goldenForm.FindStringSubmatch(text); m != nil {
		name := m[1]
		if !goldenName.MatchString(name) {
			return e, fmt.Errorf("%q is not a name for a golden file, which is beside the check: it has letters, digits and the characters _ . -", name)
		}
		if filepath.Ext(name) == "" {
			name += ".txt"
		}
		if filepath.Ext(name) == ".sql" {
			return e, fmt.Errorf("%q would be taken for a check: name the golden file .txt", name)
		}
		e.kind = golden{name: name}
		return e, nil
	}
	if m := ratioForm.FindStringSubmatch(text); m != nil {
		bounds, err := parseBounds(m[3])
		e.kind = ratio{upper: m[1], lower: m[2], bounds: bounds}
		return e, err
	}
	return e, fmt.Errorf("%q is nothing that can be expected: write %s", text, expectForms)
}

// bound is a comparison with a number.
type bound struct {
	op    string
	limit *big.Rat
	text  string // the number as written
}

var (
	number     = regexp.MustCompile(`^\d{1,18}(\.\d{1,18})?$`)
	comparison = regexp.MustCompile(`^(<=|>=|<|>|=)\s*(\S+)$`)
)

// parseBounds reads "<= N", ">= N and <= M", "N..M" or "N".
func parseBounds(text string) ([]bound, error) {
	if lo, hi, ok := strings.Cut(text, ".."); ok {
		text = ">= " + lo + " and <= " + hi
	} else if number.MatchString(text) {
		text = "= " + text
	}
	var out []bound
	for _, part := range strings.Split(text, " and ") {
		m := comparison.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil || !number.MatchString(m[2]) {
			return nil, fmt.Errorf("%q is not a comparison: write <= 3, >= 1 and <= 3, 1..3 or 3", strings.TrimSpace(part))
		}
		limit, ok := new(big.Rat).SetString(m[2])
		if !ok {
			return nil, fmt.Errorf("%q is not a number", m[2])
		}
		out = append(out, bound{m[1], limit, m[2]})
	}
	if len(out) == 2 && out[0].op[0] == '>' && out[1].op[0] == '<' && out[0].limit.Cmp(out[1].limit) > 0 {
		return nil, fmt.Errorf("nothing is at least %s and at most %s", out[0].text, out[1].text)
	}
	return out, nil
}

// holds compares a number with limit times a scale.
func (b bound) holds(value, scale *big.Rat) bool {
	switch c := value.Cmp(new(big.Rat).Mul(b.limit, scale)); b.op {
	case "<=":
		return c <= 0
	case ">=":
		return c >= 0
	case "<":
		return c < 0
	case ">":
		return c > 0
	default:
		return c == 0
	}
}

func within(bounds []bound, value, scale *big.Rat) bool {
	for _, b := range bounds {
		if !b.holds(value, scale) {
			return false
		}
	}
	return true
}
