package replay

import (
	"fmt"
	"math/bits"
	"regexp"
	"strconv"
	"strings"

	"hindsight/internal/recording"
	"hindsight/internal/x86"
)

// oracle tells, before an instruction executes, what memory it will store to.
// It reckons from the decoded operand and the registers alone: it owes
// nothing to the translator, for which it is the witness.
type oracle struct {
	host    *host
	vectors *vectorState
	ranges  []storeRange // of the last prediction
}

// storeRange is memory that one row of the history covers.
type storeRange struct {
	addr uint64
	size uint32
}

// decoded is an instruction, with its text where the operand needs it.
type decoded struct {
	x86.Inst
	code [15]byte
	name string // mnemonic
	text string // "" unless needed
}

func newOracle(h *host) (*oracle, error) {
	v, err := newVectorState(h)
	return &oracle{host: h, vectors: v}, err
}

// decode decodes the instruction at the start of code.
func decode(code []byte, pc uint64) *decoded {
	d := &decoded{Inst: x86.Decode(code, pc)}
	copy(d.code[:], code)
	if d.Kind == x86.Bad {
		return d
	}
	d.name = d.Inst.Name()
	if d.Store == x86.StoreSlow || d.Flags&x86.Scatter != 0 {
		d.text, _ = x86.Format(code, pc)
	}
	return d
}

// predict returns what the instruction will store if it does not fault, in the
// order of its rows. String instructions are not its business: how far they
// came shows only afterwards. The slice is valid until the next call.
func (o *oracle) predict(d *decoded, g *recording.Regs) ([]storeRange, error) {
	o.ranges = o.ranges[:0]
	switch {
	case d.Kind == x86.Call || d.Kind == x86.CallIndirect:
		o.add(g.Rsp-8, 8)
	case d.Kind != x86.Normal:
	case d.name == "clzero":
		const line = 64
		addr := g.Rax
		if d.Flags&x86.Address32 != 0 {
			addr = uint64(uint32(addr))
		}
		o.add(addr&^(line-1), line)
	case d.Store == x86.NoStore || d.isString():
	case d.Flags&x86.Scatter != 0:
		return o.scatter(d, g)
	case d.Mask != 0:
		return o.masked(d, o.address(d, g), func(lane int) bool { return o.vectors.mask(int(d.Mask))>>lane&1 != 0 }, int(d.Lane))
	case d.text != "":
		return o.special(d, g)
	default:
		o.add(o.address(d, g), uint32(d.Size))
	}
	return o.ranges, nil
}

func (o *oracle) add(addr uint64, size uint32) {
	o.ranges = append(o.ranges, storeRange{addr, size})
}

// isString tells string instructions that store.
func (d *decoded) isString() bool {
	switch d.name {
	case "movsb", "movsw", "movsq", "stosb", "stosw", "stosd", "stosq":
		return true
	case "movsd": // also the name of a vector instruction, whose operand says so
		return d.code[0] == 0xa5 || d.Store == x86.StoreMovs || strings.HasSuffix(d.text, "movsd")
	}
	return false
}

// generalRegister reads a general register by its number in machine code, 0 where
// there is none.
func generalRegister(g *recording.Regs, r uint8) uint64 {
	if r > x86.R15 {
		return 0
	}
	return *registerOf(g, int(r))
}

// address is where the written operand lies. With a vector index it is the part
// that all lanes share.
func (o *oracle) address(d *decoded, g *recording.Regs) uint64 {
	a := uint64(d.Disp) + generalRegister(g, d.Base) + generalRegister(g, d.Index)*uint64(d.Scale)
	if d.name == "pop" && d.Base == x86.RSP { // it sees rsp as already popped
		a += uint64(d.Size)
	}
	if d.Flags&x86.Address32 != 0 {
		a = uint64(uint32(a))
	}
	return a + segmentBase(d, g)
}

func segmentBase(d *decoded, g *recording.Regs) uint64 {
	switch d.Seg {
	case 1:
		return g.Fs_base
	case 2:
		return g.Gs_base
	}
	return 0
}

// masked adds one range for each run of active lanes.
func (o *oracle) masked(d *decoded, addr uint64, active func(lane int) bool, width int) ([]storeRange, error) {
	if width == 0 {
		return nil, fmt.Errorf("the step engine does not know the lanes of %s", o.describe(d))
	}
	if err := o.vectors.read(o.host); err != nil {
		return nil, err
	}
	lanes := int(d.Size) / width
	for i := 0; i < lanes; {
		j := i
		for j < lanes && active(j) {
			j++
		}
		if j > i {
			o.add(addr+uint64(i*width), uint32((j-i)*width))
		}
		i = max(j, i+1)
	}
	return o.ranges, nil
}

var (
	maskOperand  = regexp.MustCompile(`\{k([0-7])\}`)
	indexOperand = regexp.MustCompile(`([xyz])mm(\d+)\*`)
	vectorName   = regexp.MustCompile(`^([xyz])mm(\d+)$`)
)

// textMask is the mask register that the text names, 0 for none.
func (d *decoded) textMask() int {
	if m := maskOperand.FindStringSubmatch(d.text); m != nil {
		return int(m[1][0] - '0')
	}
	return 0
}

// operand is the n-th operand as text.
func (d *decoded) operand(n int) string {
	_, list, _ := strings.Cut(strings.TrimPrefix(d.text, "lock "), " ")
	parts := strings.Split(list, ", ")
	if n < len(parts) {
		return strings.TrimSpace(parts[n])
	}
	return ""
}

func vectorBytes(letter string) int {
	return map[string]int{"x": 16, "y": 32, "z": 64}[letter]
}

// scatter adds one range for each active lane.
func (o *oracle) scatter(d *decoded, g *recording.Regs) ([]storeRange, error) {
	index, data := indexOperand.FindStringSubmatch(d.text), vectorName.FindStringSubmatch(d.operand(1))
	_, kind, _ := strings.Cut(d.name, "scatter") // dd, dq, qps …: the index's size comes first
	if index == nil || data == nil || kind == "" {
		return nil, fmt.Errorf("the step engine does not understand %s", o.describe(d))
	}
	if err := o.vectors.read(o.host); err != nil {
		return nil, err
	}
	number, _ := strconv.Atoi(index[2]) // digits
	z := o.vectors.vector(number)
	width := 4
	if kind[0] == 'q' {
		width = 8
	}
	mask, addr := o.vectors.mask(d.textMask()), o.address(d, g)
	lanes := min(vectorBytes(index[1])/width, vectorBytes(data[1])/int(d.Size))
	for i := range lanes {
		if mask>>i&1 == 0 {
			continue
		}
		at := int64(leValue(z[i*width:][:width]))
		if width == 4 {
			at = int64(int32(at))
		}
		lane := addr + uint64(at)*uint64(d.Scale)
		if d.Flags&x86.Address32 != 0 {
			lane = uint64(uint32(lane-segmentBase(d, g))) + segmentBase(d, g)
		}
		o.add(lane, uint32(d.Size))
	}
	return o.ranges, nil
}

// leValue is the number that up to 8 bytes are.
func leValue(b []byte) (v uint64) {
	for i := min(len(b), 8) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v
}

// special handles stores of a shape of their own.
func (o *oracle) special(d *decoded, g *recording.Regs) ([]storeRange, error) {
	addr := o.address(d, g)
	switch d.name {
	case "bts", "btr", "btc":
		o.add(addr+bitOffset(d, g), uint32(d.Size))
	case "xsave", "xsave64", "xsaveopt", "xsaveopt64":
		o.add(addr, o.vectors.areaSize(g.Rdx<<32|g.Rax&0xffffffff, false))
	case "xsavec", "xsavec64":
		o.add(addr, o.vectors.areaSize(g.Rdx<<32|g.Rax&0xffffffff, true))
	case "enter":
		// The frame pointer, then the level's copies of outer ones, downwards.
		level := uint64(d.code[d.Len-1] & 31)
		words := 1 + level
		o.add(g.Rsp-8*words, uint32(8*words))
	case "maskmovq", "maskmovdqu", "vmaskmovdqu":
		return o.registerMasked(d, addr, 1)
	case "vmaskmovps", "vpmaskmovd":
		return o.registerMasked(d, addr, 4)
	case "vmaskmovpd", "vpmaskmovq":
		return o.registerMasked(d, addr, 8)
	case "vpcompressb":
		return o.compress(d, addr, 1)
	case "vpcompressw":
		return o.compress(d, addr, 2)
	case "vpcompressd", "vcompressps":
		return o.compress(d, addr, 4)
	case "vpcompressq", "vcompresspd":
		return o.compress(d, addr, 8)
	default:
		o.add(addr, uint32(d.Size))
	}
	return o.ranges, nil
}

// bitOffset is the distance from the operand's address to the word that a bit
// instruction with a register offset changes.
func bitOffset(d *decoded, g *recording.Regs) uint64 {
	text := d.operand(1)
	for r := range uint8(16) {
		for i, name := range registerNames[r] {
			if name != text {
				continue
			}
			v := generalRegister(g, r)
			switch i {
			case 0:
				return uint64(int64(v) >> 6 * 8)
			case 1:
				return uint64(int64(int32(v)) >> 5 * 4)
			default:
				return uint64(int64(int16(v)) >> 4 * 2)
			}
		}
	}
	return 0 // an immediate never leaves the word
}

// registerNames are those of 64, 32 and 16 bits.
var registerNames = [16][3]string{
	{"rax", "eax", "ax"}, {"rcx", "ecx", "cx"}, {"rdx", "edx", "dx"}, {"rbx", "ebx", "bx"},
	{"rsp", "esp", "sp"}, {"rbp", "ebp", "bp"}, {"rsi", "esi", "si"}, {"rdi", "edi", "di"},
	{"r8", "r8d", "r8w"}, {"r9", "r9d", "r9w"}, {"r10", "r10d", "r10w"}, {"r11", "r11d", "r11w"},
	{"r12", "r12d", "r12w"}, {"r13", "r13d", "r13w"}, {"r14", "r14d", "r14w"}, {"r15", "r15d", "r15w"},
}

// registerMasked: the top bit of each lane of the second operand selects a lane.
func (o *oracle) registerMasked(d *decoded, addr uint64, width int) ([]storeRange, error) {
	if err := o.vectors.read(o.host); err != nil {
		return nil, err
	}
	name := d.operand(1)
	var selector [64]byte
	if v := vectorName.FindStringSubmatch(name); v != nil {
		n, _ := strconv.Atoi(v[2]) // digits
		selector = o.vectors.vector(n)
	} else if n, err := strconv.Atoi(strings.TrimPrefix(name, "mm")); err == nil {
		m := o.vectors.mmx(n)
		copy(selector[:], m[:])
	} else {
		return nil, fmt.Errorf("the step engine does not understand %s", o.describe(d))
	}
	return o.masked(d, addr, func(lane int) bool { return selector[lane*width+width-1]&0x80 != 0 }, width)
}

// compress adds the active lanes, which are stored one behind the other.
func (o *oracle) compress(d *decoded, addr uint64, width int) ([]storeRange, error) {
	if err := o.vectors.read(o.host); err != nil {
		return nil, err
	}
	lanes := int(d.Size) / width
	n := lanes
	if k := d.textMask(); k != 0 {
		n = bits.OnesCount64(o.vectors.mask(k) << (64 - lanes))
	}
	if n > 0 {
		o.add(addr, uint32(n*width))
	}
	return o.ranges, nil
}

func (o *oracle) describe(d *decoded) string { return x86.Describe(d.code[:d.Len], d.PC) }
