package debuginfo

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hindsight/internal/symbols"
)

// program builds a C program with n types and as many variables.
func program(t testing.TB, n int) string {
	t.Helper()
	cc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("gcc is not installed")
	}
	var src strings.Builder
	for i := range n {
		fmt.Fprintf(&src, "struct s%d { int a, b : 3; struct s%d *next; char name[%d]; } v%d;\n", i, i, i+1, i)
	}
	src.WriteString("int f(int x, struct s0 *p) { int y = x + p->a; return y; }\nint main(void) { return f(1, &v0); }\n")
	dir := t.TempDir()
	file := filepath.Join(dir, "p.c")
	if err := os.WriteFile(file, []byte(src.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "p")
	if text, err := exec.Command(cc, "-g", "-Wl,--build-id", "-o", out, file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

func open(t testing.TB, path string) *symbols.File {
	t.Helper()
	f, err := symbols.Open(path, symbols.Options{DebugDirs: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The cache gives what the file says, whatever is in the cache.
func TestDataFromTheCache(t *testing.T) {
	path := program(t, 2000)
	want := open(t, path).Data()
	dir := filepath.Join(t.TempDir(), "a", "b")
	c := At(dir)
	check := func(what string) string {
		t.Helper()
		f := open(t, path)
		if got := c.Data(f); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the data differs", what)
		}
		return c.path(f)
	}
	kept := check("without a cache")
	info, err := os.Stat(kept)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("kept: %v, %v", info, err)
	}
	if d, err := os.Stat(dir); err != nil || d.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", d, err)
	}
	good, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(kept, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	check("from the cache")
	if info, err := os.Stat(kept); err != nil || info.ModTime().Unix() == 1 {
		t.Errorf("the cached file was not used: %v", err)
	}
	for what, b := range map[string][]byte{"empty": {}, "cut": good[:len(good)/2], "foreign": []byte("#!/bin/sh\nexit 1\n"),
		"altered": append(append(slices.Clone(good[:len(good)/2]), good[len(good)/2]^4), good[len(good)/2+1:]...)} {
		if err := os.WriteFile(kept, b, 0o600); err != nil {
			t.Fatal(err)
		}
		check(what)
		if now, err := os.ReadFile(kept); err != nil || !slices.Equal(now, good) {
			t.Errorf("%s: not made again: %v", what, err)
		}
	}
	if err := os.Remove(kept); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, kept); err != nil {
		t.Fatal(err)
	}
	check("a link")
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left in the folder: %v, %v", entries, err)
	}
}

// What other users can write is not believed.
func TestWritableByOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readOwn(path); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(path, 0o622); err != nil {
		t.Fatal(err)
	}
	if _, err := readOwn(path); err == nil {
		t.Error("was read")
	}
}

// A copy of the file with other functions has the same build id.
func TestAnotherCopy(t *testing.T) {
	d := open(t, program(t, 3)).Data()
	b := encode(d, 5<<32|1)
	if _, err := decode(b, 5<<32|2); err != errOther {
		t.Error(err)
	}
}

// A folder that cannot be written costs time only.
func TestNoCache(t *testing.T) {
	path := program(t, 2000)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []Cache{{}, At(filepath.Join(file, "below"))} {
		if d := c.Data(open(t, path)); len(d.Variables) < 2000 {
			t.Errorf("%d variables", len(d.Variables))
		}
	}
}

// What was not used for longest goes first.
func TestMakeRoom(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"new", "old", "older"} {
		at := time.Now().Add(-time.Duration(i) * time.Hour)
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, make([]byte, 100), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	abandoned := filepath.Join(dir, partial+"1")
	if err := os.WriteFile(abandoned, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(abandoned, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := At(dir).makeRoom(100, 300); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 || entries[0].Name() != "new" || entries[1].Name() != "old" {
		t.Errorf("%v, %v", entries, err)
	}
}

// Whatever a cached file holds, even with a good checksum, decode refuses it or gives data whose
// references are sound.
func TestDamagedCache(t *testing.T) {
	d := open(t, program(t, 20)).Data()
	const key = 100 << 32
	good := encode(d, key)
	random := rand.New(rand.NewPCG(3, 4))
	refused := 0
	for n := range 20000 {
		b := slices.Clone(good[:len(good)-4])
		for range 1 + random.IntN(3) {
			at := len(magic) + 8 + random.IntN(len(b)-len(magic)-8)
			b[at] = byte(random.Uint32())
		}
		if n%4 == 0 {
			b = b[:len(magic)+8+random.IntN(len(b)-len(magic)-8)]
		}
		got, err := decode(seal(b), key)
		if err != nil {
			refused++
			continue
		}
		for _, v := range got.Variables {
			_ = got.Types[v.Type]
			_ = v.Lives.String()
		}
		for _, x := range got.Types {
			_, _ = got.Types[x.Target], x.Kind.String()
			for _, m := range x.Members {
				_ = got.Types[m.Type]
			}
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

func BenchmarkCached(b *testing.B) {
	f, err := symbols.Open("/lib/x86_64-linux-gnu/libc.so.6", symbols.Options{})
	if err != nil {
		b.Skip(err)
	}
	d, key := f.Data(), functionsKey(f)
	file := encode(d, key)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := decode(file, key); err != nil {
			b.Fatal(err)
		}
	}
}
