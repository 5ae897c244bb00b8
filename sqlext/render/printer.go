package render

import "unicode/utf8"

const (
	unknown = "<unknown>"
	// mostSteps bounds the values and elements that one text looks at, whatever
	// the types claim.
	mostSteps = 1 << 16
	// mostRead bounds one reading of memory, and mostBytes all readings of one
	// text, in bytes.
	mostRead  = 1 << 16
	mostBytes = 1 << 22
)

// printer writes one text. Once the text is longer than it may be, full is set
// and the rest is dropped.
type printer struct {
	r        *Renderer
	t        uint64
	out      []byte
	length   int
	maxDepth int
	depth    int
	steps    int
	bytes    int // that may still be read
	full     bool
}

func newPrinter(r *Renderer, t uint64) *printer {
	p := &printer{r: r, t: t, length: r.Options.MaxLength, maxDepth: r.Options.MaxDepth, steps: mostSteps, bytes: mostBytes}
	if p.length <= 0 {
		p.length = DefaultLength
	}
	if p.maxDepth <= 0 {
		p.maxDepth = DefaultDepth
	}
	return p
}

func (p *printer) write(s string) {
	if p.full {
		return
	}
	p.out = append(p.out, s...)
	p.full = len(p.out) > p.length
}

// text is what was written, cut where it is too long.
func (p *printer) text() string {
	switch {
	case len(p.out) == 0: // of a type without a name, where only that could be shown
		return unknown
	case !p.full:
		return string(p.out)
	}
	const dots = "..."
	end := min(max(p.length-len(dots), 0), len(p.out))
	for end > 0 && end < len(p.out) && !utf8.RuneStart(p.out[end]) {
		end--
	}
	return string(p.out[:end]) + dots
}

// spend counts a step. It is false where no more may be done; the text then ends
// here, as one that is too long.
func (p *printer) spend() bool {
	if p.steps--; p.steps < 0 && !p.full {
		p.cutHere()
	}
	return !p.full
}

// cutHere makes the text end at this place with dots.
func (p *printer) cutHere() {
	p.length = min(p.length, len(p.out)+3)
	p.out = append(p.out, "...."...)
	p.full = true
}

// value writes a value of a type.
func (p *printer) value(id uint32, b []byte) { p.print(p.of(id, b)) }

// print writes a value.
func (p *printer) print(v val) {
	if !p.spend() {
		return
	}
	if v.typ == nil {
		p.write(unknown)
		return
	}
	if p.depth >= p.maxDepth {
		p.write("{...}")
		return
	}
	p.depth++
	defer func() { p.depth-- }()
	switch v.typ.Kind {
	case Signed, Unsigned, Float, Bool, Char, Enum:
		p.scalar(v)
	case Pointer:
		p.pointer(v)
	case Reference:
		p.reference(v)
	case Struct, Class, Union:
		if !p.library(v) {
			p.structure(v)
		}
	case Variants:
		p.variants(v)
	case Array:
		p.array(v)
	default: // functions, and types that the debug information leaves open
		p.write(unknown)
	}
}

// library writes a value of a type of a standard library as its users see it.
// It is false, and nothing is written, where the type is none of those or is not
// built as they are.
func (p *printer) library(v val) bool {
	base := templateName(v.typ.Name)
	if v.isRust() {
		if show := rustLibrary[base]; show != nil {
			return show(p, v)
		}
		return p.rustWide(v)
	}
	if show := cppLibrary[base]; show != nil {
		return show(p, v)
	}
	return false
}
