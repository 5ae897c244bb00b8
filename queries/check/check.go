package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"time"

	"hindsight/queries"
	"hindsight/sqlext"
)

// Check is a question and what must hold of its answer, or the reason why it
// cannot be asked.
type Check struct {
	Name         string // as the user named it: a path, or builtin:NAME
	Query        *queries.Query
	Expectations []Expectation
	// Err is why the check cannot be asked; Query may then be nil.
	Err error
}

// Status is how a check ended.
type Status string

// The ends.
const (
	Passed Status = "passed"
	// Updated is a check that passed because its golden file was written anew.
	Updated Status = "updated"
	Failed  Status = "failed"
	// CouldNotRun is a check that was not asked: a bad file, an SQL error, a base
	// that lacks. Nothing is known of what it expects.
	CouldNotRun Status = "error"
)

// Result is how a check went.
type Result struct {
	Name     string
	Summary  string
	Status   Status
	Duration time.Duration
	Rows     uint64
	Outcomes []Outcome
	Err      error // of CouldNotRun
}

// Outcome is how one expectation went.
type Outcome struct {
	Expect string // as the header has it
	Held   bool
	// Updated tells that it held because the golden file was written.
	Updated bool
	// Detail says in a line what is otherwise than expected, or was updated.
	Detail string
	// Evidence are the rows that do not hold, or the difference: lines of text.
	Evidence string
}

// Options say how checks are run.
type Options struct {
	// Params are values for the checks' parameters; each check takes those that it
	// declares.
	Params map[string]string
	// Update writes golden files anew.
	Update bool
	// Base tells that the pair has a base.
	Base bool
	// Nameless says which side's program has no names of functions, and Lineless
	// which has no source lines, by which the sides are matched: "" for none.
	// Checks that match by them cannot be run; they would find nothing to differ.
	Nameless, Lineless string
}

// New reads a check from the text of its file. A mistake in it is the check's
// Err.
func New(name, path, text string) Check {
	c := Check{Name: name}
	c.Query, c.Err = queries.Parse(path, text)
	if c.Err != nil {
		return c
	}
	for _, k := range c.Query.Keys {
		if k.Name != "expect" {
			continue
		}
		e, err := ParseExpectation(k.Value)
		if err != nil {
			c.Err = &queries.ParseError{Path: path, Line: k.Line, What: err.Error()}
			return c
		}
		c.Expectations = append(c.Expectations, e)
	}
	if len(c.Expectations) == 0 {
		c.Err = fmt.Errorf(`%s says nowhere what must hold: add a line to its header, "-- expect: no rows" for instance`, path)
	}
	return c
}

// Run asks the checks, one after the other, and tells each of every result. Its
// error is ctx's: what goes wrong in a check is its result.
func Run(ctx context.Context, h *sqlext.History, checks []Check, opt Options, each func(Result)) error {
	owners := map[string]string{}
	for _, c := range checks {
		began := time.Now()
		r := c.run(ctx, h, opt, owners)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.Duration = time.Since(began)
		each(r)
	}
	return nil
}

// run asks one check. owners has the golden files of those before it.
func (c *Check) run(ctx context.Context, h *sqlext.History, opt Options, owners map[string]string) Result {
	r := Result{Name: c.Name, Status: CouldNotRun, Err: c.Err}
	if c.Query != nil {
		r.Summary = c.Query.Summary
	}
	if c.Err != nil {
		return r
	}
	if r.Err = c.matchable(opt); r.Err != nil {
		return r
	}
	judges, err := c.judges(opt, owners)
	if err != nil {
		r.Err = err
		return r
	}
	r.Rows, r.Err = c.ask(ctx, h, opt, judges)
	if r.Err != nil {
		return r
	}
	r.Status = Passed
	for i, j := range judges {
		o, err := j.end()
		if err != nil {
			r.Status, r.Err = CouldNotRun, err
			return r
		}
		o.Expect = c.Expectations[i].Text
		r.Outcomes = append(r.Outcomes, o)
		switch {
		case !o.Held:
			r.Status = Failed
		case o.Updated && r.Status == Passed:
			r.Status = Updated
		}
	}
	return r
}

// judges makes the judge of each expectation.
func (c *Check) judges(opt Options, owners map[string]string) ([]judge, error) {
	var out []judge
	for _, e := range c.Expectations {
		g, ok := e.kind.(golden)
		if !ok {
			out = append(out, e.kind.judge())
			continue
		}
		if isBuiltin(c.Name) {
			return nil, errors.New("a check of the program's own has no golden file")
		}
		g.path, g.update = filepath.Join(filepath.Dir(c.Query.Path), g.name), opt.Update
		if owner, taken := owners[g.path]; taken {
			return nil, fmt.Errorf("%s is the golden file of %s already: name another", g.path, owner)
		}
		owners[g.path] = c.Name
		out = append(out, g.judge())
	}
	return out, nil
}

// ask runs the query and shows its rows to the judges.
func (c *Check) ask(ctx context.Context, h *sqlext.History, opt Options, judges []judge) (n uint64, err error) {
	values := map[string]string{}
	for _, p := range c.Query.Params {
		if v, given := opt.Params[p.Name]; given {
			values[p.Name] = v
		}
	}
	args, err := c.Query.Arguments(values)
	if err != nil {
		return 0, err
	}
	rows, err := c.Query.Run(ctx, h, args)
	if err != nil {
		return 0, c.explain(err, opt)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for _, j := range judges {
		if err := j.begin(rows.Columns, c.Query); err != nil {
			return 0, err
		}
	}
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, c.explain(&queries.RunError{Path: c.Query.Path, Line: c.lastLine(), Err: err}, opt)
		}
		n++
		for _, j := range judges {
			if err := j.row(row); err != nil {
				return n, err
			}
		}
	}
}

func (c *Check) lastLine() int { return c.Query.Statements[len(c.Query.Statements)-1].Line }

// comparing finds what only a pair with a base has.
var comparing = regexp.MustCompile(`(?i)\bbase"?\s*\.|\bcompare_\w|\bsame_value\b`)

// byName and byLine find what is matched by functions and call paths, or by lines.
var (
	byName = regexp.MustCompile(`(?i)\bcompare_(functions|calls|call_paths|lines|syscalls|writes)\b|\b(functions_by_name|calls_by_path|syscalls_by_path|lines_by_place|writes_by_place)\b`)
	byLine = regexp.MustCompile(`(?i)\bcompare_(lines|writes)\b|\b(lines_by_place|writes_by_place)\b`)
)

// matchable tells whether the sides of a pair have what the check matches by.
func (c *Check) matchable(opt Options) error {
	if !opt.Base || !comparing.MatchString(c.Query.SQL) {
		return nil
	}
	if opt.Nameless != "" && byName.MatchString(c.Query.SQL) {
		return fmt.Errorf("%s has no symbols, by which this check matches functions and call paths: record a build that is not stripped", opt.Nameless)
	}
	if opt.Lineless != "" && byLine.MatchString(c.Query.SQL) {
		return fmt.Errorf("%s has no debug information, and this check matches source lines: record a build that was compiled with -g", opt.Lineless)
	}
	return nil
}

// explain says of an error for the want of a base what to do.
func (c *Check) explain(err error, opt Options) error {
	if !opt.Base && comparing.MatchString(c.Query.SQL) {
		return fmt.Errorf("the check compares with another recording: name it with --base (%w)", err)
	}
	return err
}
