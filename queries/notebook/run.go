package notebook

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"hindsight/queries"
	"hindsight/queries/notebook/chart"
	"hindsight/sqlext"
)

// Bounds of what a result keeps, whatever a query gives.
const (
	chartRows   = 100000 // of a chart
	cellRunes   = 400    // of a shown value
	labelRunes  = 20000  // of a chart's text; folded stacks are long
	resultBytes = 8 << 20
)

// Querier is an open history.
type Querier interface {
	Query(ctx context.Context, statement string, args ...sqlext.Argument) (*sqlext.Rows, error)
}

// Cell is a shown value.
type Cell struct {
	Text string
	Null bool
}

// Result is what a block gave.
type Result struct {
	Block   *Block
	Columns []sqlext.Column
	Rows    [][]Cell // those that are shown
	// Total is how many rows the query gave.
	Total int
	// None tells that no statement of the block gives rows.
	None    bool
	Chart   *chart.Drawing
	bars    []float64 // of the shown rows of a bar chart, for text; NaN for none
	Err     error     // why the block failed; the rest is then empty
	Warning string    // what is doubtful about it
}

// Results are those of a whole notebook.
type Results struct {
	Blocks []*Result
	Args   []sqlext.Argument
	// values are the values' texts, in the notebook's order.
	values []Cell
}

// Failed tells whether a block failed.
func (r *Results) Failed() bool {
	return slices.ContainsFunc(r.Blocks, func(b *Result) bool { return b.Err != nil })
}

// Run asks h the notebook's questions in order, on one connection, so that
// temporary tables last. values give the parameters as text; one that is wrong
// is a *queries.UsageError. A block that fails does not stop the others: its
// error is in its result. Only the end of ctx stops Run.
func (n *Notebook) Run(ctx context.Context, h Querier, values map[string]string) (*Results, error) {
	args, err := queries.Bind(n.Params, values)
	if err != nil {
		return nil, err
	}
	r := &Results{Args: args}
	for _, b := range n.Blocks {
		result := b.run(ctx, h, args)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		r.Blocks = append(r.Blocks, result)
	}
	return r, r.setValues(n)
}

// run runs a block's statements. What is shown is the last one's that gives
// rows.
func (b *Block) run(ctx context.Context, h Querier, args []sqlext.Argument) *Result {
	result := &Result{Block: b, None: true}
	for _, s := range sqlext.Split(b.SQL) {
		rows, err := h.Query(ctx, s.Text, args...)
		if err == nil && rows.Kind == sqlext.RowsResult {
			result = &Result{Block: b}
			err = result.read(rows)
			if result.Total > 1 && b.Check && !b.Hide && !ordered(s.Text) {
				result.Warning = "it has no ORDER BY, so its rows may come in another order the next time: add one, or check=off"
			}
		}
		if rows != nil {
			err = errors.Join(err, rows.Close())
		}
		if err != nil {
			return &Result{Block: b, Err: statementError(b, s, err)}
		}
	}
	return result
}

// statementError says where in the notebook a statement failed.
func statementError(b *Block, s sqlext.Statement, err error) error {
	line := b.Line + s.Line - 1
	var e *sqlext.Error
	if errors.As(err, &e) && e.Line > 1 {
		line += e.Line - 1
	}
	return fmt.Errorf("line %d: %s", line, firstLine(err.Error()))
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// read takes a query's rows: the first for the table, more for a chart, and
// counts the others.
func (r *Result) read(rows *sqlext.Rows) error {
	r.Columns = rows.Columns
	var plan *plotter
	if r.Block.Chart != "" {
		var err error
		if plan, err = newPlotter(r.Block.Options, rows.Columns); err != nil {
			return err
		}
	}
	size := 0
	for {
		values, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		r.Total++
		if len(r.Rows) < r.Block.Rows && size < resultBytes {
			row := cells(rows.Columns, values)
			for _, c := range row {
				size += len(c.Text)
			}
			r.Rows = append(r.Rows, row)
			if plan != nil {
				r.bars = append(r.bars, plan.bar(values))
			}
		}
		if plan != nil && r.Total <= chartRows {
			plan.add(values)
		}
	}
	if plan != nil {
		r.Chart = plan.draw(r.Total)
	}
	return nil
}

func cells(columns []sqlext.Column, values []driver.Value) []Cell {
	row := make([]Cell, len(values))
	for i, v := range values {
		row[i] = Cell{Text: cut(columns[i].Text(v), cellRunes), Null: v == nil}
	}
	return row
}

// cut shortens a long text and says how long it was.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d characters)", string(runes[:most]), len(runes))
}

// setValues finds what the values of the prose are.
func (r *Results) setValues(n *Notebook) error {
	texts := map[string]Cell{}
	for _, a := range r.Args {
		texts[a.Name] = argumentCell(a)
	}
	for _, v := range n.values {
		if v.column == "" {
			r.values = append(r.values, texts[v.name])
			continue
		}
		result := r.named(v.name)
		if result.Err != nil {
			r.values = append(r.values, Cell{Null: true})
			continue
		}
		i := slices.IndexFunc(result.Columns, func(c sqlext.Column) bool { return strings.EqualFold(c.Name, v.column) })
		switch {
		case i < 0:
			return n.errorAt(v.start, "{{%s}}: the block %s has no column %s", v.expression(), v.name, v.column)
		case len(result.Rows) == 0:
			r.values = append(r.values, Cell{Null: true})
		default:
			r.values = append(r.values, result.Rows[0][i])
		}
	}
	return nil
}

func (r *Results) named(name string) *Result {
	i := slices.IndexFunc(r.Blocks, func(b *Result) bool { return b.Block.Name == name })
	return r.Blocks[i] // Parse has made sure that it is there
}

func argumentCell(a sqlext.Argument) Cell {
	if a.Value == nil {
		return Cell{Text: "NULL", Null: true}
	}
	return Cell{Text: cut(fmt.Sprint(a.Value), cellRunes)}
}
