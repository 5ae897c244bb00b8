package main

import (
	"strings"
	"testing"
)

func TestShortened(t *testing.T) {
	long := strings.Repeat("é", 200)
	for in, want := range map[string]string{
		"gzip -9 file":     "gzip -9 file",
		"sh -c 'one\ntwo'": "sh -c 'one…",
		long:               strings.Repeat("é", 79) + "…",
		long[:100] + "\nx": strings.Repeat("é", 50) + "…",
	} {
		if got := shortened(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
