package tables

import "slices"

// addressSorter puts rows in order of address. Its memory is used again and
// again; it is not safe for concurrent use.
type addressSorter struct {
	keys, spare []uint64
	order       []uint32
	pages       pageRanks
}

const (
	pageBits  = 12
	rowBits   = 20 // a window has fewer than 2^20 rows
	digitBits = 11
)

// sort returns the row numbers of addr in order of address, equal addresses in
// the order in which they lie. The result is valid until the next call.
//
// A radix sort over whole addresses would take five passes over keys and row
// numbers. Programs write to few pages, so that an address becomes the rank of
// its page, its offset and the row number in one word, and three passes do.
func (s *addressSorter) sort(addr []uint64) []uint32 {
	n := len(addr)
	if cap(s.keys) < n {
		s.keys, s.spare, s.order = make([]uint64, n), make([]uint64, n), make([]uint32, n)
	}
	keys, spare, order := s.keys[:n], s.spare[:n], s.order[:n]
	bits := s.pages.rank(addr, keys)
	for shift := rowBits; shift < rowBits+bits; shift += digitBits {
		radixPass(keys, spare, shift)
		keys, spare = spare, keys
	}
	for i, k := range keys {
		order[i] = uint32(k & (1<<rowBits - 1))
	}
	return order
}

// radixPass distributes from into to by the digit at shift, keeping the order
// of equal digits.
func radixPass(from, to []uint64, shift int) {
	const mask = 1<<digitBits - 1
	var next [1 << digitBits]uint32
	for _, k := range from {
		next[k>>shift&mask]++
	}
	sum := uint32(0)
	for i, n := range next {
		next[i] = sum
		sum += n
	}
	for _, k := range from {
		d := k >> shift & mask
		to[next[d]] = k
		next[d]++
	}
}

// pageRanks numbers the pages that addresses lie in, in order of address.
type pageRanks struct {
	slots []pageSlot // open addressing, a power of two
	pages []uint64   // distinct pages
}

type pageSlot struct {
	page uint64 // page number + 1, 0 for an empty slot
	rank uint32
}

// rank sets keys[i] to (rank of the page of addr[i], offset, i) and returns how
// many bits of it lie above the row number.
func (r *pageRanks) rank(addr []uint64, keys []uint64) int {
	if r.slots == nil {
		r.slots = make([]pageSlot, 1<<12)
	}
	clear(r.slots)
	r.pages = r.pages[:0]
	last := ^uint64(0)
	for _, a := range addr {
		if page := a >> pageBits; page != last {
			last = page
			if slot := r.find(page); slot.page == 0 {
				slot.page = page + 1
				r.add(page)
			}
		}
	}
	slices.Sort(r.pages)
	for i, page := range r.pages {
		r.find(page).rank = uint32(i)
	}
	last = ^uint64(0)
	base := uint64(0)
	for i, a := range addr {
		if page := a >> pageBits; page != last {
			last = page
			base = uint64(r.find(page).rank) << (pageBits + rowBits)
		}
		keys[i] = base | a&(1<<pageBits-1)<<rowBits | uint64(i)
	}
	bits := pageBits
	for 1<<(bits-pageBits) < len(r.pages) {
		bits++
	}
	return bits
}

// find returns the slot of a page, or the empty one where it belongs.
func (r *pageRanks) find(page uint64) *pageSlot {
	mask := uint64(len(r.slots) - 1)
	h := page * 0x9e3779b97f4a7c15
	for i := h >> 32; ; i++ {
		slot := &r.slots[i&mask]
		if slot.page == page+1 || slot.page == 0 {
			return slot
		}
	}
}

// add notes a page that was put into its slot, and makes room for more.
func (r *pageRanks) add(page uint64) {
	r.pages = append(r.pages, page)
	if len(r.pages)*2 < len(r.slots) {
		return
	}
	r.slots = make([]pageSlot, len(r.slots)*2)
	for _, p := range r.pages {
		r.find(p).page = p + 1
	}
}
