package replay

import (
	"encoding/binary"
	"testing"
)

func TestLogLayout(t *testing.T) {
	for i, p := range logLayout() {
		if p[0] != p[1] {
			t.Errorf("entry %d: Go %d, C %d", i, p[0], p[1])
		}
	}
}

// TestDecoderRefusesWhatIsNoRecord gives the decoder a record whose size is not
// its template's: it must say so, not go on for ever.
func TestDecoderRefusesWhatIsNoRecord(t *testing.T) {
	tables, err := newTemplates()
	if err != nil {
		t.Fatal(err)
	}
	defer tables.close()
	k, err := newColumns(tables)
	if err != nil {
		t.Fatal(err)
	}
	defer k.close()
	var memory arena // as C code may not see a pointer to Go's
	defer memory.close()
	var log []byte
	if err := reserve(&memory, &log, 4096); err != nil {
		t.Fatal(err)
	}
	log = log[:4096]
	for _, size := range []uint32{0, 2, 1023} {
		binary.LittleEndian.PutUint32(log, templateRSP|size<<22)
		if n, why := k.decode(log[:64]); n != 0 || why != decodedBroken {
			t.Errorf("size %d: took %d bytes, state %d", size, n, why)
		}
	}
	binary.LittleEndian.PutUint32(log, templateRSP|3<<22)
	if n, why := k.decode(log[:12]); n != 12 || why != decodedAll {
		t.Errorf("a whole record: took %d bytes, state %d", n, why)
	}
}
