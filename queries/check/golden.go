package check

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"hindsight/internal/atomicfile"
	"hindsight/queries"
	"hindsight/sqlext"
)

// golden expects the rows that a file has. The file is text, a line for each row
// and a column behind each tab:
//
//	function VARCHAR	calls UBIGINT
//	main	1
//	\N	7
//	(2 rows)
//
// The first line has the columns with their types, the last one the number of
// rows, by which a file that was cut is known. NULL is \N, an empty text is empty;
// in texts \ is \\, and tab, line end and other control characters are \t, \n,
// \r and \xNN.
type golden struct {
	name   string
	path   string
	update bool
}

// goldenRows is how many rows a golden file may have.
const goldenRows = 100_000

func (k golden) judge() judge { return &goldenJudge{golden: k} }

type goldenJudge struct {
	golden
	columns []sqlext.Column
	ordered bool
	n       uint64
	text    strings.Builder
}

var orderBy = regexp.MustCompile(`(?i)\border\s+by\b`)

func (j *goldenJudge) begin(columns []sqlext.Column, q *queries.Query) error {
	j.columns = columns
	j.ordered = orderBy.MatchString(q.Statements[len(q.Statements)-1].Text)
	for i, c := range columns {
		j.cell(i, escape(c.Name)+" "+escape(c.Type))
	}
	j.text.WriteByte('\n')
	return nil
}

func (j *goldenJudge) cell(i int, text string) {
	if i > 0 {
		j.text.WriteByte('\t')
	}
	j.text.WriteString(text)
}

func (j *goldenJudge) row(values []driver.Value) error {
	if j.n++; j.n > 1 && !j.ordered {
		return errors.New("rows can be compared with a golden file only in a certain order: add ORDER BY, by all that tells them apart")
	}
	if j.n > goldenRows {
		return fmt.Errorf("there are more than %d rows, too many for a golden file: ask for fewer", goldenRows)
	}
	for i, v := range values {
		if v == nil {
			j.cell(i, `\N`)
		} else {
			j.cell(i, escape(j.columns[i].Plain(v)))
		}
	}
	j.text.WriteByte('\n')
	return nil
}

func (j *goldenJudge) end() (Outcome, error) {
	fmt.Fprintf(&j.text, "(%s)\n", plural(j.n, "row"))
	got := j.text.String()
	data, err := os.ReadFile(j.path)
	switch {
	case errors.Is(err, os.ErrNotExist) && !j.update:
		return Outcome{}, fmt.Errorf("the golden file %s does not exist: --update writes it", j.path)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return Outcome{}, fmt.Errorf("read the golden file: %w", err)
	}
	exists := err == nil
	want := strings.ReplaceAll(string(data), "\r\n", "\n")
	if exists && want == got {
		return Outcome{Held: true}, nil
	}
	if j.update {
		if err := atomicfile.Replace(j.path, []byte(got)); err != nil {
			return Outcome{}, fmt.Errorf("write the golden file: %w", err)
		}
		detail := "wrote " + j.path
		if exists {
			detail = fmt.Sprintf("wrote %s: %s", j.path, changes(want, got))
		}
		return Outcome{Held: true, Updated: true, Detail: detail}, nil
	}
	if err := checkGolden(want); err != nil {
		return Outcome{}, fmt.Errorf("the golden file %s is damaged (%w): --update writes it anew", j.path, err)
	}
	return Outcome{Detail: "differs from " + j.path + ": " + changes(want, got), Evidence: diff(want, got)}, nil
}

var rowsLine = regexp.MustCompile(`^\((\d+) rows?\)$`)

// checkGolden finds what shows that a golden file is not as it was written.
func checkGolden(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("it is no UTF-8 text")
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 3 || lines[len(lines)-1] != "" {
		return errors.New("its end is missing")
	}
	m := rowsLine.FindStringSubmatch(lines[len(lines)-2])
	if m == nil {
		return errors.New("its last line does not say how many rows it has")
	}
	if rows := fmt.Sprint(len(lines) - 3); m[1] != rows {
		return fmt.Errorf("it has %s rows and says %s", rows, m[1])
	}
	return nil
}

// escape keeps a text within its cell. A byte that is not UTF-8 becomes \xNN.
func escape(s string) string {
	var out strings.Builder
	for i, r := range s {
		switch {
		case r == '\\':
			out.WriteString(`\\`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == utf8.RuneError && s[i] != 0xef, r < ' ', r == 0x7f:
			fmt.Fprintf(&out, `\x%02x`, s[i])
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// changes counts what differs.
func changes(want, got string) string {
	removed, added := 0, 0
	for _, l := range diffLines(splitLines(want), splitLines(got)) {
		switch l.mark {
		case '-':
			removed++
		case '+':
			added++
		}
	}
	return fmt.Sprintf("%s fewer, %d more", plural(uint64(removed), "line"), added)
}

func splitLines(text string) []string {
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
