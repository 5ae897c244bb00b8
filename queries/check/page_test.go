package check

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"hindsight/sqlext"
)

var update = flag.Bool("update", false, "write the generated parts of docs/checks.md anew")

const page = "../../docs/checks.md"

// TestChecksPage holds that the generated parts of docs/checks.md are what the
// headers of views, macros and checks say.
func TestChecksPage(t *testing.T) {
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for name, part := range map[string]string{"views": viewsPart(), "builtin": builtinPart()} {
		begin := "<!-- " + name + ": generated, go test ./queries/check -run Page -update -->\n"
		before, rest, ok := strings.Cut(text, begin)
		if !ok {
			t.Fatalf("%s has no part %q", page, name)
		}
		_, after, _ := strings.Cut(rest, "<!-- end -->")
		text = before + begin + part + "<!-- end -->" + after
	}
	if text == string(data) {
		return
	}
	if !*update {
		t.Fatalf("%s is stale: go test ./queries/check -run Page -update", page)
	}
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func viewsPart() string {
	var out strings.Builder
	both := false
	out.WriteString("\n### In `head` and in `base`\n")
	for _, e := range sqlext.PairLibrary() {
		if strings.HasPrefix(e.Name, "_") {
			continue
		}
		if e.Both && !both {
			both = true
			out.WriteString("\n### Of both\n")
		}
		fmt.Fprintf(&out, "\n#### %s\n\n%s.\n", e.Signature, strings.ToUpper(e.Summary[:1])+e.Summary[1:])
		if e.Text != "" && e.Text != "Gives:" {
			fmt.Fprintf(&out, "%s\n", strings.TrimPrefix(e.Text, "Gives:\n"))
		}
		columns := e.Columns
		if e.Gives != nil {
			columns = e.Gives
		}
		out.WriteString("\n| name | meaning |\n|---|---|\n")
		for _, c := range columns {
			fmt.Fprintf(&out, "| %s | %s |\n", c.Name, strings.ReplaceAll(c.Meaning, "|", `\|`))
		}
		fmt.Fprintf(&out, "\n```sql\n%s\n```\n", e.Example)
	}
	return out.String() + "\n"
}

func builtinPart() string {
	var out strings.Builder
	out.WriteString("\n| name | holds where |\n|---|---|\n")
	for _, c := range Builtin() {
		fmt.Fprintf(&out, "| %s | %s", c.Name, c.Query.Summary)
		if c.Query.Doc != "" {
			fmt.Fprintf(&out, " %s", strings.ReplaceAll(c.Query.Doc, "\n", " "))
		}
		for _, p := range c.Query.Params {
			fmt.Fprintf(&out, " `%s`: %s.", p.String(), p.Meaning)
		}
		out.WriteString(" |\n")
	}
	return out.String() + "\n"
}
