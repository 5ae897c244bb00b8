package check

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hostile has what XML, terminals and JSON do not bear.
const hostile = "x\x00\x1b[31m<&\"']]>\xff\u202e\ufffe\n\ttail"

func hostileReport() Report {
	return Report{
		Head: Recording{Name: hostile}, Base: &Recording{Name: hostile}, Began: time.Unix(0, 0),
		Results: []Result{
			{Name: "good", Summary: "Good.", Status: Passed, Outcomes: []Outcome{{Expect: "no rows", Held: true}}},
			{Name: hostile, Summary: hostile, Status: Failed, Outcomes: []Outcome{{Expect: "no rows", Detail: hostile, Evidence: hostile}}},
			{Name: "bad", Status: CouldNotRun, Err: errors.New(hostile)},
		},
	}
}

// TestJUnit reads the report back, and lets xmllint, where there is one, judge it.
func TestJUnit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.xml")
	if err := WriteJUnit(file, hostileReport()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Cases []struct {
				Name    string `xml:"name,attr"`
				Time    string `xml:"time,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
				Error *struct {
					Message string `xml:"message,attr"`
				} `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	cases := got.Suites[0].Cases
	if got.Tests != 3 || got.Failures != 1 || got.Errors != 1 || len(cases) != 3 {
		t.Fatalf("%+v", got)
	}
	if cases[0].Failure != nil || cases[0].Error != nil || cases[1].Failure == nil || cases[2].Error == nil || cases[0].Time != "0.000" {
		t.Errorf("%+v", cases)
	}
	if want := `x\x00\x1b[31m<&"']]>\xff\u202e\ufffe\n\ttail`; cases[1].Name != want || cases[1].Failure.Message != "no rows: "+want {
		t.Errorf("name %q", cases[1].Name)
	}
	if text := cases[1].Failure.Text; !strings.Contains(text, "]]>") || strings.ContainsAny(text, "\x00\x1b") {
		t.Errorf("text %q", text)
	}
	wellFormed(t, file, data)
}

func wellFormed(t *testing.T, file string, data []byte) {
	for d := xml.NewDecoder(strings.NewReader(string(data))); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	tool, err := exec.LookPath("python3")
	if err != nil {
		t.Log("no python3, whose parser would be a second judge")
		return
	}
	out, err := exec.Command(tool, "-c", "import sys, xml.dom.minidom as m; print(len(m.parse(sys.argv[1]).getElementsByTagName('testcase')))", file).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "3" {
		t.Errorf("expat: %v %s", err, out)
	}
}

func TestJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.json")
	if err := WriteJSON(file, hostileReport()); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Version int    `json:"version"`
		Status  string `json:"status"`
		Errors  int    `json:"errors"`
		Checks  []struct {
			Name, Status, Error string
			Expectations        []struct {
				Expect string
				Held   bool
			}
		} `json:"checks"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != 1 || got.Status != "error" || got.Errors != 1 || len(got.Checks) != 3 || !got.Checks[0].Expectations[0].Held || got.Checks[2].Error == "" {
		t.Errorf("%s", data)
	}
}

// TestReportNotWritten holds that a report that cannot be written leaves what was
// there, and nothing beside it.
func TestReportNotWritten(t *testing.T) {
	dir := t.TempDir()
	if err := WriteJSON(filepath.Join(dir, "missing", "r.json"), hostileReport()); err == nil {
		t.Error("written into a folder that is not there")
	}
	if err := WriteJUnit(dir, hostileReport()); err == nil {
		t.Error("a folder was replaced")
	}
	if names, _ := os.ReadDir(dir); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}

func TestWrite(t *testing.T) {
	for _, pretty := range []bool{true, false} {
		var out strings.Builder
		if err := Write(&out, hostileReport().Results, pretty); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		if strings.ContainsAny(text, "\x00\x1b\u202e") || strings.Contains(text, "\xff") {
			t.Errorf("control characters: %q", text)
		}
		if !strings.HasSuffix(text, "\n3 checks: 1 passed, 1 failed, 1 could not run\n") || strings.Contains(text, "┌") != pretty {
			t.Errorf("%s", text)
		}
	}
}

func TestTotals(t *testing.T) {
	for _, c := range []struct {
		statuses []Status
		want     Status
	}{
		{nil, Passed}, {[]Status{Passed, Updated}, Passed}, {[]Status{Passed, Failed}, Failed}, {[]Status{CouldNotRun, Failed}, CouldNotRun},
	} {
		var list []Result
		for _, s := range c.statuses {
			list = append(list, Result{Status: s})
		}
		if got := Count(list).Status(); got != c.want {
			t.Errorf("%v: %s", c.statuses, got)
		}
	}
}
