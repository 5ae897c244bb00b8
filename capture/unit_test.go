package capture

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hindsight/internal/recording"
)

func TestParseMap(t *testing.T) {
	for line, want := range map[string]procMap{
		"00400000-00452000 r-xp 00001000 08:02 173521      /usr/bin/a program": {start: 0x400000, end: 0x452000, prot: 5, offset: 0x1000, inode: 173521, name: "/usr/bin/a program"},
		"7f00-8f00 rw-s 00000000 00:00 0 ":                                     {start: 0x7f00, end: 0x8f00, prot: 3, shared: true},
		"7ffc-7fff rw-p 00000000 00:00 0                          [stack]":     {start: 0x7ffc, end: 0x7fff, prot: 3, name: "[stack]"},
	} {
		if got, err := parseMap(line); err != nil || got != want {
			t.Errorf("%s: %+v, %v", line, got, err)
		}
	}
	for _, line := range []string{"", "x", "1-2 rw-p 0", "g-2 rw-p 0 0:0 0"} {
		if _, err := parseMap(line); err == nil {
			t.Errorf("%q was understood", line)
		}
	}
}

func TestRegions(t *testing.T) {
	file := fileKey{1, 2}
	var s regions
	s.add(region{start: 0x10000, end: 0x18000, shared: true, file: file, offset: 0x1000, size: 0x3800})
	if g, _ := s.at(0x11000); g.valid() != 0x13000 {
		t.Errorf("valid to %#x", g.valid())
	}
	removed := s.remove(0x12000, 0x14000)
	if len(removed) != 1 || removed[0].offset != 0x3000 || len(s) != 2 {
		t.Errorf("removed %+v, left %+v", removed, s)
	}
	if _, ok := s.at(0x13000); ok {
		t.Error("a removed part is there")
	}
	if g, ok := s.at(0x14000); !ok || g.offset != 0x5000 || g.valid() != g.start {
		t.Errorf("%+v", g)
	}
	if !s.aliases(region{start: 0x50000, end: 0x51000, file: file, offset: 0x2000}) ||
		s.aliases(region{start: 0x50000, end: 0x51000, file: file, offset: 0x3000}) {
		t.Error("aliases are found wrong")
	}
	if parts := s.within(0x11000, 0x15000); len(parts) != 2 || parts[0].end != 0x12000 || parts[1].start != 0x14000 {
		t.Errorf("within: %+v", parts)
	}
}

func TestStackEnd(t *testing.T) {
	m := procMap{start: 0x7ffff000, end: 0x80000000}
	for limit, want := range map[uint64]uint64{8 << 20: 0x80000000 - 8<<20, 1: 0x7ffff000, 1 << 63: 0x60000000 + 256*pageSize} {
		if got := stackEnd(m, 0x60000000, limit); got != want {
			t.Errorf("limit %#x: %#x, want %#x", limit, got, want)
		}
	}
}

func TestFileIndex(t *testing.T) {
	t.Setenv("HINDSIGHT_DIR", t.TempDir())
	root, err := recording.Root()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, "objects"), 0o700); err != nil {
		t.Fatal(err)
	}
	x := openFileIndex()
	a := storedFile{fileStamp: fileStamp{fileKey{1, 2}, 3, 4, 5}, object: "aa", saves: []int64{70, 80}}
	b := storedFile{fileStamp: fileStamp{fileKey{1, 9}, 3, 4, 5}, object: "bb"}
	x.add(a)
	x.add(b)
	f, err := os.OpenFile(x.path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("1 2 3\n7 7 7 7 7 cut 5")
	if err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	y := openFileIndex()
	if got, ok := y.find(a.fileStamp); !ok || got.object != "aa" || !slices.Equal(got.saves, a.saves) {
		t.Errorf("%+v", got)
	}
	if got, ok := y.find(b.fileStamp); !ok || got.object != "bb" || len(got.saves) != 0 || len(y.known) != 2 {
		t.Errorf("%+v of %d", got, len(y.known))
	}
	changed := a.fileStamp
	changed.ctime++
	if _, ok := y.find(changed); ok {
		t.Error("found a file that has changed")
	}
}

func TestFindSaves(t *testing.T) {
	mask := []byte{0xb8, 0xee, 0, 0, 0, 0x31, 0xd2, 0x48, 0x89, 0x94, 0x24, 0x50, 0x02, 0, 0}
	xsavec := []byte{0x0f, 0xc7, 0x64, 0x24, 0x40, 0x90, 0x90, 0x90}
	xsave := []byte{0x0f, 0xae, 0xa4, 0x24, 0x40, 1, 0, 0}
	code := slices.Concat(xsavec, bytes.Repeat([]byte{0x90}, 200), mask, xsavec, mask, xsave)
	want := []int{8 + 200 + len(mask), 8 + 200 + 2*len(mask) + 8}
	got := findSaves(code)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("found %v, want %v: only those behind a mask", got, want)
	}
	if s, ok := parseSave(xsave); !ok || s.compacted || s.displacement != 0x140 || len(s.code) != 8 {
		t.Errorf("%+v", s)
	}
}

// The dynamic loader of the system has such instructions, unless it is one that
// binds without saving.
func TestFindSavesInTheLoader(t *testing.T) {
	f, err := os.Open("/lib64/ld-linux-x86-64.so.2")
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = f.Close() }()
	if saves, err := savesIn(f); err != nil || len(saves) < 2 {
		t.Errorf("%v, %v", saves, err)
	}
}

func TestSaveImage(t *testing.T) {
	state := make([]byte, 4096)
	for i := range state {
		state[i] = byte(i) ^ byte(i>>8)
	}
	const sseAVX = sseBit | avxBit
	for _, compacted := range []bool{false, true} {
		image := make([]byte, 4096)
		for _, p := range saveImage(state, sseAVX, compacted) {
			copy(image[p.offset:], p.data)
		}
		if !bytes.Equal(image[:mxcsrOffset], make([]byte, mxcsrOffset)) {
			t.Error("x87 state was stored, which was not asked for")
		}
		if !bytes.Equal(image[xmmOffset:xmmOffset+xmmSize], state[xmmOffset:xmmOffset+xmmSize]) {
			t.Error("the xmm registers are not there")
		}
		const ymm = headerOffset + headerSize // the first behind the header in both forms
		if !bytes.Equal(image[ymm:ymm+xmmSize], state[ymm:ymm+xmmSize]) {
			t.Error("the ymm halves are not there")
		}
		bits, comp := binary.LittleEndian.Uint64(image[headerOffset:]), binary.LittleEndian.Uint64(image[headerOffset+8:])
		if bits != sseAVX || compacted != (comp == 1<<63|sseAVX) {
			t.Errorf("header %#x %#x", bits, comp)
		}
	}
}
