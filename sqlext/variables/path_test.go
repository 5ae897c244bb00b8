package variables

import (
	"fmt"
	"strings"
	"testing"
)

// show writes a path in a form that shows how it was understood.
func show(n *node) string {
	switch n.op {
	case opName:
		r := n.name
		s := strings.Join(r.parts, " . ")
		if r.line != 0 {
			s = fmt.Sprintf("line %d, %s", r.line, s)
		}
		if r.file != "" {
			s = "file " + r.file + ", " + s
		}
		if r.module != "" {
			s = "module " + r.module + ", " + s
		}
		return "{" + s + "}"
	case opNumber:
		return fmt.Sprintf("%#x", uint64(n.number))
	case opField:
		return show(n.x) + " field " + n.text
	case opIndex:
		return fmt.Sprintf("%s index %d", show(n.x), n.number)
	case opDeref:
		return "deref(" + show(n.x) + ")"
	case opCast:
		return "cast<" + n.text + ">(" + show(n.x) + ")"
	}
	return "?"
}

func TestPaths(t *testing.T) {
	for in, want := range map[string]string{
		"counter":                            "{counter}",
		" cfg.limits[2].max ":                "{cfg . limits} index 2 field max",
		"*head":                              "deref({head})",
		"**head":                             "deref(deref({head}))",
		"node->next->value":                  "{node} field next field value",
		"my-file.c:count":                    "{file my-file.c, count}",
		"src/a.c:12:main.i":                  "{file src/a.c, line 12, main . i}",
		"libfoo.so.1!a.c:x":                  "{module libfoo.so.1, file a.c, x}",
		"ns::Foo::count":                     "{ns::Foo::count}",
		"::count":                            "{::count}",
		"std::map<int, a::b>::size":          "{std::map<int, a::b>::size}",
		"f(int, char).x":                     "{f(int, char) . x}",
		"(*p).x":                             "deref({p}) field x",
		"(p)":                                "{p}",
		"(p)->x":                             "{p} field x",
		"*(struct node *)0x5555":             "deref(cast<struct node *>(0x5555))",
		"((struct node *)0x5555)->next":      "cast<struct node *>(0x5555) field next",
		"((struct node *)cookie)->next->x":   "cast<struct node *>({cookie}) field next field x",
		"(int)x":                             "cast<int>({x})",
		"p[-1]":                              "{p} index -1",
		"p[0x10]":                            "{p} index 16",
		"t.0":                                "{t . 0}",
		"app::main::{closure#0}.x":           "{app::main::{closure#0} . x}",
		"a.c:ns::f(char const*).x->y":        "{file a.c, ns::f(char const*) . x} field y",
		"lib!crate::COUNTER":                 "{module lib, crate::COUNTER}",
		"a . b":                              "{a} field b",
		"größe":                              "{größe}",
		"operator.x":                         "{operator . x}",
		"grid[1][2]":                         "{grid} index 1 index 2",
		"(unsigned char *)buffer":            "cast<unsigned char *>({buffer})",
		"/home/me/a b.c:x":                   "",
		"":                                   "",
		"&x":                                 "",
		"a[":                                 "",
		"a[i]":                               "",
		"a.":                                 "",
		"a->":                                "",
		"(a":                                 "",
		"a b":                                "",
		"!x":                                 "",
		":x":                                 "",
		"0x":                                 "",
		"a::":                                "{a::}",
		"a.c:x:y":                            "",
		strings.Repeat("*", 1000) + "x":      "",
		"x" + strings.Repeat("->next", 1000): "",
	} {
		n, err := parsePath(in)
		switch {
		case err != nil && want != "":
			t.Errorf("%q: %v", in, err)
		case err == nil && want == "":
			t.Errorf("%q was read as %s", in, show(n))
		case err == nil && show(n) != want:
			t.Errorf("%q: %s, want %s", in, show(n), want)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"a.b[2]->c", "*(t *)0x12", "m!f.c:1:x<y>::z", "(((", "a<b", "<>{}()"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := parsePath(s); err == nil {
			show(n)
		}
	})
}

// TestJoinedWrites: a wide write that two ranges found is one, with the bytes of
// both.
func TestJoinedWrites(t *testing.T) {
	wide := func(at uint64, b string) write {
		return write{t: 5, pc: 7, addr: 100, size: 64, value: 1, data: []chunk{{at, []byte(b)}}}
	}
	got := joined([]write{{t: 5, pc: 6, addr: 90, size: 8}, wide(120, "ab"), wide(150, "c"), {t: 6, pc: 7, addr: 100, size: 64}})
	if len(got) != 3 {
		t.Fatalf("%d writes", len(got))
	}
	for addr, want := range map[uint64]byte{100: 1, 120: 'a', 121: 'b', 150: 'c'} {
		if b, ok := got[1].byteAt(addr); !ok || b != want {
			t.Errorf("byte %d: %d, %v", addr, b, ok)
		}
	}
	if _, ok := got[1].byteAt(130); ok {
		t.Error("byte 130 is known")
	}
}
