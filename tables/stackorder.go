package tables

// stackOrder keeps what the view stack_frames is made of: for every stack its
// callers (_stack_callers) or, where these would be too many, its place in a walk
// through the trie, from which a range join finds them (_stack_order). Stacks are
// added in order of their numbers, from 1; of more than maxOrdered the rest is
// forgotten.
type stackOrder struct {
	parent, height, depth []uint32 // by number; 0 is no stack
	function              []uint32 // the innermost; 0 where it has no symbol
	callPC                []uint64 // while callers is not too large
	callers               int      // rows of _stack_callers
}

const (
	// maxOrdered bounds the memory of a stackOrder to 390 MB, at its end.
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

// add adds a stack of a function that functions functions are between it and its
// parent's innermost; callPC is 0 where a signal is.
func (o *stackOrder) add(parent, function uint32, callPC uint64, functions uint32) {
	if o.parent == nil {
		o.parent, o.height, o.depth, o.function, o.callPC = []uint32{0}, []uint32{0}, []uint32{0}, []uint32{0}, []uint64{0}
	}
	if len(o.parent) > maxOrdered {
		return
	}
	depth := uint32(0)
	if parent != 0 {
		depth = o.depth[parent] + 1
	}
	o.parent, o.depth, o.function = append(o.parent, parent), append(o.depth, depth), append(o.function, function)
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

// walk returns, by number, the position of each stack when the trie is walked,
// parents first, from 1, and that of the last stack below it.
func (o *stackOrder) walk() (first, last []uint32) {
	n := len(o.parent)
	size, next := make([]uint32, n), make([]uint32, n)
	for i := n - 1; i > 0; i-- { // children have higher numbers than parents
		size[i]++
		size[o.parent[i]] += size[i]
	}
	// next[i] is where the next of its children goes.
	first, last = make([]uint32, n), size
	for i := 1; i < n; i++ {
		p := o.parent[i]
		first[i] = next[p] + 1
		next[p] += size[i]
		next[i] = first[i]
		last[i] += first[i] - 1
	}
	return first, last
}

// places returns the columns of _stack_order and the number of rows, of what walk
// returned.
func (o *stackOrder) places(first, last []uint32) ([]column, int) {
	if len(first) == 0 {
		return []column{fixed(first), fixed(last), fixed(last), fixed(last)}, 0
	}
	ids := make([]uint32, len(first))
	for i := range ids {
		ids[i] = uint32(i)
	}
	return []column{fixed(ids[1:]), fixed(first[1:]), fixed(last[1:]), fixed(o.height[1:])}, len(ids) - 1
}

// recursive returns the stacks whose innermost function is among its callers, of
// the positions that walk returned.
func (o *stackOrder) recursive(first []uint32) []uint32 {
	walk := make([]uint32, len(first)) // 0 is no stack
	for id, position := range first {
		walk[position] = uint32(id)
	}
	var found, path []uint32
	live := map[uint32]int{} // how often a function is on path
	for _, id := range walk[min(1, len(walk)):] {
		for len(path) > 0 && path[len(path)-1] != o.parent[id] {
			live[o.function[path[len(path)-1]]]--
			path = path[:len(path)-1]
		}
		if f := o.function[id]; f != 0 && live[f] > 0 {
			found = append(found, id)
		}
		live[o.function[id]]++
		path = append(path, id)
	}
	return found
}
