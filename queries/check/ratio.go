package check

import (
	"database/sql/driver"
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"hindsight/queries"
	"hindsight/sqlext"
)

// ratio expects of each row that one column, divided by another, is within
// bounds. It is computed exactly and without a division, as
// upper <= limit * lower: where lower is 0, <= holds only for 0, and >= always.
type ratio struct {
	upper, lower string
	bounds       []bound
}

func (k ratio) judge() judge { return &ratioJudge{ratio: k} }

type ratioJudge struct {
	ratio
	upperAt, lowerAt int
	n, outside       uint64
	sample           sample
}

func (j *ratioJudge) begin(columns []sqlext.Column, _ *queries.Query) error {
	var err error
	if j.upperAt, err = findColumn(columns, j.upper); err != nil {
		return err
	}
	if j.lowerAt, err = findColumn(columns, j.lower); err != nil {
		return err
	}
	j.sample.columns = append([]sqlext.Column{{Name: "ratio", Type: "DOUBLE"}}, columns...)
	return nil
}

func findColumn(columns []sqlext.Column, name string) (int, error) {
	found := -1
	var names []string
	for i, c := range columns {
		names = append(names, c.Name)
		if strings.EqualFold(c.Name, name) {
			if found >= 0 {
				return 0, fmt.Errorf("the query has two columns %s: name one with AS", name)
			}
			found = i
		}
	}
	if found < 0 {
		return 0, fmt.Errorf("the ratio needs a column %s, and the query has %s: name it with AS %s", name, strings.Join(names, ", "), name)
	}
	return found, nil
}

func (j *ratioJudge) row(values []driver.Value) error {
	j.n++
	upper, err := j.number(values[j.upperAt], j.upper)
	if err != nil {
		return err
	}
	lower, err := j.number(values[j.lowerAt], j.lower)
	if err != nil {
		return err
	}
	if within(j.bounds, upper, lower) {
		return nil
	}
	j.outside++
	j.sample.add(append([]driver.Value{quotient(upper, lower)}, values...))
	return nil
}

// number takes a value for the number that it is. Negative ones have no sensible
// ratio, and NULL is unknown, not 0.
func (j *ratioJudge) number(v any, column string) (*big.Rat, error) {
	if v == nil {
		return nil, fmt.Errorf("row %d: %s is NULL, so there is no ratio: leave such rows out, or write coalesce(%s, 0)", j.n, column, column)
	}
	n, ok := rational(v)
	if !ok {
		return nil, fmt.Errorf("row %d: %s is %v, which is not a number", j.n, column, v)
	}
	if n.Sign() < 0 {
		return nil, fmt.Errorf("row %d: %s is %v: a ratio of negative numbers means nothing", j.n, column, v)
	}
	return n, nil
}

func rational(v any) (*big.Rat, bool) {
	switch v := v.(type) {
	case int8, int16, int32, int64, int, uint8, uint16, uint32, uint64:
		return new(big.Rat).SetString(fmt.Sprint(v))
	case *big.Int:
		return new(big.Rat).SetInt(v), true
	case float32:
		r := new(big.Rat).SetFloat64(float64(v))
		return r, r != nil
	case float64:
		r := new(big.Rat).SetFloat64(v)
		return r, r != nil
	case duckdb.Decimal:
		if v.Value == nil {
			return nil, false
		}
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(v.Scale)), nil)
		return new(big.Rat).SetFrac(v.Value, scale), true
	}
	return nil, false
}

// quotient is for display: rounded to four digits.
func quotient(upper, lower *big.Rat) float64 {
	if lower.Sign() == 0 {
		return math.Inf(1)
	}
	f, _ := new(big.Rat).Quo(upper, lower).Float64()
	return math.Round(f*1e4) / 1e4
}

func (j *ratioJudge) end() (Outcome, error) {
	switch {
	case j.n == 0:
		return Outcome{Detail: "no rows: there is nothing to compare"}, nil
	case j.outside == 0:
		return Outcome{Held: true}, nil
	}
	table, err := j.sample.table()
	return Outcome{Detail: fmt.Sprintf("%d of %s", j.outside, plural(j.n, "row")), Evidence: table}, err
}
