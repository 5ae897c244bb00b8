package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRecordReplayRemove follows one recording from record to remove.
func TestRecordReplayRemove(t *testing.T) {
	t.Setenv("HINDSIGHT_DIR", t.TempDir())
	got := hindsight(t, "one\ntwo\n", "record", "sed", "-n", "-e", "2p")
	if got.code != 0 || got.stdout != "two\n" || !strings.Contains(got.stderr, "hindsight: recorded "+os.Getenv("HINDSIGHT_DIR")) {
		t.Fatalf("record: %+v", got)
	}
	if got := hindsight(t, "", "replay", "--output"); got.code != 0 || got.stdout != "two\n" ||
		!strings.Contains(got.stderr, "without a difference") {
		t.Errorf("replay: %+v", got)
	}
	var listed []struct {
		Name, Command, Status string
		Events, Bytes         uint64
		Indexed               bool
	}
	list := hindsight(t, "", "list", "--format", "json")
	if err := json.Unmarshal([]byte(list.stdout), &listed); err != nil || len(listed) != 1 {
		t.Fatalf("list: %v, %+v", err, list)
	}
	r := listed[0]
	if r.Command != "sed -n -e 2p" || r.Status != "exit 0" || r.Events == 0 || r.Bytes == 0 || r.Indexed {
		t.Errorf("list: %+v", r)
	}
	if got := hindsight(t, "", "show", r.Name); got.code != 0 || !strings.Contains(got.stdout, "sed -n -e 2p") {
		t.Errorf("show: %+v", got)
	}
	if got := hindsight(t, "", "remove", r.Name); got.code != exitUsage {
		t.Errorf("remove without --yes and terminal: %+v", got)
	}
	if got := hindsight(t, "", "remove", "--yes", r.Name); got.code != 0 {
		t.Errorf("remove: %+v", got)
	}
	if got := hindsight(t, "", "list", "--format", "json"); got.stdout != "[]\n" {
		t.Errorf("after remove: %+v", got)
	}
}

func TestRecordStatus(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"sh", "-c", "exit 7"}, 7},
		{[]string{"sh", "-c", "kill -TERM $$"}, 128 + 15},
		{[]string{"-o", filepath.Join(dir, "dashes"), "--", "sh", "-c", "exit 2"}, 2},
		{[]string{"no-such-program-anywhere"}, exitFailure},
		{[]string{"-o", dir, "true"}, exitFailure},
	} {
		if got := hindsight(t, "", append([]string{"record"}, c.args...)...); got.code != c.code {
			t.Errorf("%q: %+v, want %d", c.args, got, c.code)
		}
	}
}

// TestRemoveAsks answers at a terminal.
func TestRemoveAsks(t *testing.T) {
	t.Setenv("HINDSIGHT_DIR", t.TempDir())
	dir := filepath.Join(os.Getenv("HINDSIGHT_DIR"), "kept")
	if got := hindsight(t, "", "record", "-o", dir, "true"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	p := startTerminal(t, nil, "remove", "kept")
	p.expect("[y/N] ")
	p.send("n\n")
	if code := p.wait(); code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	p = startTerminal(t, nil, "remove", "kept")
	p.expect("[y/N] ")
	p.send("yes\n")
	if code := p.wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("it is still there")
	}
}
