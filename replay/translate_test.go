package replay

import "testing"

func TestLogLayout(t *testing.T) {
	for i, p := range logLayout() {
		if p[0] != p[1] {
			t.Errorf("entry %d: Go %d, C %d", i, p[0], p[1])
		}
	}
}
