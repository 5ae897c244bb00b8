package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestProgressBar holds that the bar stays on one line of the terminal, which it
// leaves empty.
func TestProgressBar(t *testing.T) {
	recordSome(t, "/usr/bin/perl", "-e", "for (1..40000) { $h{$_ % 100} .= 'x' }")
	p := startTerminal(t, nil, "index")
	if code := p.wait(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	p.expect("hindsight: indexed")
	p.mu.Lock()
	out := p.out.String()
	p.mu.Unlock()
	drawn, erased := strings.Count(out, "║")/2, strings.Count(out, "\x1b[A\x1b[K")
	if drawn < 3 || erased < drawn {
		t.Errorf("drawn %d times, erased %d times:\n%q", drawn, erased, out)
	}
	for line := range strings.Lines(escapes.ReplaceAllString(out, "")) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\r\n")); strings.Contains(line, "║") && n >= 100 {
			t.Errorf("a line of %d characters on a terminal of 100: %q", n, line)
		}
	}
}
