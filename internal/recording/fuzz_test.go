package recording

import (
	"bytes"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// FuzzEvents feeds the reader files that are damaged in any way: it may
// answer errors, never panic or use memory out of proportion.
func FuzzEvents(f *testing.F) {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	var c codec
	var raw []byte
	events := sample()
	for i := range events {
		raw = c.encode(raw, &events[i])
	}
	f.Add(raw, packChunk(nil, enc, raw, uint32(len(events)), 0))
	f.Fuzz(func(t *testing.T, raw, file []byte) {
		// As a file, and as the contents of a chunk whose checksum is right.
		drain(t, file)
		if len(raw) > 0 {
			drain(t, packChunk(nil, enc, raw, uint32(raw[0])+1, 0))
		}
	})
}

func drain(t *testing.T, file []byte) {
	er, err := newEventReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := texts(er); err == nil {
		t.Fatal("no end")
	}
	if err := er.Close(); err != nil {
		t.Fatal(err)
	}
}

// FuzzMeta feeds any text as recording.json.
func FuzzMeta(f *testing.F) {
	f.Add([]byte(`{"format": 1, "command": ["x"], "started_at": "2026-01-02T03:04:05Z", "exit_code": 3`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m Meta
		if decodeMeta(sealMeta(data), &m) == nil && (m.Format < 1 || m.Format > FormatVersion) {
			t.Fatalf("accepted format %d", m.Format)
		}
	})
}

func TestFalseLengthsCostNoMemory(t *testing.T) {
	b := make([]byte, chunkHeaderSize)
	(&chunkHeader{raw: maxChunk, packed: maxChunk, count: 1}).encode(b)
	er, err := newEventReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var e Event
	if err := er.Next(&e); err == nil || err == io.EOF {
		t.Errorf("%v", err)
	}
	if cap(er.chunks.packed) > 4<<20 {
		t.Errorf("allocated %d bytes", cap(er.chunks.packed))
	}
}

// The published test values of XXH64.
func TestHashMemory(t *testing.T) {
	for _, c := range []struct {
		in   string
		want uint64
	}{
		{"", 0xef46db3751d8e999},
		{"a", 0xd24ec4f1a98c6e5b},
		{"as", 0x1c330fb2d66be179},
		{"asdf", 0x415872f599cea71e},
		{"Call me Ishmael. Some years ago--never mind how long precisely-", 0x02a2e85470d6fd96},
	} {
		if got := HashMemory([]byte(c.in)); got != c.want {
			t.Errorf("HashMemory(%q) = %#x, want %#x", c.in, got, c.want)
		}
	}
}

func BenchmarkHashMemory(b *testing.B) {
	page := make([]byte, MaxHashed)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		HashMemory(page)
	}
}

func BenchmarkEncodeSyscall(b *testing.B) {
	var c codec
	e := sample()[1]
	var out []byte
	for b.Loop() {
		e.Regs.Rdi++
		out = c.encode(out[:0], &e)
	}
	b.ReportMetric(float64(len(out)), "bytes")
}
