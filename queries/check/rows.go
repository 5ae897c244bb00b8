package check

import (
	"database/sql/driver"
	"fmt"
	"math/big"
	"strings"

	"hindsight/queries"
	"hindsight/sqlext"
)

// shownRows is how many rows are shown as evidence.
const shownRows = 20

// sample keeps the first rows that it is given.
type sample struct {
	columns []sqlext.Column
	rows    [][]any
	left    uint64 // rows that were not kept
}

func (s *sample) add(values []driver.Value) {
	if len(s.rows) == shownRows {
		s.left++
		return
	}
	row := make([]any, len(values))
	for i, v := range values {
		row[i] = v
	}
	s.rows = append(s.rows, row)
}

// table draws the rows.
func (s *sample) table() (string, error) {
	if len(s.rows) == 0 {
		return "", nil
	}
	var out strings.Builder
	if _, err := sqlext.WriteValues(&out, s.columns, s.rows, sqlext.WriteOptions{Format: sqlext.Table}); err != nil {
		return "", err
	}
	if s.left > 0 {
		fmt.Fprintf(&out, "(the first %d rows; there are %d more)\n", len(s.rows), s.left)
	}
	return out.String(), nil
}

// rowCount expects a number of rows.
type rowCount struct{ bounds []bound }

func (k rowCount) judge() judge { return &rowJudge{bounds: k.bounds} }

type rowJudge struct {
	bounds []bound
	n      uint64
	sample sample
}

func (j *rowJudge) begin(columns []sqlext.Column, _ *queries.Query) error {
	j.sample.columns = columns
	return nil
}

func (j *rowJudge) row(values []driver.Value) error {
	j.n++
	j.sample.add(values)
	return nil
}

func (j *rowJudge) end() (Outcome, error) {
	n := new(big.Rat).SetInt(new(big.Int).SetUint64(j.n))
	if within(j.bounds, n, big.NewRat(1, 1)) {
		return Outcome{Held: true}, nil
	}
	table, err := j.sample.table()
	return Outcome{Detail: plural(j.n, "row"), Evidence: table}, err
}

func plural(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
