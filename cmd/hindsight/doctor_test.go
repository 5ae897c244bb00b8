package main

import (
	"strings"
	"testing"

	"hindsight/capture"
)

func TestDiagnose(t *testing.T) {
	var out strings.Builder
	fine := []capture.Check{
		{Name: "tracing", OK: true, Detail: "permitted", Remedy: "never shown"},
		{Name: "counters", Info: true, Detail: "absent", Remedy: "do without"},
	}
	if !diagnose(&out, fine) {
		t.Error("what only informs makes recording impossible")
	}
	want := "ok       tracing: permitted\nnote     counters: absent\n         → do without\nThis machine can record.\n"
	if out.String() != want {
		t.Errorf("got %q", out.String())
	}
	out.Reset()
	if diagnose(&out, append(fine, capture.Check{Name: "memory", Detail: "forbidden", Remedy: "allow it"})) {
		t.Error("recording is said to be possible")
	}
	if !strings.Contains(out.String(), "missing  memory: forbidden\n         → allow it\n") || !strings.Contains(out.String(), "cannot record") {
		t.Errorf("got %q", out.String())
	}
}
