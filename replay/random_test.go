package replay

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hindsight/internal/x86"
)

var (
	randomPrograms = flag.Uint64("random.programs", 4, "how many random programs TestRandomInstructions runs")
	randomSeed     = flag.Uint64("random.seed", 1, "seed of the first of them")
)

// randomHarness runs random code: it gives it memory at known places, and
// continues at the next group of instructions where one faults.
const randomHarness = `
typedef unsigned long word;
asm(".section .text\n.balign 4096\n.globl code\ncode: .incbin \"CODE\"\ncode_end: .section .rodata\n"
    ".balign 4\nstarts: .incbin \"STARTS\"\nstarts_end:\n.text\n"
    ".globl _start\n_start: call setup\njmp code\nrestorer: mov $15, %eax\nsyscall\n");
extern const unsigned char code[], code_end[];
extern const unsigned starts[], starts_end[];
void restorer(void);
static word stack[1 << 13];

static word call(word n, word a, word b, word c, word d, word e, word f)
{
	register word r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
	asm volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return n;
}

// A fault goes on at the next group, with ordinary flags.
static void handler(int number, void *info, word *context)
{
	enum { RIP = 21, FLAGS };
	unsigned long at = context[RIP] - (word)code - (number == 5), lo = 0, hi = starts_end - starts;
	while (lo < hi) {
		word middle = (lo + hi) / 2;
		if (starts[middle] > at)
			hi = middle;
		else
			lo = middle + 1;
	}
	context[RIP] = (word)code + starts[lo];
	context[FLAGS] = 0x202;
}

void setup(void)
{
	word alternate[3] = {(word)stack, 0, sizeof stack};
	word action[4] = {(word)handler, 0x4c000004, (word)restorer, 0};
	const char numbers[] = {4, 5, 7, 8, 11};
	call(9, 0x10010000, 0x10000, 3, 0x32, -1, 0); // mmap
	for (int i = 0; i < 0x2000; i++)
		((word *)0x10010000)[i] = i * 0x9e3779b97f4a7c15;
	call(10, 0x10018000, 0x1000, 1, 0, 0, 0); // mprotect: read-only
	call(131, (word)alternate, 0, 0, 0, 0, 0); // sigaltstack
	for (int i = 0; i < 5; i++)
		call(13, numbers[i], (word)action, 0, 8, 0, 0); // rt_sigaction
	call(158, 0x1002, 0x10014000, 0, 0, 0, 0); // arch_prctl: fs
	call(158, 0x1001, 0x1001a000, 0, 0, 0, 0); // gs
}
`

const (
	arenaStart = 0x10010000
	arenaSize  = 0x10000
)

// randomCode generates code: groups that first set all registers.
type randomCode struct {
	*rand.Rand
	code     []byte
	starts   []uint32
	pointers uint32 // registers that hold addresses of the arena; others are small
	base     uint64 // where the code will lie
	df       bool   // std is among the instructions
}

// place is an address in the arena.
func (g *randomCode) place() uint64 { return arenaStart + 256 + g.Uint64N(arenaSize-512) }

func (g *randomCode) reset() {
	g.starts = append(g.starts, uint32(len(g.code)))
	g.pointers = g.Uint32N(1<<16) | 1<<x86.RSP
	for r := range byte(16) {
		v := g.place()
		if g.pointers>>r&1 == 0 {
			switch v = g.Uint64N(300); g.IntN(8) {
			case 0:
				v = -v
			case 1:
				if g.IntN(8) == 0 {
					v = g.Uint64()
				}
			}
		} else if r == x86.RSP && g.IntN(8) > 0 {
			v &^= 15
		}
		g.code = append(g.code, 0x48|r>>3, 0xb8|r&7)
		g.code = binary.LittleEndian.AppendUint64(g.code, v)
	}
	if g.IntN(2) == 0 { // kmovq k, r
		r, k := byte(g.IntN(8)), byte(g.IntN(8))
		g.code = append(g.code, 0xc4, 0xe1, 0xfb, 0x92, 0xc0|k<<3|r)
	}
	switch g.IntN(6) {
	case 0:
		g.code = append(g.code, 0xdb, 0xe3) // fninit
	case 1:
		g.code = append(g.code, 0x0f, 0x77) // emms
	case 2:
		g.code = append(g.code, 0xfc) // cld
	}
}

func (g *randomCode) chance(percent int) bool { return g.IntN(100) < percent }

// prefixes appends legacy prefixes, in any order.
func (g *randomCode) prefixes(b []byte) []byte {
	for _, p := range []struct {
		percent int
		values  []byte
	}{{22, []byte{0x66}}, {9, []byte{0xf3}}, {7, []byte{0xf2}}, {7, []byte{0xf0}}, {8, []byte{0x64, 0x65}},
		{4, []byte{0x2e, 0x36, 0x3e, 0x26}}, {8, []byte{0x67}}, {2, []byte{0x66, 0xf2, 0xf3, 0x48, 0x41}}} {
		if g.chance(p.percent) {
			b = append(b, p.values[g.IntN(len(p.values))])
		}
	}
	g.Shuffle(len(b), func(i, k int) { b[i], b[k] = b[k], b[i] })
	return b
}

// candidate is something that may be an instruction.
func (g *randomCode) candidate() []byte {
	var b []byte
	r := func() byte { return byte(g.Uint32()) }
	switch n := g.IntN(100); {
	case n < 14: // VEX
		if g.chance(10) {
			b = append(b, 0x67)
		}
		if g.chance(10) {
			b = append(b, 0x64+byte(g.IntN(2)))
		}
		if g.chance(30) {
			b = append(b, 0xc5, r(), r())
		} else {
			b = append(b, 0xc4, r()&0xe0|byte(1+g.IntN(3)), r(), r())
		}
	case n < 32: // EVEX
		if g.chance(10) {
			b = append(b, 0x67)
		}
		if g.chance(10) {
			b = append(b, 0x64+byte(g.IntN(2)))
		}
		b = append(b, 0x62, r()&0xf0|byte(1+g.IntN(3)), r()|4, r(), r())
	default:
		b = g.prefixes(b)
		if g.chance(60) {
			b = append(b, 0x40|r()&15)
		}
		switch {
		case n < 62:
			b = append(b, r())
		case n < 86:
			b = append(b, 0x0f, r())
		case n < 93:
			b = append(b, 0x0f, 0x38, r())
		default:
			b = append(b, 0x0f, 0x3a, r())
		}
	}
	b = g.operands(b)
	for range 15 {
		b = append(b, r())
	}
	return b
}

// operands appends ModRM, SIB and displacement.
func (g *randomCode) operands(b []byte) []byte {
	r := func() byte { return byte(g.Uint32()) }
	modrm := r()
	if g.chance(70) {
		modrm = modrm&0x3f | byte(g.IntN(3))<<6
	}
	if g.chance(30) {
		modrm = modrm&^7 | 4
	}
	b = append(b, modrm)
	if modrm>>6 != 3 && modrm&7 == 4 {
		sib := r()
		b = append(b, sib)
		if modrm>>6 == 0 && sib&7 == 5 {
			b = binary.LittleEndian.AppendUint32(b, uint32(g.place()))
		}
	}
	if modrm>>6 == 2 {
		b = binary.LittleEndian.AppendUint32(b, uint32(int32(g.IntN(4096)-2048)))
	}
	return b
}

// beyondRandom are instructions that would end the experiment, or whose results
// depend on more than the program.
var beyondRandom = []string{"int", "hlt", "xgetbv", "vmcall", "vmmcall", "monitorx", "mwaitx", "rdpru", "popf", "popfq",
	"sgdt", "sidt", "sldt", "smsw", "str", // emulated by the kernel, without a trap behind them
	"lfs", "lgs", "lss", "fxrstor", "fxrstor64", "jmp", "call", "ret"}

func (g *randomCode) usable(in *x86.Inst, b []byte) bool {
	switch in.Kind {
	case x86.Normal, x86.Input, x86.Trap:
	default:
		return false
	}
	name := in.Name()
	text, _ := x86.Format(b, in.PC)
	operands := strings.TrimPrefix(text[strings.Index(text, name)+len(name):], " ")
	if slices.Contains(beyondRandom, name) || strings.HasPrefix(name, "xsave") || strings.HasPrefix(name, "xrstor") || name == "std" && !g.df {
		return false
	}
	for _, s := range []string{"es", "ss", "ds", "fs", "gs"} { // loads of segment registers
		if (name == "mov" || name == "pop") && (operands == s || strings.HasPrefix(operands, s+",")) {
			return false
		}
	}
	return true
}

// sensible tells whether a memory operand may lie in the arena.
func (g *randomCode) sensible(text string) bool {
	open := strings.Index(text, "[")
	if open < 0 {
		return true
	}
	inside := text[open+1:]
	if i := strings.Index(inside, "]"); i >= 0 {
		inside = inside[:i]
	}
	pointers, smalls := 0, 0
	for r, names := range registerNames {
		for _, n := range names[:2] {
			for _, f := range strings.FieldsFunc(inside, func(c rune) bool { return c == '+' || c == '-' }) {
				if f == n || strings.HasPrefix(f, n+"*") && strings.HasPrefix(f[len(n):], "*") {
					if g.pointers>>r&1 != 0 && !(strings.Contains(f, "*") && !strings.HasSuffix(f, "*1")) {
						pointers++
					} else {
						smalls++
					}
				}
			}
		}
	}
	return pointers == 1 || pointers == 0 && smalls == 0
}

// instruction appends one.
func (g *randomCode) instruction() string {
	for {
		b := g.candidate()
		pc := g.base + uint64(len(g.code))
		in := x86.Decode(b, pc)
		if !g.usable(&in, b) {
			continue
		}
		text, _ := x86.Format(b, pc)
		if !g.sensible(text) && !g.chance(8) {
			continue
		}
		if in.RIPRelative {
			at := g.place()
			binary.LittleEndian.PutUint32(b[in.DispOffset:], uint32(at-in.Next()))
		}
		if in.Name() == "enter" { // one that faults halfway leaves memory changed without a row
			copy(b[in.Len-3:], []byte{b[in.Len-3], 0, b[in.Len-1] & 1})
		}
		if in.DispSize == 8 {
			binary.LittleEndian.PutUint64(b[in.DispOffset:], g.place())
		}
		g.code = append(g.code, b[:in.Len]...)
		return text
	}
}

// branch appends a branch over one instruction: direct with a random encoding, or
// through a register, memory or the stack.
func (g *randomCode) branch() {
	prefixes := [][]byte{nil, nil, nil, {0xf2}, {0x2e}, {0x3e}, {0x48}, {0x40}, {0x67}, {0xf3}, {0x64}, {0x66, 0x48}}
	p := prefixes[g.IntN(len(prefixes))]
	var patch int // where the target is to be put
	wide := false // with 4 bytes, as an address
	switch kind := g.IntN(9); kind {
	case 0: // jcc, loop, jrcxz, jmp rel8
		op := byte(0x70 + g.IntN(16))
		if g.chance(40) {
			op = []byte{0xe0, 0xe1, 0xe2, 0xe3, 0xeb}[g.IntN(5)]
		}
		g.code = append(append(g.code, p...), op, 0)
		patch = len(g.code) - 1
	case 1:
		g.code = append(append(g.code, p...), 0x0f, byte(0x80+g.IntN(16)), 0, 0, 0, 0)
		patch = len(g.code) - 4
	case 2, 3: // call, jmp
		g.code = append(append(g.code, p...), byte(0xe8+kind-2), 0, 0, 0, 0)
		patch = len(g.code) - 4
	case 4: // push, ret
		g.code = append(g.code, 0x68, 0, 0, 0, 0)
		patch, wide = len(g.code)-4, true
		g.code = append(g.code, p...)
		if g.chance(50) {
			g.code = append(g.code, 0xc3)
		} else {
			g.code = append(g.code, 0xc2, byte(g.IntN(64)), 0)
		}
	default: // mov r, target; jmp or call r, or [rsp+x] with it
		r := byte(g.IntN(16))
		if r == x86.RSP {
			r = x86.R15
		}
		g.code = append(g.code, 0x40|r>>3, 0xb8|r&7, 0, 0, 0, 0)
		patch, wide = len(g.code)-4, true
		if kind > 6 {
			at := byte(g.IntN(128))
			g.code = append(g.code, 0x48|r>>3<<2, 0x89, 0x44|r&7<<3, 0x24, at)
			g.code = append(append(g.code, p...), 0xff, 0x54+byte(g.IntN(2))*0x10, 0x24, at)
			break
		}
		if n := len(p); n > 0 && p[n-1]&0xf0 == 0x40 {
			p = nil
		}
		g.code = append(append(g.code, p...), 0x40|r>>3, 0xff, 0xd0+byte(g.IntN(2))*0x10|r&7)
	}
	behind := len(g.code)
	g.instruction()
	if wide {
		binary.LittleEndian.PutUint32(g.code[patch:], uint32(g.base)+uint32(len(g.code)))
	} else {
		g.code[patch] = byte(len(g.code) - behind)
	}
}

func newRandomCode(seed uint64, base uint64, groups int) *randomCode {
	g := &randomCode{Rand: rand.New(rand.NewPCG(seed, 15)), base: base}
	g.df = seed%3 == 0
	for range groups {
		g.reset()
		for range 1 + g.IntN(12) {
			if g.chance(12) {
				g.branch()
			} else {
				g.instruction()
			}
		}
	}
	g.starts = append(g.starts, uint32(len(g.code)))
	g.code = append(g.code, 0xb8, 231, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05) // exit_group(0)
	return g
}

// build makes the program.
func (g *randomCode) build(t *testing.T) string {
	dir := t.TempDir()
	code, starts := filepath.Join(dir, "code"), filepath.Join(dir, "starts")
	var table []byte
	for _, s := range g.starts {
		table = binary.LittleEndian.AppendUint32(table, s)
	}
	if err := os.WriteFile(code, g.code, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(starts, table, 0o600); err != nil {
		t.Fatal(err)
	}
	source := strings.NewReplacer("CODE", code, "STARTS", starts).Replace(randomHarness)
	return compile(t, source, "-nostdlib", "-no-pie", "-fno-pie", "-fno-stack-protector", "-mgeneral-regs-only", fmt.Sprintf("-Wl,-Ttext=%#x", g.base))
}

// Random instructions of all encodings have the same history under both
// engines, and the logged writes explain memory.
func TestRandomInstructions(t *testing.T) {
	if testing.Short() {
		t.Skip("stepping takes minutes, and -short was given")
	}
	for n := range *randomPrograms {
		seed := *randomSeed + n
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			g := newRandomCode(seed, 0x40000000, 150)
			program := g.build(t)
			diffEngines(t, recordProgram(t, program).Recording, 0)
		})
	}
}
