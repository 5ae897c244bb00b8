package variables

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// facts are how an index was made.
type facts struct {
	tables   []string // that were filled; nil for all
	from     uint64
	filtered bool // only writes of some functions are there
	leftOut  bool // there are no writes: they would have been too many
}

func (f facts) lacks(table string) bool {
	return len(f.tables) > 0 && !slices.Contains(f.tables, table)
}

func (e *Engine) facts(ctx context.Context) (facts, error) {
	var f facts
	err := e.query(ctx, func(v []driver.Value) error {
		switch value := text(v[1]); text(v[0]) {
		case "tables":
			if value != "" {
				f.tables = strings.Split(value, ",")
			}
		case "from":
			from, err := strconv.ParseUint(value, 10, 64)
			if err != nil {
				return fmt.Errorf("the history's fact \"from\" is %q, not a number", value)
			}
			f.from = from
		case "functions":
			f.filtered = value != ""
		case "writes_left_out":
			f.leftOut = value == "true"
		}
		return nil
	}, `SELECT key, value FROM @_meta`)
	return f, err
}

// check makes sure that the index has what an answer is made of.
func (f facts) check(path string, needCalls bool) error {
	switch {
	case f.lacks("writes"):
		return fmt.Errorf("the writes of %s are not known: this index has no table writes; make one that has: hindsight index --force", path)
	case f.leftOut:
		return fmt.Errorf("the writes of %s are not known: they were left out of this index because there are too many; "+
			"make one of a part of the run (hindsight index --force --from T --to T), or allow more (--max-rows)", path)
	case needCalls && f.lacks("calls"):
		return fmt.Errorf("%s is a local, which is found by the calls of its function: this index has no table calls; make one that has: hindsight index --force", path)
	}
	return nil
}
