package symbols

// Sources: DWARF 4, 2.17.3 (.debug_ranges); DWARF 5, 2.17.3 and 7.25
// (.debug_rnglists).

// Entries of a DWARF 5 range list.
const (
	rleEnd          = 0
	rleBasex        = 1
	rleStartxEndx   = 2
	rleStartxLength = 3
	rleOffsetPair   = 4
	rleBase         = 5
	rleStartEnd     = 6
	rleStartLength  = 7
)

// codeRanges appends the ranges of an entry that lie in code, in the list's order.
func (u *unit) codeRanges(d *die, dst []span) []span {
	if d.ranges.ok() {
		return u.rangeList(d.ranges, dst)
	}
	low, ok := u.address(d.low)
	if !ok || !d.high.ok() {
		return dst
	}
	high, isAddress := u.address(d.high)
	if !isAddress {
		high = low + d.high.u
	}
	return u.inCode(dst, low, high)
}

// inCode appends [lo, hi) unless it belongs to code that the linker dropped.
func (u *unit) inCode(dst []span, lo, hi uint64) []span {
	if lo >= hi || !u.d.code.covers(lo, hi) {
		return dst
	}
	return append(dst, span{lo: lo, hi: hi})
}

func (u *unit) rangeList(v value, dst []span) []span {
	off := v.u
	if u.version < 5 {
		return u.rangeList4(off, dst)
	}
	if v.form == formRnglistx {
		if off > uint64(len(u.d.rnglists)) {
			return dst
		}
		r := buf{b: u.d.rnglists}
		r.skip(int(min(u.rangesBase+off*uint64(u.offsetSize), 1<<62)))
		off = u.rangesBase + r.offset(u.offsetSize)
		if r.bad {
			return dst
		}
	}
	return u.rangeList5(off, dst)
}

func (u *unit) rangeList4(off uint64, dst []span) []span {
	if off >= uint64(len(u.d.ranges)) {
		return dst
	}
	r := buf{b: u.d.ranges, p: int(off)}
	base := u.low
	for !r.bad && u.d.spend(16) {
		lo, hi := r.u64(), r.u64()
		switch {
		case lo == 0 && hi == 0 || r.bad:
			return dst
		case lo == ^uint64(0):
			base = hi
		default:
			dst = u.inCode(dst, base+lo, base+hi)
		}
	}
	return dst
}

func (u *unit) rangeList5(off uint64, dst []span) []span {
	if off >= uint64(len(u.d.rnglists)) {
		return dst
	}
	r := buf{b: u.d.rnglists, p: int(off)}
	base := u.low
	for !r.bad && u.d.spend(3) {
		var lo, hi uint64
		ok := true
		switch r.u8() {
		case rleBasex:
			base, _ = u.indexedAddress(r.uleb())
			continue
		case rleBase:
			base = r.u64()
			continue
		case rleStartxEndx:
			var ok2 bool
			lo, ok = u.indexedAddress(r.uleb())
			hi, ok2 = u.indexedAddress(r.uleb())
			ok = ok && ok2
		case rleStartxLength:
			lo, ok = u.indexedAddress(r.uleb())
			hi = lo + r.uleb()
		case rleOffsetPair:
			lo, hi = base+r.uleb(), base+r.uleb()
		case rleStartEnd:
			lo, hi = r.u64(), r.u64()
		case rleStartLength:
			lo = r.u64()
			hi = lo + r.uleb()
		default: // rleEnd, or unknown
			return dst
		}
		if ok && !r.bad {
			dst = u.inCode(dst, lo, hi)
		}
	}
	return dst
}
