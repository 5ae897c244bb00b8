package replay

// codeReader reads guest code, through a cache of pages.
type codeReader struct {
	read       func(addr uint64, b []byte) int
	executable func(lo, hi uint64) bool // whether the program may execute there
	pages      map[uint64][]byte
	last       uint64
	page       []byte
}

// window is how much code fetch returns at least, where there is so much.
const window = 256

// fetch returns the code from pc on: at least window bytes, unless memory ends
// before. The bytes stay valid and unchanged.
func (c *codeReader) fetch(pc uint64) []byte {
	at := pc & 0xfff
	b := c.at(pc &^ 0xfff)
	if uint64(len(b)) <= at {
		return nil
	}
	b = b[at:]
	if len(b) >= window {
		return b
	}
	next := c.at(pc&^0xfff + 4096)
	if len(next) == 0 {
		return b
	}
	return append(append(make([]byte, 0, 2*window), b...), next[:window]...)
}

func (c *codeReader) at(page uint64) []byte {
	if c.page != nil && c.last == page {
		return c.page
	}
	b, ok := c.pages[page]
	if !ok {
		// What is not code now may change unnoticed until it is: not cached.
		if !c.executable(page, page+4096) {
			return nil
		}
		b = make([]byte, 4096)
		if c.read(page, b) != len(b) {
			return nil
		}
		c.pages[page] = b
	}
	c.last, c.page = page, b
	return b
}

// forget drops what is cached of [lo, hi).
func (c *codeReader) forget(lo, hi uint64) {
	c.page = nil
	if (hi-lo)>>12 > uint64(len(c.pages)) {
		for page := range c.pages {
			if page+4096 > lo && page < hi {
				delete(c.pages, page)
			}
		}
		return
	}
	for page := lo &^ 0xfff; page < hi; page += 4096 {
		delete(c.pages, page)
	}
}
