package tables

// frame is an open call on the shadow stack. Its depth is its position there.
type frame struct {
	call, parent uint64 // call ids; parent 0 for none
	cfa          uint64 // stack pointer before the call: the return address is at cfa-8
	next         uint64 // where it returns to
	enterT       uint64
	callPC       uint64 // 0 for none
	site         uint64 // where its caller is: the call instruction that the return address is behind (callPC, unless a tail call took that call's place), or the one that a signal interrupted; 0 for none
	entryPC      uint64
	args         [6]uint64
	function     uint32 // 0 for code without a symbol
	stack        uint32 // 0 until somebody asks
	others       uint64 // shadow.others when it began
	noArgs       bool
	stub         bool // of the procedure linkage table
	handler      bool // of a signal
}

// code tells what lies at an address of the program's code. It must always
// answer the same.
type code interface {
	at(pc uint64) place
	// levels is how many functions are at an address: 1 and those inlined there.
	levels(pc uint64) uint32
}

// place is what lies at an address of code.
type place struct {
	function uint32 // 0 where the code has no symbol
	entry    bool   // the address is the function's first
	stub     bool   // the function is a stub of the procedure linkage table
}

// shadow is the shadow stack of one thread: the calls that are open, told from
// the controls that replay reports. Frames are recognized by their canonical
// frame address. It never pops the outermost frame, which is the program's
// entry: every instruction is in some call.
//
// ended is told each call that ends, with its depth; value is nil where it did
// not return to its caller.
type shadow struct {
	code   code
	frames []frame
	// alternate are the handlers that run on an alternate signal stack,
	// innermost last: frames above one lie within its bounds.
	alternate []alternateStack
	lastCall  *uint64 // the call id given last, shared by all threads
	others    uint64  // instructions of other threads that retired before it ran on
	ended     func(f *frame, depth int, t uint64, value *uint64)
	value     uint64 // what the last return brought: for ended, without an allocation
}

type alternateStack struct {
	index  int // position of the handler's frame
	lo, hi uint64
}

func (s *shadow) top() *frame { return &s.frames[len(s.frames)-1] }

// push opens a call whose ids and function are to be filled in.
func (s *shadow) push(f frame) *frame {
	*s.lastCall++
	f.call, f.others = *s.lastCall, s.others
	if n := len(s.frames); n > 0 {
		f.parent = s.frames[n-1].call
	}
	s.setFunction(&f, f.entryPC)
	s.frames = append(s.frames, f)
	return s.top()
}

func (s *shadow) setFunction(f *frame, pc uint64) {
	p := s.code.at(pc)
	f.entryPC, f.function, f.stub, f.stack = pc, p.function, p.stub, 0
}

// pop ends the innermost call.
func (s *shadow) pop(t uint64, value *uint64) {
	last := len(s.frames) - 1
	s.ended(&s.frames[last], last, t, value)
	s.frames = s.frames[:last]
	if n := len(s.alternate); n > 0 && s.alternate[n-1].index == last {
		s.alternate = s.alternate[:n-1]
	}
}

// unwind pops the frames that lie below the stack pointer sp: their return
// addresses are gone.
func (s *shadow) unwind(sp, t uint64) {
	keep := 1
	for n := len(s.alternate); n > 0; n = len(s.alternate) {
		a := s.alternate[n-1]
		if a.lo <= sp && sp <= a.hi {
			keep = a.index + 1
			break
		}
		// A jump out of the handler, to another stack.
		for len(s.frames) > a.index {
			s.pop(t, nil)
		}
	}
	for len(s.frames) > keep && s.top().cfa-8 < sp {
		s.pop(t, nil)
	}
}

// returns handles a ret at stack pointer sp to target, with value in rax. One
// that is not the return of an open call is a jump.
func (s *shadow) returns(sp, target, value, t, pc uint64) {
	if s.top().cfa-8 != sp || len(s.alternate) > 0 {
		s.unwind(sp, t)
	}
	top := s.top()
	if top.cfa-8 != sp || top.handler || len(s.frames) == 1 {
		return
	}
	if top.next == target {
		s.value = value
		s.pop(t, &s.value)
		return
	}
	s.pop(t, nil)
	s.jump(sp+8, target, t, pc, nil)
}

// jump handles a jump with stack pointer sp to target. Where the return address
// is on top of the stack and the target is another function, it is a tail call;
// args are its arguments, nil where they are not known.
func (s *shadow) jump(sp, target, t, pc uint64, args *[6]uint64) {
	top := s.top()
	if sp < top.cfa-8 && len(s.alternate) == 0 {
		return
	}
	if sp != top.cfa-8 || len(s.alternate) > 0 {
		s.unwind(sp, t)
		if top = s.top(); sp != top.cfa-8 {
			return
		}
	}
	p := s.code.at(target)
	if !p.entry || p.function == top.function {
		return
	}
	if top.stub || top.function == 0 {
		// The procedure linkage table, by way of the dynamic linker or not.
		s.setFunction(top, target)
		return
	}
	next := frame{
		cfa: top.cfa, next: top.next, handler: top.handler,
		enterT: t, callPC: pc, site: top.site, entryPC: target, noArgs: args == nil,
	}
	if args != nil {
		next.args = *args
	}
	alternate := len(s.alternate)
	s.pop(t, nil)
	s.push(next)
	s.alternate = s.alternate[:alternate]
}

// handler handles a signal that is delivered at t: f is the handler's frame, lo
// and hi bound the alternate stack that it runs on, both 0 for none.
func (s *shadow) signal(f frame, lo, hi uint64) {
	f.handler = true
	if hi != 0 {
		s.alternate = append(s.alternate, alternateStack{index: len(s.frames), lo: lo, hi: hi})
	}
	s.push(f)
}

// sigreturn ends the innermost handler and what it called.
func (s *shadow) sigreturn(t uint64) {
	at := len(s.frames) - 1
	for at > 0 && !s.frames[at].handler {
		at--
	}
	for at > 0 && len(s.frames) > at {
		s.pop(t, nil)
	}
}
