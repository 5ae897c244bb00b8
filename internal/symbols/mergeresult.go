package symbols

// result makes the Data of what was numbered.
func (m *merger) result() *Data {
	d := &Data{Types: make([]Type, len(m.kept))}
	m.names = make([]string, len(m.kept))
	m.sizes = make([]sizeState, len(m.kept))
	m.nameBytes = 1 << 24
	for _, p := range m.units {
		m.nameBytes += 64 * int(p.u.end-p.u.off)
	}
	for id := 1; id < len(m.kept); id++ {
		d.Types[id] = m.newType(int32(id))
	}
	for id := 1; id < len(m.kept); id++ {
		m.finishMembers(int32(id), &d.Types[id])
	}
	type static struct {
		addr int64
		base PlaceBase
		name string
	}
	seen := map[static]bool{}
	for i, p := range m.units {
		for k := range p.vars {
			v := p.vars[k].Variable
			v.Type = m.id(m.pass(m.find(int32(i), p.vars[k].typ)))
			if len(v.Places) > 0 && v.Places[0].Base != FromCFA && v.Places[0].Hi == 0 {
				at := static{v.Places[0].Offset, v.Places[0].Base, v.Name}
				if seen[at] { // in several units: of a template or an inline function
					continue
				}
				seen[at] = true
			}
			d.Variables = append(d.Variables, v)
		}
	}
	return d
}

func (m *merger) id(t uint64) int32 { return m.ids[t] }

func (m *merger) newType(id int32) Type {
	t := m.kept[id]
	r := m.all[t]
	out := Type{Kind: r.kind, Language: m.units[m.unit[t]].u.language, Target: m.id(r.target), Count: Unknown,
		Size: m.size(id, 0), DiscrOffset: Unknown, DiscrSize: Unknown, Name: m.typeName(id)}
	if r.kind == Array {
		out.Count = r.count
	}
	if r.kind == Variants && r.discrOffset != Unknown {
		out.DiscrOffset, out.DiscrSize = r.discrOffset, m.size(out.Target, 0)
	}
	return out
}

// finishMembers adds a type's members; parameters of functions are none.
func (m *merger) finishMembers(id int32, out *Type) {
	list := m.members(m.kept[id])
	if len(list) == 0 || list[0].isParameter {
		return
	}
	out.Members = make([]Member, 0, len(list))
	for i := range list {
		e := &list[i]
		typ := m.id(e.typ)
		x := Member{Name: e.name, Type: typ, Offset: e.offset, Size: Unknown, BitOffset: e.bitOffset, BitSize: e.bitSize,
			Value: e.value, HasValue: e.hasValue, Base: e.base}
		if typ != 0 {
			x.Size = m.size(typ, 0)
		}
		if e.base && x.Name == "" {
			x.Name = m.names[typ]
		}
		if e.oldBits {
			unit := e.size
			if unit == Unknown {
				unit = x.Size
			}
			x.placeOldBits(unit)
		}
		out.Members = append(out.Members, x)
	}
}

// placeOldBits counts a bit field from the least significant bit, where DWARF 3 counts from
// the most significant of a unit of so many bytes.
func (x *Member) placeOldBits(unit uint64) {
	if unit > 16 || x.Offset == Unknown {
		return
	}
	low := int64(8*unit) - int64(x.BitOffset) - int64(x.BitSize)
	if at := int64(x.Offset)*8 + low; at >= 0 {
		x.Offset, x.BitOffset = uint64(at/8), uint32(at%8)
	}
}

// sizeState is a size that is known, or is being found.
type sizeState struct {
	size  uint64
	known bool
}

// maxDepth bounds how far a type is followed; deeper ones have no size and no name.
const maxDepth = 64

// size is a type's size in bytes, Unknown where it is not known.
func (m *merger) size(id int32, depth int) uint64 {
	if id == 0 || depth > maxDepth {
		return Unknown
	}
	if s := m.sizes[id]; s.known {
		return s.size
	}
	r := m.all[m.kept[id]]
	n := r.size
	if n == Unknown {
		switch r.kind {
		case Pointer, Reference:
			n = 8
		case Typedef, Const, Volatile, Enum:
			n = m.size(m.id(r.target), depth+1)
		case Array:
			element := m.size(m.id(r.target), depth+1)
			if element != Unknown && r.count != Unknown && (element == 0 || r.count <= (1<<48)/element) {
				n = element * r.count
			}
		case Unspecified:
			if r.member {
				n = 8
				if t := m.id(r.target); t != 0 && m.all[m.kept[t]].kind == FunctionType {
					n = 16
				}
			}
		}
	}
	m.sizes[id] = sizeState{n, true}
	return n
}
