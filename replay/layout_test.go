package replay

import (
	"math/rand"
	"testing"

	"hindsight/internal/recording"
)

// A span set must agree with a plain set of addresses.
func TestSpanSet(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	const space = 60
	for round := 0; round < 200; round++ {
		var set spanSet
		var plain [space]bool
		for step := 0; step < 30; step++ {
			lo := uint64(rng.Intn(space))
			hi := lo + uint64(rng.Intn(int(space-lo)+1))
			add := rng.Intn(2) == 0
			if add {
				set.add(lo, hi)
			} else {
				set.remove(lo, hi)
			}
			for a := lo; a < hi; a++ {
				plain[a] = add
			}
			checkSpanSet(t, set, plain[:])
		}
	}
}

func checkSpanSet(t *testing.T, set spanSet, plain []bool) {
	t.Helper()
	for i, s := range set {
		if s.lo >= s.hi || i > 0 && set[i-1].hi >= s.lo {
			t.Fatalf("not canonical: %v", set)
		}
	}
	for a := range plain {
		if got := set.intersects(uint64(a), uint64(a)+1); got != plain[a] {
			t.Fatalf("address %d: %v, want %v in %v", a, got, plain[a], set)
		}
	}
	n := uint64(0)
	for _, s := range set.clip(nil, 10, 40) {
		n += s.hi - s.lo
	}
	want := uint64(0)
	for _, in := range plain[10:40] {
		if in {
			want++
		}
	}
	if n != want {
		t.Fatalf("clip: %d addresses, want %d in %v", n, want, set)
	}
}

func TestLayoutHole(t *testing.T) {
	var mapped []span
	for _, m := range []recording.MapChange{
		{Op: recording.MapProtect, Addr: 0x50000, Length: 0x1000, Prot: 3},
		{Op: recording.MapAdd, Addr: 0x10000, Length: 0x10000, Prot: 3},
		{Op: recording.MapAdd, Addr: 0x40000, Length: reservation, Prot: 0},
	} {
		mapped = noteMapped(mapped, &m)
	}
	faulted := []span{{0x54000, 0x55000}, {0x100000, 0x101000}, {0x110000, 0x111000}}
	l := newLayout(mapped, faulted)
	for _, c := range []struct{ size, lo, hi, align, want uint64 }{
		{0x1000, 0x10000, 0x100000, 0x1000, 0x20000},
		{0x1000, 0x10000, 0x100000, 0x1000, 0x21000},
		{0x20000, 0x10000, 0x100000, 0x10000, 0x30000},
		{0x10000, 0x10000, 0x100000, 0x1000, 0x55000},
		{0x10000, 0x100000, 0x120000, 0x10000, 0x100000}, // no other room
		{0x10000, 0x10000, 0x60000, 0x1000, 0},
	} {
		got, ok := l.hole(c.size, c.lo, c.hi, c.align)
		if got != c.want || ok != (c.want != 0) {
			t.Errorf("hole(%#x, %#x, %#x, %#x) = %#x, %v; want %#x", c.size, c.lo, c.hi, c.align, got, ok, c.want)
		}
	}
}
