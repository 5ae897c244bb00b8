package debuginfo

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"hindsight/internal/symbols"
)

// The format: magic, key, all texts once, types with members, variables with places, and
// the checksum of all before. Numbers are varints; places count from the one before.
const magic = "hindsight debug information 1\n"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type encoder struct {
	b     []byte
	texts map[string]uint64
	list  []string
}

func (e *encoder) u(v uint64) { e.b = binary.AppendUvarint(e.b, v) }
func (e *encoder) i(v int64)  { e.b = binary.AppendVarint(e.b, v) }

func (e *encoder) bits(list ...bool) {
	v := uint64(0)
	for i, x := range list {
		if x {
			v |= 1 << i
		}
	}
	e.u(v)
}

func (e *encoder) text(s string) {
	n, ok := e.texts[s]
	if !ok {
		n = uint64(len(e.list))
		e.texts[s] = n
		e.list = append(e.list, s)
	}
	e.u(n)
}

// encode returns the contents of a cached file.
func encode(d *symbols.Data, key uint64) []byte {
	e := &encoder{texts: map[string]uint64{}}
	e.u(uint64(len(d.Types)))
	for i := range d.Types {
		e.typ(&d.Types[i])
	}
	e.u(uint64(len(d.Variables)))
	for i := range d.Variables {
		e.variable(&d.Variables[i])
	}
	body := e.b
	e.b = binary.LittleEndian.AppendUint64([]byte(magic), key)
	e.u(uint64(len(e.list)))
	for _, s := range e.list {
		e.u(uint64(len(s)))
		e.b = append(e.b, s...)
	}
	e.b = append(e.b, body...)
	return seal(e.b)
}

// seal appends the checksum.
func seal(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

func (e *encoder) typ(t *symbols.Type) {
	e.text(t.Name)
	e.text(t.Language)
	e.u(uint64(t.Kind))
	e.u(t.Size + 1) // Unknown is 0
	e.u(uint64(t.Target))
	e.u(t.Count + 1)
	e.u(t.DiscrOffset + 1)
	e.u(t.DiscrSize + 1)
	e.u(uint64(len(t.Members)))
	for i := range t.Members {
		m := &t.Members[i]
		e.text(m.Name)
		e.u(uint64(m.Type))
		e.u(m.Offset + 1)
		e.u(m.Size + 1)
		e.u(uint64(m.BitOffset))
		e.u(uint64(m.BitSize))
		e.i(m.Value)
		e.bits(m.HasValue, m.Base)
	}
}

func (e *encoder) variable(v *symbols.Variable) {
	e.text(v.Name)
	e.text(v.Scope)
	e.text(v.Linkage)
	e.text(v.File)
	e.u(uint64(v.Kind))
	e.u(uint64(v.Lives))
	e.u(uint64(v.Function + 1))
	e.u(uint64(v.Type))
	e.i(int64(v.Line))
	e.u(uint64(len(v.Places)))
	at := uint64(0)
	for i := range v.Places {
		p := &v.Places[i]
		e.i(int64(p.Lo - at))
		e.i(int64(p.Hi - p.Lo))
		at = p.Hi
		e.u(uint64(p.Base))
		e.bits(p.Deref)
		e.i(p.Offset)
		e.i(p.DerefOffset)
		e.u(p.PartOffset)
		e.u(p.PartSize)
	}
}

var (
	errDamaged = errors.New("the file is damaged")
	errOther   = errors.New("the file is of another version or another copy of the program")
)

type decoder struct {
	b     []byte
	bad   bool
	texts []string
}

func (d *decoder) u() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) i() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

// count reads how many things follow, each of which has at least so many bytes.
func (d *decoder) count(least int) int {
	n := d.u()
	if n > uint64(len(d.b)/least) {
		d.bad, d.b = true, nil
		return 0
	}
	return int(n)
}

// below reads a number that must be less than limit.
func (d *decoder) below(limit int) int {
	n := d.u()
	if n >= uint64(limit) {
		d.bad, d.b = true, nil
		return 0
	}
	return int(n)
}

func (d *decoder) text() string {
	if len(d.texts) == 0 {
		d.bad = true
		return ""
	}
	return d.texts[d.below(len(d.texts))]
}

// decode reads what encode made; key must be the same.
func decode(b []byte, key uint64) (*symbols.Data, error) {
	if len(b) < len(magic)+12 || string(b[:len(magic)]) != magic {
		return nil, errOther
	}
	end := len(b) - 4
	if binary.LittleEndian.Uint64(b[len(magic):]) != key {
		return nil, errOther
	}
	if binary.LittleEndian.Uint32(b[end:]) != crc32.Checksum(b[:end], castagnoli) {
		return nil, errDamaged
	}
	d := &decoder{b: b[len(magic)+8 : end]}
	d.texts = make([]string, d.count(1))
	for i := range d.texts {
		n := d.count(1)
		d.texts[i] = string(d.b[:n])
		d.b = d.b[n:]
	}
	out := &symbols.Data{Types: make([]symbols.Type, d.count(9))}
	for i := range out.Types {
		d.typ(&out.Types[i], len(out.Types))
	}
	out.Variables = make([]symbols.Variable, d.count(10))
	functions := int(key >> 32)
	for i := range out.Variables {
		d.variable(&out.Variables[i], len(out.Types), functions)
	}
	if d.bad || len(d.b) != 0 || len(out.Types) == 0 {
		return nil, errDamaged
	}
	return out, nil
}

func (d *decoder) typ(t *symbols.Type, types int) {
	t.Name, t.Language = d.text(), d.text()
	t.Kind = symbols.TypeKind(d.below(int(symbols.FunctionType) + 1))
	t.Size = d.u() - 1
	t.Target = int32(d.below(types))
	t.Count, t.DiscrOffset, t.DiscrSize = d.u()-1, d.u()-1, d.u()-1
	n := d.count(8)
	if n == 0 {
		return
	}
	t.Members = make([]symbols.Member, n)
	for i := range t.Members {
		m := &t.Members[i]
		m.Name = d.text()
		m.Type = int32(d.below(types))
		m.Offset, m.Size = d.u()-1, d.u()-1
		m.BitOffset, m.BitSize = uint32(d.u()), uint32(d.u())
		m.Value = d.i()
		flags := d.u()
		m.HasValue, m.Base = flags&1 != 0, flags&2 != 0
	}
}

func (d *decoder) variable(v *symbols.Variable, types, functions int) {
	v.Name, v.Scope, v.Linkage, v.File = d.text(), d.text(), d.text(), d.text()
	v.Kind = symbols.VariableKind(d.below(int(symbols.Parameter) + 1))
	v.Lives = symbols.Lives(d.below(int(symbols.OptimizedOut) + 1))
	v.Function = int32(d.below(functions+1)) - 1
	v.Type = int32(d.below(types))
	v.Line = int32(d.i())
	n := d.count(8)
	if n == 0 {
		return
	}
	v.Places = make([]symbols.Place, n)
	at := uint64(0)
	for i := range v.Places {
		p := &v.Places[i]
		p.Lo = at + uint64(d.i())
		p.Hi = p.Lo + uint64(d.i())
		at = p.Hi
		p.Base = symbols.PlaceBase(d.below(int(symbols.FromTLS) + 1))
		p.Deref = d.u()&1 != 0
		p.Offset, p.DerefOffset = d.i(), d.i()
		p.PartOffset, p.PartSize = d.u(), d.u()
	}
}
