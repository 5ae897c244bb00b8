package x86

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestLayout(t *testing.T) {
	for n, p := range instLayout() {
		if p[0] != p[1] {
			t.Errorf("entry %d: Go %d, C %d", n, p[0], p[1])
		}
	}
}

// assemble returns the machine code of one instruction in AT&T syntax.
func assemble(t *testing.T, text string) []byte {
	t.Helper()
	dir := t.TempDir()
	source, object, raw := filepath.Join(dir, "a.s"), filepath.Join(dir, "a.o"), filepath.Join(dir, "a.bin")
	if err := os.WriteFile(source, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][]string{{"as", "-o", object, source}, {"objcopy", "-O", "binary", "-j", ".text", object, raw}} {
		if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", text, err, out)
		}
	}
	b, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var operandSize = regexp.MustCompile(`[a-z]+ ptr `)

// format disassembles without operand sizes, and with what was left over.
func format(code []byte) string {
	text, n := Format(code, 0x1000)
	text = operandSize.ReplaceAllString(text, "")
	if n != len(code) {
		text += " and " + hex.EncodeToString(code[n:])
	}
	return text
}

func TestRename15(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"mov %r15, (%rax)", "mov [rax], %"},
		{"mov %r15b, 8(%r15,%rcx,2)", "mov [%+rcx*2+0x08], %b"},
		{"add 16(%rbp,%r15,8), %r15d", "add %d, [rbp+%*8+0x10]"},
		{"push %r15", "push %"},
		{"xchg %r15, %rax", "xchg %, rax"},
		{"bswap %r15d", "bswap %d"},
		{"movabs $0x1122334455667788, %r15", "mov %, 0x1122334455667788"},
		{"andn %r15, %r15, %r15", "andn %, %, %"},
		{"shlx %r15, (%r15,%r15,4), %rcx", "shlx rcx, [%+%*4], %"},
		{"vmovd %r15d, %xmm15", "vmovd xmm15, %d"},
		{"vmovmskps %xmm15, %r15d", "vmovmskps %d, xmm15"},
		{"vmovdqu64 %zmm31, 64(%r15,%rax,1){%k3}", "vmovdqu64 [%+rax*1+0x40] {k3}, zmm31"},
		{"vcvttsd2si %xmm20, %r15", "vcvttsd2si %, xmm20"},
		{"lock cmpxchg16b (%r15)", "lock cmpxchg16b [%]"},
		{"pfadd (%r15,%r15,2), %mm3", "pfadd mm3, [%+%*2]"},
	} {
		code := assemble(t, c.in)
		inst := Decode(code, 0x1000)
		for to, name := range map[uint8]string{R8: "r8", R14: "r14", RBX: "rbx", RDI: "rdi"} {
			got := format(inst.Rename15(nil, code, to))
			if want := named(c.want, to, name); got != want {
				t.Errorf("%s to %s: got %q, want %q", c.in, name, got, want)
			}
		}
	}
}

// named replaces %, %d and %b by the register's names.
func named(s string, n uint8, name string) string {
	d, b := name+"d", name+"b"
	if n < 8 {
		d, b = "e"+name[1:], map[uint8]string{RBX: "bl", RDI: "dil"}[n]
	}
	return strings.NewReplacer("%d", d, "%b", b, "%", name).Replace(s)
}

func TestCopyStore(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"movups %xmm3, 5(%rax,%rcx)", "movups [r15+0x100], xmm3"},
		{"movaps %xmm13, %fs:(%rax)", "movups [r15+0x100], xmm13"},
		{"movapd %xmm1, (%r12)", "movupd [r15+0x100], xmm1"},
		{"movdqa %xmm1, (%r13,%r14)", "movdqu [r15+0x100], xmm1"},
		{"movntdq %xmm9, (%rax)", "movdqu [r15+0x100], xmm9"},
		{"movntps %xmm9, (%rax)", "movups [r15+0x100], xmm9"},
		{"movq %mm1, (%rax)", "movq [r15+0x100], mm1"},
		{"movntq %mm1, (%rax)", "movq [r15+0x100], mm1"},
		{"movq %xmm1, (%rax)", "movq [r15+0x100], xmm1"},
		{"movss %xmm11, (%rip)", "movss [r15+0x100], xmm11"},
		{"movhps %xmm11, (%rsp)", "movhps [r15+0x100], xmm11"},
		{"pextrb $3, %xmm11, 7(%rsp)", "pextrb [r15+0x100], xmm11, 0x03"},
		{"sete 7(%rsp)", "setz [r15+0x100]"},
		{"vmovdqa %ymm1, (%rax)", "vmovdqu [r15+0x100], ymm1"},
		{"vmovdqa %ymm9, (%r9,%r10,8)", "vmovdqu [r15+0x100], ymm9"},
		{"vmovaps %ymm9, (%r9,%r10,8)", "vmovups [r15+0x100], ymm9"},
		{"vmovntdq %ymm9, (%r9)", "vmovdqu [r15+0x100], ymm9"},
		{"vmovntpd %ymm9, (%r9)", "vmovupd [r15+0x100], ymm9"},
		{"vmovq %xmm9, (%r9)", "vmovq [r15+0x100], xmm9"},
		{"vextracti128 $1, %ymm9, (%r9)", "vextracti128 [r15+0x100], ymm9, 0x01"},
		{"vmovdqa64 %zmm30, 64(%r9)", "vmovdqu64 [r15+0x100], zmm30"},
		{"vmovdqa32 %zmm30, 64(%r9){%k2}", "vmovdqu32 [r15+0x100] {k2}, zmm30"},
		{"vmovntdq %zmm30, 64(%r9)", "vmovdqu32 [r15+0x100], zmm30"},
		{"vmovntps %zmm30, 64(%r9)", "vmovups [r15+0x100], zmm30"},
		{"vpmovqb %zmm3, 8(%rax){%k1}", "vpmovqb [r15+0x100] {k1}, zmm3"},
		{"vextracti64x4 $1, %zmm3, 8(%rax)", "vextracti64x4 [r15+0x100], zmm3, 0x01"},
	} {
		code := assemble(t, c.in)
		inst := Decode(code, 0x1000)
		if inst.Store != StoreCopy && inst.Store != StoreMasked {
			t.Errorf("%s: store kind %d", c.in, inst.Store)
			continue
		}
		out := inst.CopyStore(nil, code, 0x100)
		if got := format(out); got != c.want {
			t.Errorf("%s: got %q (%s), want %q", c.in, got, hex.EncodeToString(out), c.want)
		}
	}
}
