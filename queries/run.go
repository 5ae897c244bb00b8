package queries

import (
	"context"
	"errors"
	"fmt"

	"hindsight/sqlext"
)

// Run asks a history. The rows must be closed before the next query. What the
// query made for itself (tmp_…) stays until the history is closed, or the query
// is run again.
//
// A statement's failure is a *RunError; where ctx ends the error is ctx's.
func (q *Query) Run(ctx context.Context, h *sqlext.History, args []sqlext.Argument) (*sqlext.Rows, error) {
	for i, s := range q.Statements {
		rows, err := h.Query(ctx, s.Text, args...)
		switch {
		case err != nil:
			return nil, q.failure(s, err)
		case i < len(q.Statements)-1:
			err = rows.Close()
		case rows.Kind == sqlext.RowsResult:
			return rows, nil
		default:
			err = errors.Join(errors.New("the last statement gives no rows"), rows.Close())
		}
		if err != nil {
			return nil, q.failure(s, err)
		}
	}
	return nil, fmt.Errorf("%s: there is no statement", q.Path)
}

// RunError is the failure of a query's statement.
type RunError struct {
	Path string
	Line int // in the file
	Err  error
}

func (e *RunError) Error() string { return fmt.Sprintf("%s: line %d: %v", e.Path, e.Line, e.Err) }
func (e *RunError) Unwrap() error { return e.Err }

func (q *Query) failure(s sqlext.Statement, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	line := s.Line
	var e *sqlext.Error
	if errors.As(err, &e) && e.Line > 1 {
		line += e.Line - 1
	}
	return &RunError{Path: q.Path, Line: line, Err: err}
}
