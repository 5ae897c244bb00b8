package notebook

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"

	"hindsight/queries"
	"hindsight/sqlext"
	"hindsight/sqlext/sqltest"
)

// history opens the small history of package sqltest.
func history(t testing.TB) *sqlext.History {
	t.Helper()
	file := filepath.Join(t.TempDir(), "history.duckdb")
	sqltest.Create(t, file)
	h, err := sqlext.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func parse(t testing.TB, text string) *Notebook {
	t.Helper()
	n, err := Parse("test.md", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// runText runs a notebook's text and gives it with its results.
func runText(t testing.TB, h Querier, text string, values map[string]string) (*Notebook, *Results, string) {
	t.Helper()
	n := parse(t, text)
	r, err := n.Run(t.Context(), h, values)
	if err != nil {
		t.Fatal(err)
	}
	return n, r, string(n.Markdown(r))
}

const sample = `# Writes of {{prog}}

~~~params
least UINTEGER = 1: the smallest size
prog VARCHAR = 'a|b*c_': a name
~~~

There are {{all.n}} writes, ` + "`{{all.n}}`" + ` in code, \{{all.n}} escaped.

| a | b |
|---|---|
| x | {{all.n}} |

~~~sql name=all hide
SELECT count(*) AS n FROM writes WHERE size >= $least;
~~~

~~~sql chart=bar x=name y=n
CREATE TEMP TABLE sizes AS SELECT size, count(*) AS n FROM writes GROUP BY ALL;
SELECT 'size ' || size AS name, n FROM sizes ORDER BY size;
~~~

~~~sql rows=2
SELECT t, addr, NULL AS nothing, '' AS empty FROM writes ORDER BY t;
~~~
`

func TestResultsGoUnderTheirBlocks(t *testing.T) {
	_, r, text := runText(t, history(t), sample, nil)
	if r.Failed() {
		t.Fatal(text)
	}
	for _, want := range []string{
		"# Writes of **a\\|b\\*c\\_**<!--{{prog}}-->\n",
		"There are **5**<!--{{all.n}}--> writes, `{{all.n}}` in code, \\{{all.n}} escaped.",
		"| x | **5**<!--{{all.n}}--> |\n",
		"*The first 2 of 5 rows; 3 are left out.*",
		"*NULL*", "0x", "█",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, resultBegin); n != 2 {
		t.Errorf("%d results; the hidden block has none", n)
	}
}

func TestRunningAgainChangesNothing(t *testing.T) {
	h := history(t)
	n, r, once := runText(t, h, sample, nil)
	page, err := n.HTML(r, About{})
	if err != nil {
		t.Fatal(err)
	}
	// A second connection, as the command has: temporary tables are gone.
	n, r, twice := runText(t, history(t), once, nil)
	if once != twice {
		t.Errorf("the second run changed it:\n%s", diff("test", once, twice))
	}
	again, err := n.HTML(r, About{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, again) {
		t.Error("the page of the notebook with stored results is another than without")
	}
	if diffs := n.Check(r); len(diffs) > 0 {
		t.Errorf("its own results differ: %s", diffs)
	}
	if _, _, windows := runText(t, history(t), strings.ReplaceAll(once, "\n", "\r\n"), nil); windows != once {
		t.Error("with line ends of Windows it is another")
	}
}

func TestCheckFindsEachDifference(t *testing.T) {
	h := history(t)
	_, _, text := runText(t, h, "{{b.n}}\n\n~~~sql name=b\nSELECT count(*) AS n FROM writes;\n~~~\n\n~~~sql check=off\nSELECT 7 AS seven;\n~~~\n", nil)
	for _, c := range []struct {
		old, new string
		want     string // part of the difference; "" for none
	}{
		{"", "", ""},
		{"|   5 |", "|   4 |", "-|   4 |\n+|   5 |"},
		{"**5**", "**6**", "-6\n+5"},
		{"**5**<!--{{b.n}}-->", "{{b.n}}", "+5"},
		{"|     7 |", "|     8 |", ""}, // check=off
		{"SELECT count(*)", "SELECT 3 + count(*)", "+|   8 |"},
	} {
		if !strings.Contains(text, c.old) {
			t.Fatalf("no %q in\n%s", c.old, text)
		}
		n, r, _ := runText(t, h, strings.Replace(text, c.old, c.new, 1), nil)
		if got := strings.Join(n.Check(r), ""); !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%q for %q: difference %q, not %q", c.new, c.old, got, c.want)
		}
	}
}

func TestAFailedBlockIsToldWhereItStands(t *testing.T) {
	n, r, text := runText(t, history(t), "# x\n\n~~~sql\nSELECT 1 AS one;\nSELECT *\nFROM nowhere;\n~~~\n\n~~~sql\nSELECT 2 AS two;\n~~~\n\n~~~sql chart=line\nSELECT 'a' AS a, 'b' AS b;\n~~~\n", nil)
	if !r.Failed() || r.Blocks[0].Err == nil || r.Blocks[1].Err != nil || r.Blocks[2].Err == nil {
		t.Fatal(text)
	}
	for _, want := range []string{"> **Error:** line 6: ", "nowhere does not exist", "| two |", "> **Error:** line 14: a line chart needs a column of numbers for x"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	page, err := n.HTML(r, About{})
	if err != nil || !bytes.Contains(page, []byte(`role="alert"`)) {
		t.Errorf("the page does not show the error: %v", err)
	}
	if _, _, again := runText(t, history(t), text, nil); again != text {
		t.Error("an error's result is not replaced by the next run")
	}
}

func TestParametersAreBound(t *testing.T) {
	h := history(t)
	hostile := "x'; DROP TABLE writes; --"
	_, r, text := runText(t, h, "~~~params\np VARCHAR: text\n~~~\n\n~~~sql\nSELECT $p AS p;\n~~~\n", map[string]string{"p": hostile})
	if r.Failed() || r.Blocks[0].Rows[0][0].Text != hostile {
		t.Error(text)
	}
	n := parse(t, "~~~params\np VARCHAR: text\n~~~\n")
	for _, values := range []map[string]string{nil, {"q": "1", "p": "2"}} {
		var usage *queries.UsageError
		if _, err := n.Run(t.Context(), h, values); !errors.As(err, &usage) {
			t.Errorf("%v: %v", values, err)
		}
	}
}

func TestMistakesAreToldWithTheirLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"# a\n\n~~~sql rows=none\nx\n~~~\n", "test.md:3: rows=none: give a number from 1 to 10000"},
		{"~~~sql colour=red\n~~~\n", `test.md:1: "colour" is no option`},
		{"~~~sql chart=pie\n~~~\n", "chart=pie: use bar, line, scatter, timeline, flame"},
		{"~~~sql x=a\n~~~\n", "give chart= as well"},
		{"~~~sql chart=flame x=a\n~~~\n", "a flame chart has no x"},
		{"~~~sql hide chart=bar\n~~~\n", "exclude each other"},
		{"~~~sql name=a name=b\n~~~\n", "given twice"},
		{"~~~sql title=\"a\n~~~\n", `a " is not closed`},
		{"~~~sql name=a\n~~~\n\n~~~sql name=a\n~~~\n", "named a"},
		{"text\n\n~~~sql\nSELECT 1\n", "test.md:3: this block has no end"},
		{"- item\n  ~~~sql\n  SELECT 1\n  ~~~\n", "inside a list or a quotation"},
		{"> ~~~sql\n> SELECT 1\n> ~~~\n", "inside a list or a quotation"},
		{"a\n{{nothing}}\n", "test.md:2: {{nothing}}: there is no parameter nothing"},
		{"{{a.b}}\n", "no block has name=a"},
		{"{{1 + 1}}\n", "neither {{parameter}} nor {{block.column}}"},
		{"~~~params\np: x\n~~~\n", "test.md:2: "},
		{"~~~params\np VARCHAR: x\np VARCHAR: y\n~~~\n", "test.md:3: the parameter p is declared twice"},
		{"~~~sql\n~~~\n\n<!-- result -->\n| a |\n", "test.md:4: this result has no end"},
		{"text\n\n<!-- result -->\n\n| a |\n\n<!-- end of result -->\n", "test.md:3: a result stands here without a block"},
	} {
		_, err := Parse("test.md", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, not %q", c.text, err, c.want)
		}
	}
	if _, err := Parse("big.md", make([]byte, MaxSource+1)); err == nil {
		t.Error("a file of any size is read")
	}
	for _, text := range []string{strings.Repeat("~~~sql\n~~~\n\n", maxBlocks+1), strings.Repeat("{{a}} ", maxValues+1)} {
		if _, err := Parse("big.md", []byte(text)); err == nil || !strings.Contains(err.Error(), "too many") {
			t.Errorf("%.20q…: %v", text, err)
		}
	}
	_, err := parse(t, "{{a.b}}\n\n~~~sql name=a\nSELECT 1 AS c;\n~~~\n").Run(t.Context(), history(t), nil)
	if err == nil || !strings.Contains(err.Error(), "the block a has no column b") {
		t.Errorf("a column that is not there: %v", err)
	}
}

// hostileTexts are values that would do harm, or be lost, if they were not
// escaped.
var hostileTexts = []string{
	"<script>alert(1)</script>", "a | b", "`code`", "``", "**bold** _x_ __y__ *z*", "[a](http://x.test)", "![p](http://x.test/p.png)",
	"<!-- end of result -->", resultBegin, "line one\nline two\n\n<!-- end of result -->\n", "~~~", "```", "{{x}}", "{{{{", `\`, `\|`, `a\`, "# head", "- item", "1. item",
	"+ x", "> quote", "&lt; &amp; &#60; & x", "http://example.test/?a=b&c=d", "~~struck~~", "$x$ $$y$$", "  two  blanks  ", "__libc_start_main", "_a", "a_", "std::vector<int>&",
	"\u202eright to left", "\x1b[31mred\x1b[0m", "tab\there", "\u2028", "🦀 Å ß", "---", "|---|", "|", "||", "=", "<br>", "<br/>&nbsp;", "a\rb", "\r\n", "'\"", "%s%n", "javascript:alert(1)",
}

func TestHostileValuesComeOutAsTheyAre(t *testing.T) {
	h := history(t)
	var list strings.Builder
	for i, s := range hostileTexts {
		if i > 0 {
			list.WriteString(", ")
		}
		fmt.Fprintf(&list, "(%d, '%s')", i, strings.ReplaceAll(s, "'", "''"))
	}
	source := "~~~sql name=b\nSELECT v AS \"<i>|*v*\", i AS other FROM (VALUES " + strings.ReplaceAll(list.String(), "~~~", "~' || '~~") + ") x(i, v) ORDER BY i;\n~~~\n"
	n := parse(t, source)
	// Line ends and blanks inside the block's SQL would change the values.
	r, err := n.Run(t.Context(), h, nil)
	if err != nil || r.Failed() {
		t.Fatalf("%v\n%s", err, n.Markdown(r))
	}
	text := n.Markdown(r)
	cells := tableCells(t, renderPlain(t, stripSQL(text)))
	if len(cells) != len(hostileTexts) {
		t.Fatalf("%d rows of %d:\n%s", len(cells), len(hostileTexts), text)
	}
	for i, row := range r.Blocks[0].Rows {
		want := strings.TrimRight(strings.NewReplacer("\u2028", " ", "\r", " ").Replace(row[0].Text), " ")
		if got := strings.TrimRight(cells[i], " "); got != want {
			t.Errorf("row %d of the Markdown shows %q, not %q", i, got, want)
		}
	}
	if _, _, again := runText(t, h, string(text), nil); again != string(text) {
		t.Error("running it again changes it")
	}
	page, err := n.HTML(r, About{Recordings: hostileTexts})
	if err != nil {
		t.Fatal(err)
	}
	cells = tableCells(t, page)
	for i, row := range r.Blocks[0].Rows {
		if cells[i] != strings.ReplaceAll(row[0].Text, "\r", "\n") {
			t.Errorf("row %d of the page shows %q, not %q", i, cells[i], row[0].Text)
		}
	}
	harmless(t, page)
}

// stripSQL leaves out the block, whose text is no result.
func stripSQL(text []byte) []byte {
	_, result, _ := bytes.Cut(text, []byte("\n~~~\n"))
	return result
}

// renderPlain renders Markdown as a code host does.
func renderPlain(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert(text, &out); err != nil {
		t.Fatal(err)
	}
	// goldmark leaves raw HTML out; code hosts know <br>.
	return bytes.ReplaceAll(out.Bytes(), []byte("<!-- raw HTML omitted -->"), []byte("<br>"))
}

// tableCells gives the text of each row's first cell.
func tableCells(t *testing.T, page []byte) []string {
	t.Helper()
	var out []string
	eachElement(t, page, func(e *html.Node) {
		if e.Data == "tr" && e.Parent.Data == "tbody" {
			out = append(out, strings.ReplaceAll(nodeText(e.FirstChild), "\u00a0", " "))
		}
	})
	return out
}

func nodeText(n *html.Node) string {
	for n.Type != html.ElementNode && n.Type != html.TextNode {
		n = n.NextSibling
	}
	if n.Type == html.TextNode {
		if strings.TrimSpace(n.Data) == "" && n.NextSibling != nil && n.NextSibling.Data == "td" {
			return nodeText(n.NextSibling)
		}
		return n.Data
	}
	if n.Data == "br" {
		return "\n"
	}
	var out strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		out.WriteString(nodeText(c))
	}
	return out.String()
}

func eachElement(t *testing.T, page []byte, f func(*html.Node)) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			f(n)
		}
	}
}

// harmless fails where a page would run or load anything.
func harmless(t *testing.T, page []byte) {
	t.Helper()
	policy := false
	eachElement(t, page, func(e *html.Node) {
		switch e.Data {
		case "script", "iframe", "object", "embed", "img", "link", "base", "form", "image", "use", "foreignobject", "audio", "video":
			t.Errorf("the page has an element %s", e.Data)
		}
		for _, a := range e.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" || a.Key == "href" && e.Data != "a" ||
				a.Key == "href" && strings.Contains(a.Val, "script:") {
				t.Errorf("the page has %s %s=%q", e.Data, a.Key, a.Val)
			}
			policy = policy || a.Key == "http-equiv" && a.Val == "Content-Security-Policy"
		}
	})
	if !policy {
		t.Error("the page lacks its policy")
	}
}

func TestHostileNotebookMakesAHarmlessPage(t *testing.T) {
	n, r, _ := runText(t, history(t), `# <script>alert(1)</script> "title"

<script>alert(2)</script>

<img src=x onerror=alert(3)> text <b onclick="alert(4)">bold</b> <!-- quiet -->

![picture](http://example.test/p.png) [link](javascript:alert(5)) <http://example.test> [good](http://example.test)

<!-- a comment -->

~~~html
<script>alert(6)</script>
~~~

~~~sql name=a chart=bar title="<script>alert(7)</script>"
SELECT '<script>alert(8)</script>' AS "<script>alert(9)</script>", 5 AS "</style><script>";
~~~

<style>body { display: none }</style>
`, nil)
	page, err := n.HTML(r, About{Recordings: []string{"<script>alert(10)</script>"}})
	if err != nil {
		t.Fatal(err)
	}
	harmless(t, page)
	if bytes.Contains(page, []byte("quiet")) || !bytes.Contains(page, []byte("&lt;script&gt;alert(2)")) {
		t.Error("comments are shown, or raw HTML is not shown as text")
	}
}

func TestHugeResultsAreBounded(t *testing.T) {
	n, r, text := runText(t, history(t), "~~~sql rows=10000\nSELECT repeat('x', 1000000) AS x FROM range(300) ORDER BY 1;\n~~~\n\n~~~sql chart=line check=off\nSELECT range AS x, range AS y FROM range(300000);\n~~~\n\n~~~sql chart=flame check=off\nSELECT repeat('f;', 500000) AS s, 1 AS n;\n~~~\n", nil)
	page, err := n.HTML(r, About{})
	if err != nil || r.Failed() {
		t.Fatal(err)
	}
	if len(text) > 1<<20 || len(page) > 2<<20 {
		t.Errorf("%d bytes of Markdown, %d of HTML", len(text), len(page))
	}
	for _, want := range []string{"… (1000000 characters)", "The first 50 of 300000 rows; 299950 are left out."} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	if !bytes.Contains(page, []byte("The chart shows the first 100000 of 300000 rows.")) {
		t.Error("the page does not say what its chart leaves out")
	}
}

func TestWarnsOfUnorderedRows(t *testing.T) {
	h := history(t)
	for _, c := range []struct {
		sql  string
		want bool
	}{
		{"SELECT * FROM writes", true},
		{"SELECT * FROM writes ORDER BY t", false},
		{"SELECT count(*) FROM writes", false}, // one row
		{"SELECT * FROM (SELECT * FROM writes ORDER BY t)", true},
		{"SELECT *, row_number() OVER (ORDER BY t) FROM writes", true},
		{"SELECT 'ORDER BY' FROM writes -- ORDER BY t", true},
		{"FROM writes order\n by t", false},
		{"DESCRIBE writes", false},
	} {
		n, r, _ := runText(t, h, "~~~sql\n"+c.sql+"\n~~~\n", nil)
		if got := len(n.Warnings(r)) > 0; got != c.want {
			t.Errorf("%s: warned %v", c.sql, got)
		}
	}
}

func TestShippedNotebooksAreWellFormed(t *testing.T) {
	all, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 3 {
		t.Fatalf("%d notebooks", len(all))
	}
	for _, n := range all {
		if n.Title == "" || n.Title == n.Name {
			t.Errorf("%s has no title", n.Name)
		}
		if n.Stored() {
			t.Errorf("%s holds the results of some recording", n.Name)
		}
	}
	for _, name := range []string{"../notebook", "", "none"} {
		if _, err := ShippedSource(name); err == nil {
			t.Errorf("there is a notebook %q", name)
		}
	}
}
