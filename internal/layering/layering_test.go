// Package layering holds the rule of who may import whom, which
// docs/architecture.md explains. It has no code but this test.
package layering

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// layers are the packages from the top down: each may import those below it.
// capture and replay stand beside each other and never import one another.
var layers = map[string]int{
	"cmd":      6,
	"queries":  5,
	"sqlext":   4,
	"tables":   3,
	"replay":   2,
	"capture":  2,
	"internal": 1,
}

// duckdbUsers are the only layers that may touch DuckDB.
var duckdbUsers = map[string]bool{"cmd": true, "sqlext": true, "tables": true, "queries": true}

// workshop are internal packages that build, test and measure the product and
// are no part of it.
var workshop = map[string]bool{
	"hindsight/internal/bench":      true,
	"hindsight/internal/e2e":        true,
	"hindsight/internal/fixture":    true,
	"hindsight/internal/gdbtext":    true,
	"hindsight/internal/layering":   true,
	"hindsight/internal/testreport": true,
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func TestDependencies(t *testing.T) {
	for _, p := range listPackages(t) {
		from := layerOf(p.ImportPath)
		if from == "build" {
			continue // a folder for what is made here, not part of the repository
		}
		if _, known := layers[from]; !known {
			t.Errorf("%s: %q is no layer of docs/architecture.md", p.ImportPath, from)
			continue
		}
		for _, imported := range p.Imports {
			checkImport(t, p.ImportPath, from, imported)
		}
	}
}

func checkImport(t *testing.T, importer, from, imported string) {
	if strings.Contains(imported, "/duckdb") && !duckdbUsers[from] {
		t.Errorf("%s imports %s: only tables, sqlext, queries and cmd may touch DuckDB", importer, imported)
	}
	if !strings.HasPrefix(imported, "hindsight/") {
		return
	}
	if workshop[imported] && !workshop[importer] {
		t.Errorf("%s imports %s, which is for tests only", importer, imported)
	}
	to := layerOf(imported)
	if from == to || workshop[importer] {
		return
	}
	if layers[from] <= layers[to] {
		t.Errorf("%s imports %s: %s may not depend on %s", importer, imported, from, to)
	}
}

// layerOf is the top folder of an import path of this module.
func layerOf(path string) string {
	layer, _, _ := strings.Cut(strings.TrimPrefix(path, "hindsight/"), "/")
	return layer
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "hindsight/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []goPackage
	d := json.NewDecoder(bytes.NewReader(out))
	for {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
