package tables

import (
	"fmt"
	"testing"

	"hindsight/replay"
)

// Line tables are asked once for blocks that are close, whatever overlaps, and
// never for what lies between distant ones.
func TestNeighbours(t *testing.T) {
	blocks := []replay.Block{
		{PC: 0x100, Size: 4},                          // of another module
		{PC: 0x1000, Size: 40}, {PC: 0x1001, Size: 3}, // behind a prefix
		{PC: 0x1028, Size: 8}, {PC: 0x106f, Size: 1}, // 63 bytes between
		{PC: 0x10b0, Size: 2}, // 64
		{PC: 0x2000, Size: 9}, // of another module
	}
	var got []string
	for in := blocksIn(blocks, 0x1000, 0x2000); len(in) > 0; {
		n, end := neighbours(in)
		got = append(got, fmt.Sprintf("%d: %#x-%#x", n, in[0].PC, end))
		in = in[n:]
	}
	expect(t, "groups", got, "4: 0x1000-0x1070", "1: 0x10b0-0x10b2")
	if in := blocksIn(blocks, 0x3000, 0x4000); len(in) != 0 {
		t.Errorf("%d blocks where there are none", len(in))
	}
}
