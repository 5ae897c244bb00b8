package abi

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/syscalls.md anew")

const page = "../../docs/syscalls.md"

// TestGeneratedPage fails where docs/syscalls.md does not show the table as it is.
// Write it anew with: go test ./internal/abi -run TestGenerated -update
func TestGeneratedPage(t *testing.T) {
	want := generatePage()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test ./internal/abi -run TestGenerated -update", page)
	}
}

func generatePage() string {
	var b strings.Builder
	described, rows := 0, All()
	for _, s := range rows {
		if s.Described {
			described++
		}
	}
	fmt.Fprintf(&b, `# System calls

Generated from the table in internal/abi by its test; do not edit.

Hindsight knows %d system calls of Linux on x86-64. Of %d every effect on the program's memory is described. A call
that is refused ends the recording with an error that names it. One that is answered is not performed: the program
gets that error number instead, as from an older kernel, and is expected to do without. Calls with a number that the
table does not have are answered ENOSYS.

How to read the arguments: `+"`in`, `out` and `inout`"+` say whether the kernel reads or writes the memory that is pointed to,
`+"`[argN]` is a length that argument N gives (from 0), `result ≤ argN`"+` says that only as much is written as the result says,
`+"`always`"+` that it may be written on errors too, and `+"`?`"+` that the argument depends on the flags.

| number | name | described | arguments | treatment |
|---|---|---|---|---|
`, len(rows), described)
	for _, s := range rows {
		mark := ""
		if s.Described {
			mark = "yes"
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s |\n", s.Number, s.Name, mark, strings.ReplaceAll(s.Arguments(), "|", `\|`), s.Treatment())
	}
	b.WriteString("\n## ioctl requests\n\nBesides these, requests that follow the size rule (the number says how many bytes are read and written) are taken\nfor these kinds of device; all others are refused.\n\n")
	writeIoctls(&b)
	return b.String()
}

func writeIoctls(b *strings.Builder) {
	for _, r := range ioctlRanges {
		fmt.Fprintf(b, "- type %#x, numbers %#x to %#x: %s\n", r.letter, r.first, r.last, r.what)
	}
	b.WriteString("\n| request | name | argument |\n|---|---|---|\n")
	for _, r := range slices.Sorted(maps.Keys(ioctls)) {
		fmt.Fprintf(b, "| %#x | %s | %s |\n", r, ioctls[r].name, ioctls[r].arg)
	}
}
