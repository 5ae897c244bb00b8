package symbols

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// stopScript prints, at each breakpoint, the CFA, the stack around it and the address of each
// variable that gdb sees in memory.
const stopScript = `
import gdb, re
gdb.execute("set pagination off"); gdb.execute("set width 0"); gdb.execute("set confirm off")
def show():
    frame = gdb.selected_frame()
    cfa = int(re.search(r"Stack frame at (0x[0-9a-f]+)|frame at (0x[0-9a-f]+)", gdb.execute("info frame", to_string=True)).group(0).split()[-1], 16)
    f = frame
    while f.type() == gdb.INLINE_FRAME:
        f = f.older()
    stack = gdb.selected_inferior().read_memory(cfa - 4096, 4096 + 256).tobytes().hex()
    print("STOP %d %d %s" % (frame.pc(), cfa, stack))
    block = frame.block()
    seen = set()
    while block is not None:
        for s in block:
            if not (s.is_variable or s.is_argument) or s.name in seen:
                continue
            seen.add(s.name)
            try:
                a = s.value(frame).address
                a = "none" if a is None else str(int(a))
            except Exception as e:
                a = "none"
            print("VAR %s %d %s" % (s.name, s.line, a))
        if block.function is not None:
            break
        block = block.superblock
    print("END")
for a in ADDRESSES:
    gdb.execute("tbreak *%d" % a, to_string=True)
gdb.execute("run >/dev/null", to_string=True)
for i in range(len(ADDRESSES) + 10):
    try:
        show()
        gdb.execute("continue", to_string=True)
    except gdb.error as e:
        break
`

// stop is a place where gdb stopped.
type stop struct {
	pc, cfa uint64
	stack   []byte // from cfa - 4096 on
	vars    map[string]gdbVariable
}

type gdbVariable struct {
	line int
	addr uint64 // 0: not in memory
}

// stops runs a program to breakpoints.
func stops(t *testing.T, file string, addresses []uint64) []stop {
	t.Helper()
	bin, err := exec.LookPath("gdb")
	if err != nil {
		t.Skip("gdb is not installed")
	}
	list := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(addresses)), ","), "[]")
	script := filepath.Join(t.TempDir(), "stops.py")
	if err := os.WriteFile(script, []byte("ADDRESSES = ["+list+"]\n"+stopScript), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-q", "-nx", "-batch", "-x", script, file)
	cmd.Env = append(os.Environ(), "DEBUGINFOD_URLS=", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Skipf("gdb cannot run the program here: %v\n%s", err, out)
	}
	var found []stop
	for _, line := range strings.Split(string(out), "\n") {
		f := strings.Fields(line)
		switch {
		case len(f) == 4 && f[0] == "STOP":
			s := stop{vars: map[string]gdbVariable{}}
			s.pc, _ = strconv.ParseUint(f[1], 10, 64)
			s.cfa, _ = strconv.ParseUint(f[2], 10, 64)
			s.stack, _ = hex.DecodeString(f[3])
			found = append(found, s)
		case len(f) == 4 && f[0] == "VAR" && len(found) > 0:
			v := gdbVariable{}
			v.line, _ = strconv.Atoi(f[2])
			v.addr, _ = strconv.ParseUint(f[3], 10, 64)
			found[len(found)-1].vars[f[1]] = v
		}
	}
	if len(found) == 0 {
		t.Fatalf("gdb stopped nowhere:\n%s", out)
	}
	return found
}

// address computes where a place says that a variable lies.
func (s *stop) address(p Place) (uint64, bool) {
	addr := uint64(p.Offset)
	if p.Base == FromCFA {
		addr += s.cfa
	}
	if !p.Deref {
		return addr, true
	}
	addr, ok := s.word(addr)
	return addr + uint64(p.DerefOffset), ok
}

// word reads 8 bytes of the stack.
func (s *stop) word(addr uint64) (uint64, bool) {
	at := int64(addr - (s.cfa - 4096))
	if at < 0 || at+8 > int64(len(s.stack)) {
		return 0, false
	}
	return binary.LittleEndian.Uint64(s.stack[at:]), true
}

// settled tells whether the stack pointer is where it is in most of the function: at other places
// gdb takes compilers by their word that count from rsp, which they do not mean.
func settled(f *File, fn *Function, pc uint64) bool {
	open := openFunction{ranges: []span{{lo: fn.Entry, hi: fn.End}}}
	most := map[frameRow]uint64{}
	var here, best frameRow
	for _, r := range open.frameRows(f) {
		key := frameRow{reg: r.reg, off: r.off}
		most[key] += r.hi - r.lo
		if most[key] > most[best] {
			best = key
		}
		if r.lo <= pc && pc < r.hi {
			here = key
		}
	}
	return here == best
}

// TestPlaces stops a program at many lines and compares where variables are with what gdb
// says there.
func TestPlaces(t *testing.T) {
	for _, p := range dataPrograms {
		t.Run(p.compiler+" "+p.args, func(t *testing.T) {
			args := p.args + " -no-pie"
			if p.compiler == "rustc" {
				args = p.args + " -C relocation-model=static"
			}
			path := build(t, p.compiler, strings.Fields(args)...)
			f := open(t, path)
			var addresses []uint64
			for i := range f.Functions() {
				fn := &f.Functions()[i]
				if !own(fn.File) {
					continue
				}
				for n, r := range f.LineRows(fn.Entry, fn.End, nil) {
					if n > 0 && len(addresses) < 150 {
						addresses = append(addresses, r.PC)
					}
				}
			}
			both, only := 0, 0
			for _, s := range stops(t, path, addresses) {
				b, o := compareStop(t, f, &s)
				both, only = both+b, only+o
			}
			if both < 10 {
				t.Errorf("only %d places compared", both)
			}
			if only > 0 && strings.Contains(p.args, "-O0") {
				t.Errorf("%d places that gdb knows are missing", only)
			}
			t.Logf("%d places equal gdb's; %d more are in memory for gdb, by registers that we do not know", both, only)
		})
	}
}

// compareStop compares all variables at one stop. It returns how many are at the same address,
// and how many gdb alone finds in memory.
func compareStop(t *testing.T, f *File, s *stop) (both, only int) {
	index, ok := f.FunctionAt(s.pc)
	if !ok || !settled(f, &f.Functions()[index], s.pc) {
		return 0, 0
	}
	d := f.Data()
	for name, g := range s.vars {
		placed, matched := false, false
		for i := range d.Variables {
			v := &d.Variables[i]
			if v.Name != name || int(v.Line) != g.line || int(v.Function) != index && v.Kind != Static {
				continue
			}
			for _, p := range v.Places {
				if p.PartSize > 0 || p.Base == FromTLS || p.Hi != 0 && (s.pc < p.Lo || s.pc >= p.Hi) {
					continue
				}
				addr, ok := s.address(p)
				if ok && v.Type != 0 && d.Types[v.Type].Kind == Reference {
					addr, ok = s.word(addr) // gdb tells where a reference leads to
				}
				if !ok {
					continue
				}
				placed = true
				matched = matched || addr == g.addr
			}
		}
		switch {
		case matched:
			both++
		case placed:
			t.Errorf("at %#x %s lies elsewhere: gdb says %#x, %d from the CFA", s.pc, name, g.addr, int64(g.addr-s.cfa))
		case g.addr != 0:
			only++
			t.Logf("at %#x gdb finds %s in memory at %#x", s.pc, name, g.addr)
		}
	}
	return both, only
}
