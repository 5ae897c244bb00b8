package check

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"time"

	"hindsight/internal/atomicfile"
)

// Recording names one side of a pair in a report.
type Recording struct {
	Name string `json:"name"` // as the user named it
	File string `json:"file"` // the history
	ID   string `json:"recording_id"`
}

// Report is what the reports for machines are made of.
type Report struct {
	Head    Recording
	Base    *Recording
	Began   time.Time
	Results []Result
}

type junitSuites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"`
	Suite    junitSuite
}

type junitSuite struct {
	XMLName    xml.Name        `xml:"testsuite"`
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	XMLName xml.Name      `xml:"testcase"`
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

// WriteJUnit writes the results as JUnit XML, as GitLab, Jenkins and GitHub's
// actions read it: a suite of one test case for each check, with a failure where
// one failed and an error where it could not run. The file appears when it is
// complete.
func WriteJUnit(file string, r Report) error {
	t := Count(r.Results)
	suite := junitSuite{
		Name: "hindsight check", Tests: len(r.Results), Failures: t.Failed, Errors: t.CouldNotRun,
		Time: seconds(t.Duration), Timestamp: r.Began.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{{"head", clean(r.Head.Name)}},
	}
	if r.Base != nil {
		suite.Properties = append(suite.Properties, junitProperty{"base", clean(r.Base.Name)})
	}
	for _, result := range r.Results {
		c := junitCase{Name: clean(result.Name), Class: "hindsight.check", Time: seconds(result.Duration)}
		problem := &junitProblem{Message: result.note(), Type: string(result.Status), Text: clean(result.Summary) + "\n" + result.detail()}
		switch result.Status {
		case Failed:
			c.Failure = problem
		case CouldNotRun:
			c.Error = problem
		}
		suite.Cases = append(suite.Cases, c)
	}
	data, err := xml.MarshalIndent(junitSuites{
		Name: suite.Name, Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Time: suite.Time, Suite: suite,
	}, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Replace(file, append([]byte(xml.Header), append(data, '\n')...))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

type jsonReport struct {
	Version     int         `json:"version"`
	Began       time.Time   `json:"began"`
	Head        Recording   `json:"head"`
	Base        *Recording  `json:"base"`
	Status      Status      `json:"status"`
	Passed      int         `json:"passed"`
	Updated     int         `json:"updated"`
	Failed      int         `json:"failed"`
	CouldNotRun int         `json:"errors"`
	Checks      []jsonCheck `json:"checks"`
}

type jsonCheck struct {
	Name         string        `json:"name"`
	Summary      string        `json:"summary"`
	Status       Status        `json:"status"`
	Seconds      float64       `json:"seconds"`
	Rows         uint64        `json:"rows"`
	Error        string        `json:"error,omitempty"`
	Expectations []jsonOutcome `json:"expectations"`
}

type jsonOutcome struct {
	Expect   string `json:"expect"`
	Held     bool   `json:"held"`
	Updated  bool   `json:"updated"`
	Detail   string `json:"detail,omitempty"`
	Evidence string `json:"evidence,omitempty"`
}

// WriteJSON writes the results as JSON, in the shape that docs/checks.md
// describes. The file appears when it is complete.
func WriteJSON(file string, r Report) error {
	t := Count(r.Results)
	out := jsonReport{
		Version: 1, Began: r.Began.UTC(), Head: r.Head, Base: r.Base, Status: t.Status(),
		Passed: t.Passed, Updated: t.Updated, Failed: t.Failed, CouldNotRun: t.CouldNotRun, Checks: []jsonCheck{},
	}
	for _, result := range r.Results {
		c := jsonCheck{
			Name: clean(result.Name), Summary: clean(result.Summary), Status: result.Status,
			Seconds: result.Duration.Seconds(), Rows: result.Rows, Expectations: []jsonOutcome{},
		}
		if result.Err != nil {
			c.Error = firstLine(result.Err.Error())
		}
		for _, o := range result.Outcomes {
			c.Expectations = append(c.Expectations, jsonOutcome{o.Expect, o.Held, o.Updated, clean(o.Detail), cleanLines(o.Evidence)})
		}
		out.Checks = append(out.Checks, c)
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Replace(file, append(data, '\n'))
}
