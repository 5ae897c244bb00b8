package replay

import (
	"math/rand"
	"slices"
	"testing"
)

// However an engine cuts the program's path, the blocks are the same.
func TestCanonicalBlocks(t *testing.T) {
	rng := rand.New(rand.NewSource(7))
	for round := 0; round < 300; round++ {
		path := randomPath(rng)
		want := canonicalBlocks(cutPath(path, func(int) bool { return true }))
		for i := 0; i < 5; i++ {
			got := canonicalBlocks(cutPath(path, func(int) bool { return rng.Intn(4) == 0 }))
			if !slices.Equal(got, want) {
				t.Fatalf("round %d: blocks differ\n%+v\n%+v", round, got, want)
			}
		}
		n := uint64(0)
		for _, b := range want {
			n += b.Executions * uint64(b.Instructions)
		}
		if n != uint64(len(path)) {
			t.Fatalf("round %d: the blocks hold %d instructions, the path %d", round, n, len(path))
		}
	}
}

// randomPath walks a random program of two-byte instructions.
func randomPath(rng *rand.Rand) []insn {
	const size = 30
	var ends [size]bool
	var target [size]int
	for i := range ends {
		ends[i] = rng.Intn(4) == 0
		target[i] = rng.Intn(size)
	}
	ends[size-1] = true
	var path []insn
	for at := 0; len(path) < 200; {
		path = append(path, insn{pc: uint64(at) * 2, len: 2, ends: ends[at]})
		if ends[at] && (at == size-1 || rng.Intn(2) == 0) {
			at = target[at]
		} else {
			at++
		}
	}
	return path
}

// cutPath makes runs of a path: each step is in one run, which ends where cut
// says so or the path leaves the straight line.
func cutPath(path []insn, cut func(i int) bool) (runs []codeRun) {
	start := 0
	for i := range path {
		straight := i+1 < len(path) && path[i].pc+uint64(path[i].len) == path[i+1].pc
		if straight && !cut(i) {
			continue
		}
		leader := start == 0 || path[start-1].ends || path[start-1].pc+uint64(path[start-1].len) != path[start].pc
		runs = append(runs, codeRun{insns: path[start : i+1], executions: 1, firstT: uint64(start), lastT: uint64(start), leader: leader})
		start = i + 1
	}
	return runs
}

func TestCanonicalBlocksOfFault(t *testing.T) {
	a, b, c := insn{pc: 0, len: 1}, insn{pc: 1, len: 1}, insn{pc: 2, len: 1, ends: true}
	runs := []codeRun{
		{insns: []insn{a, b, c}, executions: 3, firstT: 0, lastT: 30, leader: true},
		{insns: []insn{a}, executions: 1, firstT: 40, lastT: 40, leader: true}, // b faulted
	}
	want := []Block{
		{PC: 0, Size: 1, Instructions: 1, Executions: 4, FirstT: 0, LastT: 40},
		{PC: 1, Size: 2, Instructions: 2, Executions: 3, FirstT: 1, LastT: 31},
	}
	if got := canonicalBlocks(runs); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}
