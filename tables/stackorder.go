package tables

// stackOrder keeps what the view stack_frames is made of: for every stack its
// callers (_stack_callers) or, where these would be too many, its place in a walk
// through the trie, from which a range join finds them (_stack_order). Stacks are
// added in order of their numbers, from 1; of more than maxOrdered the rest is
// forgotten.
type stackOrder struct {
	parent, height, depth []uint32 // by number; 0 is no stack
	callPC                []uint64 // while callers is not too large
	callers               int      // rows of _stack_callers
}

const (
	// maxOrdered bounds the memory of a stackOrder to 320 MB, at its end.
	maxOrdered = 16 << 20
	// maxCallers is how many rows _stack_callers has at most: some 60 MB.
	maxCallers = 16 << 20
	// Recursion to a depth of thousands makes callers as the square of it, which
	// takes longer to load than many writes do. Where there are more than
	// fewCallers, and more than callersEach for a stack, the walk is better: what is
	// asked of few stacks takes some 10 ms in place of 4.
	fewCallers  = 1 << 20
	callersEach = 64
)

// add adds a stack that functions functions are between it and its parent's
// innermost; callPC is 0 where a signal is.
func (o *stackOrder) add(parent uint32, callPC uint64, functions uint32) {
	if o.parent == nil {
		o.parent, o.height, o.depth, o.callPC = []uint32{0}, []uint32{0}, []uint32{0}, []uint64{0}
	}
	if len(o.parent) > maxOrdered {
		return
	}
	depth := uint32(0)
	if parent != 0 {
		depth = o.depth[parent] + 1
	}
	o.parent, o.depth = append(o.parent, parent), append(o.depth, depth)
	o.height = append(o.height, o.height[parent]+functions)
	if o.callers += int(depth); o.callers > maxCallers {
		o.callPC = nil
		return
	}
	o.callPC = append(o.callPC, callPC)
}

// expanded tells that _stack_callers is to be filled, not _stack_order.
func (o *stackOrder) expanded() bool {
	return o.callers <= max(fewCallers, min(maxCallers, callersEach*len(o.parent)))
}

// eachCallers calls add with the columns of _stack_callers, some rows at a time.
func (o *stackOrder) eachCallers(add func(columns []column, rows int) error) error {
	var stack, level, interrupted []uint32
	var pc []uint64
	flush := func() error {
		columns := []column{fixed(stack), fixed(level), fixed(pc).nullAt(0), fixed(interrupted).nullAt(0)}
		err := add(columns, len(stack))
		stack, level, interrupted, pc = stack[:0], level[:0], interrupted[:0], pc[:0]
		return err
	}
	for id := 1; id < len(o.parent); id++ {
		for c := uint32(id); o.parent[c] != 0; c = o.parent[c] {
			stack, level = append(stack, uint32(id)), append(level, 1+o.height[id]-o.height[c])
			pc = append(pc, o.callPC[c])
			below := uint32(0)
			if o.callPC[c] == 0 {
				below = o.parent[c]
			}
			interrupted = append(interrupted, below)
		}
		if len(stack) >= bufferRows {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// places returns the columns of _stack_order and the number of rows.
func (o *stackOrder) places() ([]column, int) {
	n := len(o.parent)
	ids, size, first := make([]uint32, n), make([]uint32, n), make([]uint32, n)
	for i := n - 1; i > 0; i-- { // children have higher numbers than parents
		size[i]++
		size[o.parent[i]] += size[i]
	}
	// first[i] is, while its children are placed, where the next one goes.
	last := size
	for i := 1; i < n; i++ {
		p := o.parent[i]
		place := first[p]
		first[p] += size[i]
		first[i] = place + 1
		ids[i] = place
		last[i] += place - 1
	}
	for i := 1; i < n; i++ {
		first[i] = ids[i]
		ids[i] = uint32(i)
	}
	return []column{fixed(ids[1:]), fixed(first[1:]), fixed(last[1:]), fixed(o.height[1:])}, n - 1
}
