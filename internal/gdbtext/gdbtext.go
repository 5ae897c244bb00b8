// Package gdbtext compares texts of values with those that gdb prints. It is for
// tests.
package gdbtext

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

var (
	castPrefix   = regexp.MustCompile(`^\((?:[^()"']|\([^()]*\))*\) (@?0x)`)
	octal        = regexp.MustCompile(`\\([0-7]{3})`)
	emptyBase    = regexp.MustCompile(`<[\w:<>, ]+> = \{<No data fields>\}(, )?`)
	inaccessible = regexp.MustCompile(` <error: Cannot access memory at address 0x[0-9a-f]+>`)
	aNumber      = regexp.MustCompile(`-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?`)
)

// Rewrite rewrites what gdb prints in the ways that docs/values.md says to
// differ.
func Rewrite(s string) string {
	s = castPrefix.ReplaceAllString(s, "$1")
	s = octal.ReplaceAllStringFunc(s, func(o string) string {
		n, _ := strconv.ParseUint(o[1:], 8, 8)
		return fmt.Sprintf(`\x%02x`, n)
	})
	s = inaccessible.ReplaceAllString(s, "")
	s = emptyBase.ReplaceAllString(s, "")
	return strings.ReplaceAll(s, "{<No data fields>}", "{}")
}

// Same compares texts; floating-point numbers are equal where the nearest
// binary ones, of so many bits, are.
func Same(got, want string, bits uint) bool {
	if got == want {
		return true
	}
	a, b := aNumber.FindAllString(got, -1), aNumber.FindAllString(want, -1)
	if len(a) != len(b) || aNumber.ReplaceAllString(got, "#") != aNumber.ReplaceAllString(want, "#") {
		return false
	}
	for i := range a {
		if a[i] != b[i] && (!strings.ContainsAny(a[i]+b[i], ".e") || !sameFloat(a[i], b[i], bits)) {
			return false
		}
	}
	return true
}

func sameFloat(a, b string, bits uint) bool {
	if bits > 53 {
		x, _, err1 := big.ParseFloat(a, 10, bits, big.ToNearestEven)
		y, _, err2 := big.ParseFloat(b, 10, bits, big.ToNearestEven)
		return err1 == nil && err2 == nil && x.Cmp(y) == 0
	}
	size := 64
	if bits == 24 {
		size = 32
	}
	x, err1 := strconv.ParseFloat(a, size)
	y, err2 := strconv.ParseFloat(b, size)
	return err1 == nil && err2 == nil && x == y
}
