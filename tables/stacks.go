package tables

// stackTrie gives every distinct call stack a number. A stack is the stack of
// its caller, the function, and the place of the call.
//
// Its memory is bounded: a program that recurses in many ways (a naive
// Fibonacci has as many stacks as calls) would fill any. When it knows limit
// stacks it forgets them all; a stack that comes again after that gets a second
// number.
type stackTrie struct {
	slots  []stackSlot // open addressing, a power of two
	used   int
	limit  int
	last   uint32 // the number given last
	forgot uint64 // how often it forgot
}

type stackSlot struct {
	callPC                  uint64
	parent, function, stack uint32 // stack 0: an empty slot
}

// maxStacks bounds the trie to 2^23 slots of 24 bytes.
const maxStacks = 6 << 20

func newStackTrie(limit int) *stackTrie {
	return &stackTrie{slots: make([]stackSlot, 1<<12), limit: limit}
}

// find returns the number of a stack, and whether it is new.
func (s *stackTrie) find(parent, function uint32, callPC uint64) (stack uint32, fresh bool) {
	slot := s.slot(parent, function, callPC)
	if slot.stack != 0 {
		return slot.stack, false
	}
	s.last++
	*slot = stackSlot{callPC: callPC, parent: parent, function: function, stack: s.last}
	s.used++
	s.makeRoom()
	return s.last, true
}

func (s *stackTrie) slot(parent, function uint32, callPC uint64) *stackSlot {
	h := (uint64(parent)<<32|uint64(function))*0x9e3779b97f4a7c15 ^ callPC*0xd6e8feb86659fd93
	h ^= h >> 32
	mask := uint64(len(s.slots) - 1)
	for i := h; ; i++ {
		slot := &s.slots[i&mask]
		if slot.stack == 0 || slot.parent == parent && slot.function == function && slot.callPC == callPC {
			return slot
		}
	}
}

func (s *stackTrie) makeRoom() {
	if s.used >= s.limit {
		clear(s.slots)
		s.used = 0
		s.forgot++
		return
	}
	if s.used*4 < len(s.slots)*3 {
		return
	}
	old := s.slots
	s.slots = make([]stackSlot, 2*len(old))
	for _, o := range old {
		if o.stack != 0 {
			*s.slot(o.parent, o.function, o.callPC) = o
		}
	}
}
