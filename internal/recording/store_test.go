package recording

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestStore(t *testing.T) {
	root := filepath.Join(t.TempDir(), "store")
	t.Setenv("HINDSIGHT_DIR", root)
	if _, err := Latest(); err == nil || !strings.Contains(err.Error(), "hindsight record") {
		t.Errorf("empty store: %v", err)
	}
	var dirs []string
	for i := range 3 {
		dir, err := NewDir("/usr/bin/my prog")
		if err != nil {
			t.Fatal(err)
		}
		meta := testMeta()
		meta.StartedAt = time.Now().Add(-time.Duration(i) * time.Hour)
		w, err := Create(dir, meta)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Abandon(meta); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	if base := filepath.Base(dirs[0]); !strings.HasPrefix(base, "my_prog-2") {
		t.Errorf("named %s", base)
	}
	if err := os.Mkdir(filepath.Join(root, "other"), 0o700); err != nil {
		t.Fatal(err)
	}
	list, err := List()
	if err != nil || len(list) != 3 || list[0].Dir != dirs[2] {
		t.Errorf("list %v, %v", list, err)
	}
	for name, want := range map[string]string{"": dirs[0], filepath.Base(dirs[1]): dirs[1], dirs[2]: dirs[2]} {
		if got, err := Resolve(name); got != want || err != nil {
			t.Errorf("Resolve(%q) = %s, %v", name, got, err)
		}
	}
	if _, err := Resolve("nothing"); err == nil {
		t.Error("resolved a name that is not there")
	}
	if err := Remove(filepath.Join(root, "other")); err == nil {
		t.Error("removed a folder that is no recording")
	}
	if err := Remove(dirs[0]); err != nil {
		t.Fatal(err)
	}
	if got, err := Latest(); got != dirs[1] || err != nil {
		t.Errorf("Latest = %s, %v", got, err)
	}
}

// TestDamagedNewest holds that a damaged recording is not passed over for an
// older one, nor called absent, and that one that was killed as it began can be
// removed.
func TestDamagedNewest(t *testing.T) {
	root := t.TempDir()
	t.Setenv("HINDSIGHT_DIR", root)
	meta := testMeta()
	meta.StartedAt = time.Now().Add(-time.Hour)
	var dirs []string
	for _, name := range []string{"older", "newer"} {
		w, err := Create(filepath.Join(root, name), meta)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Abandon(meta); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, w.Dir)
	}
	if err := os.WriteFile(filepath.Join(dirs[1], metaFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Latest(); err == nil || !strings.Contains(err.Error(), "newer: damaged") {
		t.Errorf("Latest = %s, %v", got, err)
	}
	begun := filepath.Join(root, "begun")
	if err := os.MkdirAll(filepath.Join(begun, objectsDir), 0o700); err != nil {
		t.Fatal(err)
	}
	if list, err := List(); err != nil || len(list) != 3 {
		t.Errorf("%d recordings, %v", len(list), err)
	}
	for _, dir := range []string{dirs[1], begun} {
		if err := Remove(dir); err != nil {
			t.Error(err)
		}
	}
	if got, err := Latest(); got != dirs[0] || err != nil {
		t.Errorf("Latest = %s, %v", got, err)
	}
}

func TestRoot(t *testing.T) {
	for _, c := range []struct{ hindsight, xdg, home, want string }{
		{"/h", "/x", "/home/u", "/h"},
		{"", "/x", "/home/u", "/x/hindsight"},
		{"", "relative", "/home/u", "/home/u/.local/share/hindsight"},
	} {
		t.Setenv("HINDSIGHT_DIR", c.hindsight)
		t.Setenv("XDG_DATA_HOME", c.xdg)
		t.Setenv("HOME", c.home)
		if got, err := Root(); got != c.want || err != nil {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
}
