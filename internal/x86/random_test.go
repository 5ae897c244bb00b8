package x86

import (
	"encoding/hex"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// randomInstruction is 24 bytes that may begin with an instruction, all kinds of
// encoding being as likely as others.
func randomInstruction(r *rand.Rand) []byte {
	var b []byte
	for _, p := range []byte{0x66, 0xf2, 0xf3, 0xf0, 0x64, 0x67, 0x2e, 0x48, 0x47} {
		if r.IntN(10) == 0 {
			b = append(b, p)
		}
	}
	r.Shuffle(len(b), func(i, k int) { b[i], b[k] = b[k], b[i] })
	any := func() byte { return byte(r.Uint32()) }
	switch r.IntN(8) {
	case 0:
		b = append(b, 0xc5)
	case 1:
		b = append(b, 0xc4, any()&0xe0|byte(1+r.IntN(3)))
	case 2, 3:
		b = append(b, 0x62, any()&0xf0|byte(1+r.IntN(3)), any()|4)
	case 4:
		b = append(b, 0x40|any()&15, 0x0f)
	case 5:
		b = append(b, 0x40|any()&15, 0x0f, 0x38|any()&2)
	case 6:
		b = append(b, 0x8f, any()&0xe0|byte(8+r.IntN(3)))
	default:
		b = append(b, 0x40|any()&15)
	}
	for len(b) < 24 {
		b = append(b, any())
	}
	return b
}

var (
	register15    = regexp.MustCompile(`\br15([dwb]?)\b`)
	memoryOperand = regexp.MustCompile(`([fg]s:)?\[.*\]`)
)

// The rewritten instruction reads as the old one, but for the operand concerned.
func TestRewriteRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	renamed, copied := 0, 0
	for range 1_000_000 {
		code := randomInstruction(r)
		in := Decode(code, 0x1000)
		if in.Kind == Bad || in.Kind == Unsupported {
			continue
		}
		text, _ := Format(code, 0x1000)
		// what a nop names is part of its opcode in truth
		if in.Uses15() && !in.RIPRelative && in.Name() != "nop" {
			renamed++
			want := register15.ReplaceAllString(text, "r9$1")
			if got, _ := Format(in.Rename15(nil, code, R9), 0x1000); got != want {
				t.Fatalf("%s: %s with r9 for r15 is %s, want %s", hex.EncodeToString(code[:in.Len]), text, got, want)
			}
		}
		if in.Store == StoreCopy && !in.Stores15() || in.Store == StoreMasked {
			copied++
			out := in.CopyStore(nil, code, 0x100)
			got, n := Format(out, 0x1000)
			want := unaligned(memoryOperand.ReplaceAllString(text, "[r15+0x100]"))
			if got = unaligned(got); got != want || n != len(out) {
				t.Fatalf("%s: a copy of %s is %s, want %s", hex.EncodeToString(code[:in.Len]), text, got, want)
			}
		}
	}
	if renamed < 10_000 || copied < 2_000 {
		t.Errorf("only %d were renamed and %d copied", renamed, copied)
	}
}

// unaligned makes one name of the forms that store the same bytes.
func unaligned(text string) string {
	name, operands, _ := strings.Cut(text, " ")
	for from, to := range map[string]string{"movap": "movup", "movntp": "movup", "movdqa": "movdqu", "movntq": "movq",
		"movnts": "movs", "movntdq": "movdqu"} {
		name = strings.Replace(name, from, to, 1)
	}
	if strings.HasSuffix(name, "movdqu64") || strings.HasSuffix(name, "movdqu32") {
		name = "vmovdqu"
	}
	return name + " " + operandSize.ReplaceAllString(operands, "")
}
