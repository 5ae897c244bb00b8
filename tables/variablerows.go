package tables

import (
	"strings"
	"unicode/utf8"

	"hindsight/internal/symbols"
)

// texts is a column of strings; empty ones become NULL.
type texts struct {
	heap           []byte
	offsets, sizes []uint32
}

// maxText is where texts are cut: files that are not honest have longer ones by the million.
const maxText = 1 << 14

func (t *texts) add(s string) {
	if len(s) > maxText {
		s = s[:maxText]
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	t.offsets = append(t.offsets, uint32(len(t.heap)))
	t.sizes = append(t.sizes, uint32(len(s)))
	t.heap = append(t.heap, s...)
}

func (t *texts) reset() { t.heap, t.offsets, t.sizes = t.heap[:0], t.offsets[:0], t.sizes[:0] }

func (t *texts) column() column { return spans(t.heap, t.offsets, t.sizes, 0) }

// flatTypes is a buffer of new_types. What is Unknown, and type 0, become NULL.
type flatTypes struct {
	id, target, module                  []uint32
	name, language                      texts
	kind                                []uint8
	size, count, discrOffset, discrSize []uint64
}

func (b *flatTypes) table() string       { return "new_types" }
func (b *flatTypes) addresses() []uint64 { return nil }
func (b *flatTypes) reset() {
	b.name.reset()
	b.language.reset()
	*b = flatTypes{id: b.id[:0], target: b.target[:0], module: b.module[:0], name: b.name, language: b.language, kind: b.kind[:0],
		size: b.size[:0], count: b.count[:0], discrOffset: b.discrOffset[:0], discrSize: b.discrSize[:0]}
}

func (b *flatTypes) add(id, target, module uint32, t *symbols.Type) {
	b.id, b.target, b.module = append(b.id, id), append(b.target, target), append(b.module, module)
	b.name.add(t.Name)
	b.language.add(t.Language)
	b.kind = append(b.kind, uint8(t.Kind))
	b.size, b.count = append(b.size, t.Size), append(b.count, t.Count)
	b.discrOffset, b.discrSize = append(b.discrOffset, t.DiscrOffset), append(b.discrSize, t.DiscrSize)
}

func (b *flatTypes) columns() ([]column, int) {
	const none = symbols.Unknown
	return []column{fixed(b.id), b.name.column(), fixed(b.kind), fixed(b.size).nullAt(none), fixed(b.target).nullAt(0),
		fixed(b.count).nullAt(none), fixed(b.discrOffset).nullAt(none), fixed(b.discrSize).nullAt(none),
		b.language.column(), fixed(b.module)}, len(b.id)
}

// flatMembers is a buffer of new_members.
type flatMembers struct {
	id, n, typ, bitOffset, bitSize []uint32
	name                           texts
	offset, size, value            []uint64
	base, flags                    []uint8
}

const (
	flagNoBits = 1 << iota
	flagNoMemberValue
)

func (b *flatMembers) table() string       { return "new_members" }
func (b *flatMembers) addresses() []uint64 { return nil }
func (b *flatMembers) reset() {
	b.name.reset()
	*b = flatMembers{id: b.id[:0], n: b.n[:0], typ: b.typ[:0], bitOffset: b.bitOffset[:0], bitSize: b.bitSize[:0], name: b.name,
		offset: b.offset[:0], size: b.size[:0], value: b.value[:0], base: b.base[:0], flags: b.flags[:0]}
}

func (b *flatMembers) add(id, n, typ uint32, m *symbols.Member) {
	b.id, b.n, b.typ = append(b.id, id), append(b.n, n), append(b.typ, typ)
	b.name.add(m.Name)
	b.offset, b.size, b.value = append(b.offset, m.Offset), append(b.size, m.Size), append(b.value, uint64(m.Value))
	b.bitOffset, b.bitSize = append(b.bitOffset, m.BitOffset), append(b.bitSize, m.BitSize)
	base, flags := uint8(0), uint8(0)
	if m.Base {
		base = 1
	}
	if m.BitSize == 0 {
		flags |= flagNoBits
	}
	if !m.HasValue {
		flags |= flagNoMemberValue
	}
	b.base, b.flags = append(b.base, base), append(b.flags, flags)
}

func (b *flatMembers) columns() ([]column, int) {
	const none = symbols.Unknown
	return []column{fixed(b.id), fixed(b.n), b.name.column(), fixed(b.offset).nullAt(none), fixed(b.size).nullAt(none),
		fixed(b.typ).nullAt(0), fixed(b.bitOffset).nullIf(b.flags, flagNoBits), fixed(b.bitSize).nullIf(b.flags, flagNoBits),
		fixed(b.value).nullIf(b.flags, flagNoMemberValue), fixed(b.base)}, len(b.id)
}

// flatVariables is a buffer of new_variables.
type flatVariables struct {
	id, function, typ, line, module []uint32
	name, scope, file               texts
	kind, lives, flags              []uint8
	size, addr                      []uint64
}

// flagNoAddress marks variables without a fixed address.
const flagNoAddress = 1

func (b *flatVariables) table() string       { return "new_variables" }
func (b *flatVariables) addresses() []uint64 { return nil }
func (b *flatVariables) reset() {
	b.name.reset()
	b.scope.reset()
	b.file.reset()
	*b = flatVariables{id: b.id[:0], function: b.function[:0], typ: b.typ[:0], line: b.line[:0], module: b.module[:0], name: b.name,
		scope: b.scope, file: b.file, kind: b.kind[:0], lives: b.lives[:0], flags: b.flags[:0], size: b.size[:0], addr: b.addr[:0]}
}

func (b *flatVariables) add(id, function, typ uint32, size uint64, module uint32, bias uint64, v *symbols.Variable) {
	b.id, b.function, b.typ = append(b.id, id), append(b.function, function), append(b.typ, typ)
	b.name.add(v.Name)
	b.scope.add(v.Scope)
	b.file.add(v.File)
	b.line, b.module = append(b.line, uint32(v.Line)), append(b.module, module)
	b.kind, b.lives, b.size = append(b.kind, uint8(v.Kind)), append(b.lives, uint8(v.Lives)), append(b.size, size)
	addr, flags := uint64(0), uint8(flagNoAddress)
	if len(v.Places) == 1 {
		if p := v.Places[0]; p.Base == symbols.FromAddress && !p.Deref && p.PartSize == 0 && p.Hi == 0 {
			addr, flags = uint64(p.Offset)+bias, 0
		}
	}
	b.addr, b.flags = append(b.addr, addr), append(b.flags, flags)
}

func (b *flatVariables) columns() ([]column, int) {
	return []column{fixed(b.id), b.name.column(), fixed(b.kind), b.scope.column(), fixed(b.function).nullAt(0), fixed(b.typ).nullAt(0),
		fixed(b.size).nullAt(symbols.Unknown), fixed(b.addr).nullIf(b.flags, flagNoAddress), b.file.column(), fixed(b.line).nullAt(0),
		fixed(b.lives), fixed(b.module)}, len(b.id)
}

// flatPlaces is a buffer of new_places.
type flatPlaces struct {
	id                                          []uint32
	lo, hi, offset, deref, partOffset, partSize []uint64
	base, flags                                 []uint8
}

const (
	flagEverywhere = 1 << iota
	flagNoDeref
	flagNoPart
)

func (b *flatPlaces) table() string       { return "new_places" }
func (b *flatPlaces) addresses() []uint64 { return nil }
func (b *flatPlaces) reset() {
	*b = flatPlaces{id: b.id[:0], lo: b.lo[:0], hi: b.hi[:0], offset: b.offset[:0], deref: b.deref[:0],
		partOffset: b.partOffset[:0], partSize: b.partSize[:0], base: b.base[:0], flags: b.flags[:0]}
}

func (b *flatPlaces) add(id uint32, bias uint64, p *symbols.Place) {
	flags := uint8(0)
	if p.Hi == 0 {
		flags |= flagEverywhere
	}
	if !p.Deref {
		flags |= flagNoDeref
	}
	if p.PartSize == 0 {
		flags |= flagNoPart
	}
	offset := uint64(p.Offset)
	if p.Base == symbols.FromAddress {
		offset += bias
	}
	b.id, b.base, b.flags = append(b.id, id), append(b.base, uint8(p.Base)), append(b.flags, flags)
	b.lo, b.hi = append(b.lo, p.Lo+bias), append(b.hi, p.Hi+bias)
	b.offset, b.deref = append(b.offset, offset), append(b.deref, uint64(p.DerefOffset))
	b.partOffset, b.partSize = append(b.partOffset, p.PartOffset), append(b.partSize, p.PartSize)
}

func (b *flatPlaces) columns() ([]column, int) {
	return []column{fixed(b.id), fixed(b.lo).nullIf(b.flags, flagEverywhere), fixed(b.hi).nullIf(b.flags, flagEverywhere),
		fixed(b.base), fixed(b.offset), fixed(b.deref).nullIf(b.flags, flagNoDeref),
		fixed(b.partOffset).nullIf(b.flags, flagNoPart), fixed(b.partSize).nullIf(b.flags, flagNoPart)}, len(b.id)
}
