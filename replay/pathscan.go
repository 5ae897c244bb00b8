package replay

import "hindsight/internal/x86"

// scan decodes the path from pc into t.path, chooses the register that stands
// for r15 and returns where the path goes on if it was cut short, 0 if its last
// instruction ends it.
func (t *translator) scan(pc uint64) (cut uint64) {
	t.path = t.path[:0]
	t.host.renamed, t.host.dirty = -1, false
	s := pathScan{t: t, start: pc, used: 1 << x86.RSP}
	cut = s.run(pc)
	if s.uses15 {
		t.host.renamed = pickRenamed(s.used)
		for i := range t.path {
			t.host.dirty = t.host.dirty || t.path[i].in.Written>>x86.R15&1 != 0
		}
	}
	return cut
}

// pathScan is the state of one scan.
type pathScan struct {
	t        *translator
	start    uint64
	used     uint32 // general registers, without r15
	uses15   bool
	segments int
	bytes    int // upper bound of the record's size
	visited  [maxSegments + 1]uint64
}

// renameable are the registers that can stand for r15: those without special
// encodings as a base, but for the two that the branch lookup uses.
const renameable = 1<<x86.R14 | 1<<x86.R11 | 1<<x86.R10 | 1<<x86.R9 | 1<<x86.R8 | 1<<x86.RBX | 1<<x86.RDI | 1<<x86.RSI | 1<<x86.RAX

func pickRenamed(used uint32) int {
	for _, r := range [...]int{x86.R14, x86.R11, x86.R10, x86.R9, x86.R8, x86.RBX, x86.RDI, x86.RSI, x86.RAX} {
		if used>>r&1 == 0 {
			return r
		}
	}
	panic("replay: no register left to stand for r15")
}

// run decodes segment after segment. The result is scan's.
func (s *pathScan) run(pc uint64) uint64 {
	for {
		s.visited[s.segments] = pc
		s.segments++
		code := s.t.code.fetch(pc)
		free := s.t.insts[len(s.t.path):]
		if len(free) == 0 {
			return pc
		}
		n := s.t.memo.DecodeRun(code, pc, free)
		if n == 0 { // no memory there
			free[0] = x86.Inst{PC: pc, Kind: x86.Bad}
			s.t.path = append(s.t.path, scanned{in: &free[0]})
			return 0
		}
		next, cut, done := s.segment(pc, code, free[:n])
		if done {
			return cut
		}
		pc = next
	}
}

// segment appends decoded instructions to the path. It returns where the next
// segment begins or, when done, where the path was cut.
func (s *pathScan) segment(pc uint64, code []byte, insts []x86.Inst) (next, cut uint64, done bool) {
	t := s.t
	for i := range insts {
		in := &insts[i]
		at := int(in.PC - pc)
		alone := t.alone(in)
		// bytes that end within an instruction are not yet a bad one
		short := in.Kind == x86.Bad && at+15 > len(code)
		if len(t.path) > 0 && (alone || short || !s.fits(in) || in.PC == t.watch.pc) {
			return 0, in.PC, true
		}
		s.take(in)
		t.path = append(t.path, scanned{in: in, code: code[at:]})
		p := &t.path[len(t.path)-1]
		if alone || in.Store == x86.StoreMovs && in.Rep {
			return 0, in.Next(), true
		}
		if in.Kind == x86.Normal {
			continue
		}
		next, p.followed = s.follow(in)
		return next, 0, !p.followed
	}
	last := &insts[len(insts)-1]
	return 0, last.Next(), true
}

// alone tells whether the tracer executes the instruction itself.
func (t *translator) alone(in *x86.Inst) bool {
	if in.Kind != x86.Normal {
		return false
	}
	switch in.Store {
	case x86.StoreSlow:
		return true
	case x86.StoreStos, x86.StoreMovs:
		return t.mode.df
	case x86.StoreMasked:
		return !t.mode.kmovq
	}
	return in.Flags&x86.SetsDF != 0 && !t.mode.df
}

// fits tells whether the record has room for another instruction and a register
// will be left to stand for r15.
func (s *pathScan) fits(in *x86.Inst) bool {
	used, uses15 := s.with(in)
	return s.bytes+s.t.recordBound(in) < maxRecord-8 && (!uses15 || ^used&renameable != 0)
}

func (s *pathScan) take(in *x86.Inst) {
	s.used, s.uses15 = s.with(in)
	s.bytes += s.t.recordBound(in)
}

// recordBound is how much an instruction adds to the record at most: address
// registers, value, mask; or rsp and arguments.
func (t *translator) recordBound(in *x86.Inst) int {
	switch {
	case t.entersFunction(in):
		return 8 * 8
	case in.Kind == x86.Jump || in.Kind == x86.Cond || in.Kind == x86.Loop:
		return 8
	case in.Kind != x86.Normal:
		return 8 * 8
	case in.Store == x86.NoStore:
		return 0
	}
	return 4*8 + max(int(in.Size), 4)
}

func (s *pathScan) with(in *x86.Inst) (used uint32, uses15 bool) {
	used = s.used | (in.Read|in.Written|s.t.loggedRegs(in))&0x7fff
	return used, s.uses15 || in.Uses15() && !moves15(in)
}

// loggedRegs are registers that the instruction does not use but the log wants:
// arguments of calls and the result of a function.
func (t *translator) loggedRegs(in *x86.Inst) uint32 {
	switch {
	case in.Kind == x86.Call || in.Kind == x86.CallIndirect || t.entersFunction(in):
		return 1<<x86.RDI | 1<<x86.RSI | 1<<x86.RDX | 1<<x86.RCX | 1<<x86.R8 | 1<<x86.R9
	case in.Kind == x86.Ret:
		return 1 << x86.RAX
	}
	return 0
}

// entersFunction tells whether a jump may be a tail call, so that its arguments
// are logged: one to a function's entry, or through a pointer at a fixed place, as
// of the linkage table. Those through a register or a table are switches and
// interpreters for the most part, and would cost.
func (t *translator) entersFunction(in *x86.Inst) bool {
	switch in.Kind {
	case x86.Jump, x86.Cond, x86.Loop:
		return t.entry(in.Target)
	}
	return throughFixedPointer(in)
}

func throughFixedPointer(in *x86.Inst) bool {
	return in.Kind == x86.JumpIndirect && in.BranchRegister == x86.NoReg && in.LoadBase == x86.RIP
}

// moves15 tells whether in is push r15 or pop r15, of all its 64 bits, which work
// on its slot.
func moves15(in *x86.Inst) bool {
	return in.EffectImm == 8 && (in.Effect == x86.EffectPush && in.Store == x86.StoreReg && in.Source == x86.R15 ||
		in.Effect == x86.EffectPop && in.EffectDst == x86.R15)
}

// follow decides whether the path continues through a branch, and where.
func (s *pathScan) follow(in *x86.Inst) (uint64, bool) {
	const far = 1 << 30 // what a step's dpc reaches, with room to spare
	if s.segments >= maxSegments || in.Target-s.start+far >= 2*far {
		return 0, false
	}
	switch in.Kind {
	case x86.Jump, x86.Call:
		e := s.t.byPC.find(in.Target)
		known := e != nil && e.translation >= 0
		if known || in.Kind == x86.Jump && in.Target < s.start || s.seen(in.Target) {
			return 0, false
		}
		return in.Target, true
	case x86.Cond, x86.Loop:
		if in.Target <= in.PC || s.seen(in.Next()) {
			return 0, false
		}
		return in.Next(), true
	}
	return 0, false
}

func (s *pathScan) seen(pc uint64) bool {
	for _, v := range s.visited[:s.segments] {
		if v == pc {
			return true
		}
	}
	return false
}
