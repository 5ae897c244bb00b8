package replay

import (
	"cmp"
	"slices"
)

// insn is one executed instruction of a run.
type insn struct {
	pc  uint64
	len uint8
	// ends is set for jumps, conditional or not, calls, returns and system
	// calls: a basic block ends behind them, taken or not.
	ends bool
}

// codeRun is a sequence of instructions that an engine executed one after another,
// as often as it says. The engines cut the program's path differently; what
// canonicalBlocks makes of it is the same.
type codeRun struct {
	insns      []insn
	executions uint64
	// firstT and lastT are the instruction counts of the first instruction, at
	// the first and the last execution.
	firstT, lastT uint64
	// leader: at least one execution was entered by a control transfer (a
	// branch that was taken, a signal, the return from one) or followed an
	// instruction that ends a block. Otherwise the run's start is an artificial
	// cut, reached by going on behind the instruction before.
	leader bool
}

// executed is an instruction with all its executions.
type executed struct {
	insn
	leader      bool
	n           uint64
	first, last uint64
}

// canonicalBlocks makes the basic blocks, ordered by address. A block begins
// at each leader, behind each instruction that ends one, and where the
// instruction before was not executed equally often (it faulted).
func canonicalBlocks(runs []codeRun) []Block {
	list := merge(flatten(runs))
	var blocks []Block
	// inside marks what is part of a block that begins before it.
	inside := make([]bool, len(list))
	next := make([]int, len(list))
	for i := range list {
		e := &list[i]
		next[i] = -1
		if e.ends {
			continue
		}
		j, ok := slices.BinarySearchFunc(list, e.pc+uint64(e.len), func(x executed, pc uint64) int { return cmp.Compare(x.pc, pc) })
		if ok && !list[j].leader && list[j].n == e.n && !inside[j] {
			next[i], inside[j] = j, true
		}
	}
	for i := range list {
		if inside[i] {
			continue
		}
		e := &list[i]
		b := Block{PC: e.pc, Executions: e.n, FirstT: e.first, LastT: e.last}
		for j := i; j >= 0; j = next[j] {
			b.Size += uint32(list[j].len)
			b.Instructions++
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// flatten lists the instructions of all runs.
func flatten(runs []codeRun) []executed {
	n := 0
	for i := range runs {
		n += len(runs[i].insns)
	}
	list := make([]executed, 0, n)
	for i := range runs {
		r := &runs[i]
		if r.executions == 0 {
			continue
		}
		for k, in := range r.insns {
			leader := r.leader
			if k > 0 {
				before := r.insns[k-1]
				leader = before.ends || before.pc+uint64(before.len) != in.pc
			}
			list = append(list, executed{insn: in, leader: leader, n: r.executions, first: r.firstT + uint64(k), last: r.lastT + uint64(k)})
		}
	}
	return list
}

// merge sorts by address and adds up what is the same instruction.
func merge(list []executed) []executed {
	slices.SortFunc(list, func(a, b executed) int {
		return cmp.Or(cmp.Compare(a.pc, b.pc), cmp.Compare(a.len, b.len))
	})
	out := list[:0]
	for _, e := range list {
		if k := len(out) - 1; k >= 0 && out[k].pc == e.pc && out[k].len == e.len {
			o := &out[k]
			o.leader = o.leader || e.leader
			o.n += e.n
			o.first, o.last = min(o.first, e.first), max(o.last, e.last)
			continue
		}
		out = append(out, e)
	}
	return out
}
