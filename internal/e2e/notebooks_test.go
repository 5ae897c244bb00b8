package e2e

import (
	"fmt"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"hindsight/internal/fixture"
)

// misfortunes records and indexes the program misfortunes, whose source says
// what it does, and gives the recording.
func misfortunes(t *testing.T) string {
	t.Helper()
	rec := filepath.Join(t.TempDir(), "recording")
	program := variant(t, "misfortunes", "O0")
	// It exits as the program does, by SIGABRT.
	if r := run(t, command{args: []string{binary, "record", "-o", rec, program}}); r.status != 134 {
		t.Fatalf("record: exit status %d\n%s", r.status, tail(r.stderr))
	}
	hindsight(t, "index", rec)
	return rec
}

// TestNotebooks runs the notebooks that come with the program. What they say of
// misfortunes.c is what its source says; and but for the one about time, whose
// counts depend a little on where the system puts the program, each holds as a
// check for a second run of it, whose addresses are others.
func TestNotebooks(t *testing.T) {
	first, second := misfortunes(t), misfortunes(t)
	total := askOne(t, filepath.Join(first, "history.duckdb"), "SELECT format('{:,}', instructions) FROM recordings")
	cases := map[string]struct {
		args  []string
		other []string // under these it must say something else
		want  []string
	}{
		"time": {[]string{"-p", "top=100"}, []string{"-p", "top=2"}, []string{
			`It retired \*\*` + total + `\*\*`, `ended with \*\*signal 6\*\*`, `(?m)^\| count_to +\| +\d+ \|`,
		}},
		"memory": {nil, []string{"-p", "top=1"}, []string{
			// kept[0] to kept[2] of 1000, 1001 and 1002 bytes; twice; gone[32].
			`(?m)^\| allocate < misuse_memory < main +\| +3 \| +3003 \| malloc`,
			`not allocated \*\*1\*\*`, `released memory \*\*[1-9]\d*\*\*`,
			`(?m)^\| double \| main +\|`, `(?m)^\| misuse_memory +\| +` + fmt.Sprint(lineOf(t, "gone[32] = 'x'")) + ` \| +1 \|`,
		}},
		"variable": {[]string{"-p", "variable=counter"}, []string{"-p", "variable=caught"}, []string{
			`# Who wrote \*\*counter\*\*`, `written \*\*4\*\*<.* times, by \*\*1\*\*`, `from \*\*1\*\*.* to \*\*4\*\*`,
			`(?m)^\| count_to:\d+ +\| +4 \|`, `(?m)^\| count_to < main < .*\| +4 \| 1 +\| 4 `,
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "notebook.md")
			save(t, file, hindsight(t, "notebook", "show", name).stdout)
			with := func(rec string, more ...string) []string {
				return append(append([]string{"notebook", "run", file, "--recording", rec}, c.args...), more...)
			}
			if r := hindsight(t, with(first, "-o", file)...); r.stderr != "" {
				t.Errorf("it warns: %s", r.stderr)
			}
			text := load(t, file)
			for _, want := range c.want {
				if !regexp.MustCompile(want).MatchString(text) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			hindsight(t, with(first, "-o", file)...)
			sameText(t, "the second run's file", load(t, file), text)
			hindsight(t, with(first, "--check")...)
			if name != "time" {
				hindsight(t, with(second, "--check")...)
			}
			args := append([]string{binary, "notebook", "run", file, "--check", "--recording", first}, c.other...)
			if r := run(t, command{args: args}); r.status != 1 || !strings.Contains(r.stdout, "\n@@ ") {
				t.Errorf("with %v the check ends with %d:\n%s%s", c.other, r.status, r.stdout, r.stderr)
			}
			page := filepath.Join(t.TempDir(), "page.html")
			hindsight(t, with(first, "-o", page)...)
			browse(t, page)
		})
	}
}

func save(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// lineOf is the line of misfortunes.c that has a text.
func lineOf(t *testing.T, text string) int {
	t.Helper()
	root, err := fixture.Root()
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(load(t, filepath.Join(root, "testdata/programs/misfortunes.c")), text)
	if !ok {
		t.Fatalf("misfortunes.c has no %q", text)
	}
	return 1 + strings.Count(before, "\n")
}

// browser is the first browser of those that there is, or "".
func browser() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// browse opens a page in a real browser, light and dark, and gives its DOM. The
// console must be silent, and the page dark where the reader's system is.
func browse(t *testing.T, page string) string {
	t.Helper()
	chromium := browser()
	if chromium == "" {
		t.Log("the page is not looked at: chromium is not installed")
		return ""
	}
	dir := t.TempDir()
	open := func(args ...string) result {
		t.Helper()
		args = append([]string{chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
			"--enable-logging=stderr", "--user-data-dir=" + dir, "--window-size=900,1200"}, args...)
		r := run(t, command{args: append(args, "file://"+page), env: []string{"HOME=" + dir}})
		if r.status != 0 {
			t.Fatalf("chromium: exit status %d\n%s", r.status, tail(r.stderr))
		}
		for line := range strings.Lines(r.stderr) {
			if strings.Contains(line, ":CONSOLE") {
				t.Errorf("the page's console says: %s", line)
			}
		}
		return r
	}
	light, dark := filepath.Join(dir, "light.png"), filepath.Join(dir, "dark.png")
	open("--screenshot="+light, "--blink-settings=preferredColorScheme=1")
	open("--screenshot="+dark, "--blink-settings=preferredColorScheme=0")
	if l, d := brightness(t, light), brightness(t, dark); l < 0.8 || d > 0.3 {
		t.Errorf("the page is %.2f bright, and %.2f for those who want it dark", l, d)
	}
	return open("--dump-dom").stdout
}

// brightness of a picture is 0 to 1, on average.
func brightness(t *testing.T, file string) float64 {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	sum, n := 0.0, 0.0
	for y := 0; y < picture.Bounds().Dy(); y += 3 {
		for x := 0; x < picture.Bounds().Dx(); x += 3 {
			r, g, b, _ := picture.At(x, y).RGBA()
			sum += float64(r+g+b) / (3 * 0xffff)
			n++
		}
	}
	return sum / n
}

// TestHostileNotebookInBrowser opens a page whose notebook and results want to
// run scripts and to load things from a server, which counts who comes.
func TestHostileNotebookInBrowser(t *testing.T) {
	if browser() == "" {
		t.Skip("chromium is not installed")
	}
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var visits atomic.Int32
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			visits.Add(1)
			c.Close()
		}
	}()
	url := "http://" + server.Addr().String() + "/"
	attack := `<script>document.title = "taken"</script><img src=` + url + ` onerror="document.title='taken'"><style>@import "` + url + `"</style>`
	dir := t.TempDir()
	file, page := filepath.Join(dir, "hostile.md"), filepath.Join(dir, "hostile.html")
	save(t, file, "# Quiet\n\n"+attack+"\n\n![p]("+url+"p.png) text <b onclick=alert(1)>x</b> "+attack+
		"\n\n```sql chart=bar title=\"</title></style>x\"\nSELECT '"+strings.ReplaceAll(attack, "'", "''")+"' AS a, 1 AS b ORDER BY 1;\n```\n")
	rec := filepath.Join(dir, "recording")
	hindsight(t, "record", "-o", rec, static(t, "many_writes"))
	hindsight(t, "notebook", "run", file, "--recording", rec, "-o", page)
	dom := browse(t, page)
	if n := visits.Load(); n > 0 {
		t.Errorf("the page loads from elsewhere, %d times", n)
	}
	if !strings.Contains(dom, "<title>Quiet</title>") || strings.Contains(dom, "<script") || !strings.Contains(dom, "&lt;script&gt;document.title") {
		t.Errorf("the page has run or lost what it should show:\n%s", tail(dom))
	}
}
