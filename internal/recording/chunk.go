package recording

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"
)

// The events file is fileMagic, the format version (4 bytes), 4 zero bytes and
// then chunks, all little endian. A chunk is a header
//
//	0  chunkMagic
//	4  length of the events it holds
//	8  length of their zstd form, which follows the header
//	12 number of events
//	16 index of the first event (8 bytes)
//	24 CRC-32C of the header up to here and of the zstd form
//
// and stands for itself: nothing in it refers to another chunk.
const (
	fileMagic       = "HSEVENTS"
	fileHeaderSize  = 16
	chunkMagic      = 0x4b435348 // "HSCK"
	chunkHeaderSize = 28
	chunkTarget     = 256 << 10 // a chunk is written when its events reach this
	maxChunk        = 1 << 30   // no event can be larger
	maxRatio        = 40_000    // zstd cannot compress better
)

// ErrTruncated is wrapped by an EventReader's error where the recording was cut
// off inside a chunk or before its end, as when the recorder was killed while
// it wrote. All whole events before have been delivered.
var ErrTruncated = errors.New("the recording is cut off here")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type chunkHeader struct {
	raw, packed, count uint32
	first              uint64
	sum                uint32
}

func (h *chunkHeader) encode(b []byte) {
	binary.LittleEndian.PutUint32(b[0:], chunkMagic)
	binary.LittleEndian.PutUint32(b[4:], h.raw)
	binary.LittleEndian.PutUint32(b[8:], h.packed)
	binary.LittleEndian.PutUint32(b[12:], h.count)
	binary.LittleEndian.PutUint64(b[16:], h.first)
	binary.LittleEndian.PutUint32(b[24:], h.sum)
}

func decodeChunkHeader(b []byte) (h chunkHeader, ok bool) {
	h.raw = binary.LittleEndian.Uint32(b[4:])
	h.packed = binary.LittleEndian.Uint32(b[8:])
	h.count = binary.LittleEndian.Uint32(b[12:])
	h.first = binary.LittleEndian.Uint64(b[16:])
	h.sum = binary.LittleEndian.Uint32(b[24:])
	ok = binary.LittleEndian.Uint32(b) == chunkMagic && h.raw <= maxChunk && h.count <= h.raw &&
		h.packed <= maxChunk+maxChunk/64 && uint64(h.raw) <= (uint64(h.packed)+16)*maxRatio
	return h, ok
}

// packChunk appends the whole chunk to dst.
func packChunk(dst []byte, enc *zstd.Encoder, raw []byte, count uint32, first uint64) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, chunkHeaderSize)...)
	dst = enc.EncodeAll(raw, dst)
	chunk := dst[start:]
	h := chunkHeader{raw: uint32(len(raw)), packed: uint32(len(chunk) - chunkHeaderSize), count: count, first: first}
	h.encode(chunk)
	h.sum = chunkSum(chunk[:chunkHeaderSize], chunk[chunkHeaderSize:])
	h.encode(chunk)
	return dst
}

func chunkSum(header, packed []byte) uint32 {
	return crc32.Update(crc32.Checksum(header[:chunkHeaderSize-4], castagnoli), castagnoli, packed)
}

// chunkReader reads chunks one after the other.
type chunkReader struct {
	r      io.Reader
	dec    *zstd.Decoder
	offset int64 // of the next chunk in the file
	header [chunkHeaderSize]byte
	packed []byte
	raw    []byte
}

// next reads a chunk and returns its header and its events, which are valid
// until the call after. At a clean end it returns io.EOF.
func (c *chunkReader) next() (h chunkHeader, events []byte, err error) {
	n, err := io.ReadFull(c.r, c.header[:])
	if err == io.EOF {
		return h, nil, io.EOF
	}
	if err != nil {
		return h, nil, c.readError(n, err)
	}
	h, ok := decodeChunkHeader(c.header[:])
	if !ok {
		return h, nil, c.damaged("no valid chunk begins here")
	}
	if err := c.readPacked(int(h.packed)); err != nil {
		return h, nil, err
	}
	if chunkSum(c.header[:], c.packed) != h.sum {
		return h, nil, c.damaged("the checksum does not match")
	}
	c.raw, err = c.dec.DecodeAll(c.packed, c.raw[:0])
	if err != nil || len(c.raw) != int(h.raw) {
		return h, nil, c.damaged("the compressed data is not valid")
	}
	c.offset += chunkHeaderSize + int64(h.packed)
	return h, c.raw, nil
}

// readPacked reads n bytes in steps, so that a false length costs no more
// memory than the file has bytes.
func (c *chunkReader) readPacked(n int) error {
	c.packed = c.packed[:0]
	for len(c.packed) < n {
		have := len(c.packed)
		step := min(n-have, 1<<20)
		c.packed = append(c.packed, make([]byte, step)...)
		got, err := io.ReadFull(c.r, c.packed[have:])
		if err != nil {
			return c.readError(chunkHeaderSize+have+got, err)
		}
	}
	return nil
}

func (c *chunkReader) readError(n int, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: the chunk at offset %d has only %d bytes", ErrTruncated, c.offset, n)
	}
	return fmt.Errorf("read the events at offset %d: %w", c.offset, err)
}

func (c *chunkReader) damaged(what string) error {
	return &DamagedError{File: "events", Offset: c.offset, What: what}
}
