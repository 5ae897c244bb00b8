package symbols

import (
	"debug/elf"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// smallPrograms have every kind of debug information that is read, in few bytes.
var smallPrograms = []program{
	{"gcc", "inlining.c -O2 -gdwarf-4"},
	{"gcc", "inlining.c -O2 -gdwarf-5"},
	{"gcc", "inlining.c -O2 -gdwarf-5 -gz=zlib"},
	{"gcc", "inlining.c -O2 -gdwarf-4 -gz=zlib-gnu"},
	{"gcc", "labels.s labels_main.c -g"},
	{"gcc", "inlining.c -O2 -g -s -fcf-protection=full -Wl,-z,ibtplt"},
	{"gcc", "inlining.c -O2 -gsplit-dwarf -gdwarf-5"},
	{"gcc", "data.c -O2 -gdwarf-5"},
	{"gcc", "data.c -O1 -gdwarf-4 -fdebug-types-section"},
}

// exercise asks everything about a file; the answers must be consistent, whatever the file.
func exercise(t testing.TB, data []byte) {
	f, err := Parse(data, Options{DebugDirs: []string{}})
	if err != nil {
		return
	}
	fns := f.Functions()
	for i := range fns {
		fn := &fns[i]
		if i > 0 && fns[i-1].Entry >= fn.Entry || fn.End <= fn.Entry {
			t.Fatalf("functions %d: %+v after %+v", i, fn, fns[max(0, i-1)])
		}
		if at, ok := f.FunctionAt(fn.Entry); !ok || at != i {
			t.Fatalf("FunctionAt(%#x) is %d, %v, not %d", fn.Entry, at, ok, i)
		}
		if i > 200 {
			continue
		}
		for pc := fn.Entry; pc < min(fn.End, fn.Entry+100); pc += 7 {
			f.Frames(pc, nil)
		}
		f.LineRows(fn.Entry, fn.End, nil)
	}
	f.LineRows(0, ^uint64(0), nil)
	exerciseData(t, f)
	f.Diagnostics()
	f.BuildID()
	f.LoadSegments()
}

// exerciseData follows every reference of types and variables.
func exerciseData(t testing.TB, f *File) {
	d := f.Data()
	known := func(typ int32) {
		if typ < 0 || int(typ) >= len(d.Types) {
			t.Fatalf("there is no type %d of %d", typ, len(d.Types))
		}
	}
	for i := range d.Types {
		known(d.Types[i].Target)
		_ = d.Types[i].Kind.String()
		for _, m := range d.Types[i].Members {
			known(m.Type)
		}
	}
	for i := range d.Variables {
		v := &d.Variables[i]
		known(v.Type)
		if v.Name == "" || int(v.Function) >= len(f.Functions()) || v.Function < -1 {
			t.Fatalf("variable %+v", v)
		}
		for _, p := range v.Places {
			if p.Lo > p.Hi || p.Lo == p.Hi && p.Lo != 0 || p.Base == FromCFA && p.Hi == 0 {
				t.Fatalf("variable %s lies at %+v", v.Name, p)
			}
		}
	}
}

// interesting returns the parts of a file where damage matters most.
func interesting(data []byte) [][2]int {
	out := [][2]int{{0, 64}}
	e, err := elf.NewFile(&bytesSource{data})
	if err != nil {
		return out
	}
	for _, s := range e.Sections {
		hi := int(s.Offset + s.FileSize)
		if s.Type != elf.SHT_NOBITS && s.FileSize > 0 && hi <= len(data) && (strings.Contains(s.Name, "debug") ||
			strings.Contains(s.Name, "sym") || strings.Contains(s.Name, "rel") || strings.Contains(s.Name, "eh_frame")) {
			out = append(out, [2]int{int(s.Offset), hi})
		}
	}
	return append(out, [2]int{max(0, len(data)-64*len(e.Sections)), len(data)}) // section headers
}

// TestDamagedFiles cuts files and changes bytes in them: no panic, no endless work.
func TestDamagedFiles(t *testing.T) {
	for _, p := range smallPrograms {
		data, err := os.ReadFile(build(t, p.compiler, strings.Fields(p.args)...))
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(data); n += 397 {
			exercise(t, data[:n])
		}
		random := rand.New(rand.NewPCG(1, 2))
		parts := interesting(data)
		var slowest time.Duration
		for range 1000 {
			bad := slices.Clone(data)
			for range 1 + random.IntN(4) {
				part := parts[random.IntN(len(parts))]
				at := part[0] + random.IntN(part[1]-part[0])
				switch random.IntN(4) {
				case 0:
					bad[at] = 0xff
				case 1:
					bad[at] = 0
				case 2:
					copy(bad[at:], bad[part[0]:min(part[1], part[0]+random.IntN(64))])
				default:
					bad[at] ^= 1 << random.IntN(8)
				}
			}
			start := time.Now()
			exercise(t, bad)
			slowest = max(slowest, time.Since(start))
		}
		t.Logf("%s %s: %d bytes, slowest %v", p.compiler, p.args, len(data), slowest)
	}
}

func FuzzParse(f *testing.F) {
	for _, p := range smallPrograms {
		data, err := os.ReadFile(build(f, p.compiler, strings.Fields(p.args)...))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { exercise(t, data) })
}

func FuzzDemangle(f *testing.F) {
	for _, s := range []string{"_ZN6shapes6Square4areaEv", "_ZN3foo3bar17h0123456789abcdefE", "_RNvC6_123foo3bar",
		"_ZSt4moveIRSsEONSt16remove_referenceIT_E4typeEOS2_", "main.cold.3", "__GI_memcpy"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { demangledName(s) })
}
