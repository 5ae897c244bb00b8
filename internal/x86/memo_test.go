package x86

import (
	"debug/elf"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// codeSamples are the code sections of this test and of libraries that use most
// of the instruction set.
func codeSamples(t *testing.T) map[string]*elf.Section {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{self}
	for _, name := range []string{"libc.so.6", "libm.so.6", "libstdc++.so.6", "libcrypto.so.3", "libsqlite3.so.0"} {
		paths = append(paths, filepath.Join("/lib/x86_64-linux-gnu", name), filepath.Join("/usr/lib/x86_64-linux-gnu", name))
	}
	samples := map[string]*elf.Section{}
	for _, p := range paths {
		f, err := elf.Open(p)
		if err != nil {
			continue
		}
		t.Cleanup(func() { f.Close() })
		if s := f.Section(".text"); s != nil {
			samples[p] = s
		}
	}
	return samples
}

// decodeBy is Decode by way of a memo.
func decodeBy(m *Memo, code []byte, pc uint64) Inst {
	var out [1]Inst
	m.DecodeRun(code, pc, out[:])
	return out[0]
}

// TestMemoEqualsDecode decodes code in order, and from places within instructions,
// with and without a memo.
func TestMemoEqualsDecode(t *testing.T) {
	m := NewMemo()
	for name, s := range codeSamples(t) {
		code, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		code = code[:min(len(code), 1<<20)]
		rnd := rand.New(rand.NewPCG(1, 2))
		wrong := 0
		for at := 0; at < len(code) && wrong < 5; {
			from := at
			if rnd.IntN(8) == 0 {
				from = rnd.IntN(len(code))
			}
			b, pc := code[from:], s.Addr+uint64(from)
			want, got := Decode(b, pc), decodeBy(m, b, pc)
			if want != got {
				wrong++
				t.Errorf("%s: %s:\n got %+v\nwant %+v", name, Describe(b, pc), got, want)
			}
			if from == at {
				at += max(int(want.Len), 1)
			}
		}
	}
}

// TestMemoRandomBytes does the same with bytes that hardly are code.
func TestMemoRandomBytes(t *testing.T) {
	m := NewMemo()
	rnd := rand.New(rand.NewPCG(3, 4))
	code := make([]byte, 32)
	for range 300000 {
		for i := range code {
			code[i] = byte(rnd.Uint32())
		}
		if rnd.IntN(2) == 0 {
			code[0] = []byte{0x66, 0xf2, 0xf3, 0x48, 0x0f, 0x67, 0x41, 0xc7}[rnd.IntN(8)]
		}
		for range 2 {
			pc := rnd.Uint64()
			if want, got := Decode(code, pc), decodeBy(m, code, pc); want != got {
				t.Fatalf("%s:\n got %+v\nwant %+v", Describe(code, pc), got, want)
			}
		}
	}
}

// BenchmarkDecodeRun gives the time of an instruction.
func BenchmarkDecodeRun(b *testing.B) {
	self, _ := os.Executable()
	f, err := elf.Open(self)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	code, err := f.Section(".text").Data()
	if err != nil {
		b.Fatal(err)
	}
	insts := make([]Inst, 64)
	m := NewMemo()
	for n, at := 0, 0; n < b.N; {
		k := m.DecodeRun(code[at:min(at+512, len(code))], uint64(at), insts)
		n += k
		at = int(insts[k-1].PC) + max(int(insts[k-1].Len), 1)
		if at >= len(code)-16 {
			at = 0
		}
	}
}
