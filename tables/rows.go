package tables

// buffer holds rows of one table as columns, until they are loaded.
type buffer interface {
	// table is where the rows belong.
	table() string
	// columns returns the rows' columns in the order of the table, and the number
	// of rows. Valid until the buffer changes.
	columns() (columns []column, rows int)
	// addresses returns the column by which the rows are to be sorted before they
	// are loaded, nil where they are to lie as they came.
	addresses() []uint64
	// reset empties the buffer.
	reset()
}

// bufferRows is how many rows of calls and stacks are loaded at a time: a row
// group of DuckDB.
const bufferRows = 122880

// callRow is a row of calls. Ids that are 0, exitT open and the value and
// arguments that are not known become NULL.
type callRow struct {
	call, parent           uint64
	process, thread        uint32
	depth, function, stack uint32
	enterT, exitT          uint64
	instructions           uint64
	callPC, entryPC, cfa   uint64
	returned               uint64
	args                   [6]uint64
	hasReturned, hasNoArgs bool
}

// open is the exitT of a call that did not end.
const open = ^uint64(0)

const (
	flagNoValue = 1 << iota
	flagNoArgs
)

// callRows is a buffer of calls.
type callRows struct {
	call, parent, enterT, exitT, instructions, callPC, entryPC, cfa, returned []uint64
	process, thread, depth, function, stack                                   []uint32
	args                                                                      [6][]uint64
	flags                                                                     []uint8
}

func (c *callRows) table() string { return "calls" }
func (c *callRows) full() bool    { return len(c.call) >= bufferRows }

func (c *callRows) words() []*[]uint64 {
	all := []*[]uint64{&c.call, &c.parent, &c.enterT, &c.exitT, &c.instructions, &c.callPC, &c.entryPC, &c.cfa, &c.returned}
	for i := range c.args {
		all = append(all, &c.args[i])
	}
	return all
}

func (c *callRows) reset() {
	for _, w := range c.words() {
		*w = (*w)[:0]
	}
	for _, w := range []*[]uint32{&c.process, &c.thread, &c.depth, &c.function, &c.stack} {
		*w = (*w)[:0]
	}
	c.flags = c.flags[:0]
}

func (c *callRows) add(r *callRow) {
	c.call, c.parent = append(c.call, r.call), append(c.parent, r.parent)
	c.process, c.thread = append(c.process, r.process), append(c.thread, r.thread)
	c.depth, c.function, c.stack = append(c.depth, r.depth), append(c.function, r.function), append(c.stack, r.stack)
	c.enterT, c.exitT = append(c.enterT, r.enterT), append(c.exitT, r.exitT)
	c.instructions = append(c.instructions, r.instructions)
	c.callPC, c.entryPC, c.cfa = append(c.callPC, r.callPC), append(c.entryPC, r.entryPC), append(c.cfa, r.cfa)
	c.returned = append(c.returned, r.returned)
	for i := range c.args {
		c.args[i] = append(c.args[i], r.args[i])
	}
	flags := uint8(0)
	if !r.hasReturned {
		flags |= flagNoValue
	}
	if r.hasNoArgs {
		flags |= flagNoArgs
	}
	c.flags = append(c.flags, flags)
}

func (c *callRows) addresses() []uint64 { return nil }

func (c *callRows) columns() ([]column, int) {
	columns := []column{
		fixed(c.call), fixed(c.parent).nullAt(0), fixed(c.process), fixed(c.thread), missing(8),
		fixed(c.depth), fixed(c.function).nullAt(0), fixed(c.enterT), fixed(c.exitT).nullAt(open),
		fixed(c.instructions), fixed(c.callPC).nullAt(0), fixed(c.entryPC), fixed(c.cfa), fixed(c.stack).nullAt(0),
		fixed(c.returned).nullIf(c.flags, flagNoValue),
	}
	for i := range c.args {
		columns = append(columns, fixed(c.args[i]).nullIf(c.flags, flagNoArgs))
	}
	return columns, len(c.call)
}

// stackRow is a row of stacks; ids that are 0 become NULL.
type stackRow struct {
	stack, parent, depth, function uint32
	callPC                         uint64
}

// stackRows is a buffer of stacks.
type stackRows struct {
	stack, parent, depth, function []uint32
	callPC                         []uint64
}

func (s *stackRows) table() string { return "stacks" }
func (s *stackRows) full() bool    { return len(s.stack) >= bufferRows }

func (s *stackRows) reset() {
	s.stack, s.parent, s.depth, s.function = s.stack[:0], s.parent[:0], s.depth[:0], s.function[:0]
	s.callPC = s.callPC[:0]
}

func (s *stackRows) add(r stackRow) {
	s.stack, s.parent = append(s.stack, r.stack), append(s.parent, r.parent)
	s.depth, s.function = append(s.depth, r.depth), append(s.function, r.function)
	s.callPC = append(s.callPC, r.callPC)
}

func (s *stackRows) addresses() []uint64 { return nil }

func (s *stackRows) columns() ([]column, int) {
	return []column{
		fixed(s.stack), fixed(s.parent).nullAt(0), fixed(s.depth), fixed(s.function).nullAt(0), fixed(s.callPC).nullAt(0),
	}, len(s.stack)
}
