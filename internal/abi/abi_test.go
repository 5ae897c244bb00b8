package abi

import "testing"

func TestTableHoldsEveryNumber(t *testing.T) {
	described := 0
	for nr := range uint64(472) {
		s, ok := Lookup(nr)
		if nr >= 337 && nr < 424 {
			if ok {
				t.Errorf("%d: %s stands in the gap", nr, s.Name)
			}
			continue
		}
		if !ok {
			t.Errorf("%d has no row", nr)
			continue
		}
		if s.Described {
			described++
		}
	}
	if described < 230 {
		t.Errorf("%d calls are described, fewer than 230", described)
	}
}
