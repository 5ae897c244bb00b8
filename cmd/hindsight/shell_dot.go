package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"hindsight/sqlext"
)

// dotCommand is a command of the shell itself.
type dotCommand struct {
	name string
	args string // for the help text
	help string
	// min and max are how many arguments it takes.
	min, max int
	run      func(ctx context.Context, s *shell, args []string) error
}

// dotCommands returns all of them, in the order of .help.
func dotCommands() []dotCommand {
	return []dotCommand{
		{".tables", "", "list the tables and views with their rows", 0, 0, dotTables},
		{".schema", "[TABLE]", "describe the columns of a table, or of all", 0, 1, dotSchema},
		{".functions", "", "list Hindsight's own functions", 0, 0, dotFunctions},
		{".help", "[NAME]", "explain a command, table, function or query", 0, 1, dotHelp},
		{".format", "[NAME]", "print results as " + strings.Join(sqlext.Formats(), ", "), 0, 1, dotFormat},
		{".mode", "[NAME]", "the same as .format", 0, 1, dotFormat},
		{".maxrows", "[N]", "draw at most N rows of a table; 0 for all", 0, 1, dotMaxRows},
		{".timer", "on|off", "show how long each statement took", 1, 1, dotTimer},
		{".queries", "[TAG]", "list the saved queries", 0, 1, dotQueries},
		{".run", "NAME [PARAMETER=VALUE…]", "run a saved query; .help NAME explains it; quote a value with blanks, \"name=a b\"", 1, 100, dotRun},
		{".read", "FILE", "run the statements of a file", 1, 1, dotRead},
		{".output", "[FILE]", "write results to a file, without FILE to the screen again", 0, 1, dotOutput},
		{".quit", "", "leave; so does Ctrl-D", 0, 0, dotQuit},
	}
}

// dot runs the dot command in a line. The error is nil unless the shell must
// end.
func (s *shell) dot(ctx context.Context, line string, number int) error {
	words, err := splitWords(strings.TrimSuffix(line, ";"))
	if err != nil {
		s.complain(number, err.Error())
		return nil
	}
	name := words[0]
	if name == ".exit" {
		name = ".quit"
	}
	for _, c := range dotCommands() {
		if c.name != name {
			continue
		}
		if n := len(words) - 1; n < c.min || n > c.max {
			s.complain(number, fmt.Sprintf("use: %s %s", c.name, c.args))
			return nil
		}
		err := c.run(ctx, s, words[1:])
		if err == errQuit || ctx.Err() != nil {
			return err
		}
		if err != nil {
			s.complain(number, message(err))
		}
		return nil
	}
	s.complain(number, fmt.Sprintf("there is no command %s; .help lists them", name))
	return nil
}

// splitWords splits at blanks, but not within quotes.
func splitWords(line string) ([]string, error) {
	var words []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimLeft(line, " \t") {
		end, rest := strings.IndexAny(line, " \t"), ""
		if q := line[0]; q == '"' || q == '\'' {
			n := strings.IndexByte(line[1:], q)
			if n < 0 {
				return nil, fmt.Errorf("a quote is not closed: %s", line)
			}
			words, line = append(words, line[1:n+1]), line[n+2:]
			continue
		}
		if end < 0 {
			end = len(line)
		}
		rest = line[end:]
		words, line = append(words, line[:end]), rest
	}
	return words, nil
}

func (s *shell) values(columns []string, rows [][]any) error {
	var cols []sqlext.Column
	for _, c := range columns {
		typ := "VARCHAR"
		if c == "rows" {
			typ = "BIGINT"
		}
		cols = append(cols, sqlext.Column{Name: c, Type: typ})
	}
	return s.writeValues(cols, rows)
}

// writeValues prints rows that the shell made itself.
func (s *shell) writeValues(columns []sqlext.Column, rows [][]any) error {
	opt := sqlext.WriteOptions{Format: s.format}
	if f, ok := s.out.(*os.File); ok {
		opt.Width = terminalWidth(f)
	}
	_, err := sqlext.WriteValues(s.out, columns, rows, opt)
	return err
}

func dotTables(ctx context.Context, s *shell, _ []string) error {
	tables, err := s.history.Tables(ctx)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, t := range tables {
		var n any
		if t.Rows >= 0 {
			n = t.Rows
		}
		rows = append(rows, []any{t.Name, n, firstSentence(t.Comment)})
	}
	return s.values([]string{"table", "rows", "about"}, rows)
}

func dotSchema(ctx context.Context, s *shell, args []string) error {
	tables, err := s.history.Tables(ctx)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, t := range tables {
		if len(args) > 0 && !strings.EqualFold(t.Name, args[0]) {
			continue
		}
		for _, c := range t.Columns {
			rows = append(rows, []any{t.Name, c.Name, c.Type, c.Comment})
		}
	}
	if len(rows) == 0 && len(args) > 0 {
		return fmt.Errorf("there is no table %s; .tables lists them", args[0])
	}
	return s.values([]string{"table", "column", "type", "about"}, rows)
}

func dotFunctions(_ context.Context, s *shell, _ []string) error {
	var rows [][]any
	for _, m := range sqlext.Macros() {
		rows = append(rows, []any{m.Signature, m.Summary})
	}
	return s.values([]string{"function", "gives"}, rows)
}

func dotFormat(_ context.Context, s *shell, args []string) error {
	if len(args) == 0 {
		_, err := fmt.Fprintln(s.out, s.format)
		return err
	}
	f, err := sqlext.ParseFormat(args[0])
	if err == nil {
		s.format = f
	}
	return err
}

func dotMaxRows(_ context.Context, s *shell, args []string) error {
	if len(args) == 0 {
		_, err := fmt.Fprintln(s.out, s.maxRows)
		return err
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 0 {
		return fmt.Errorf("%q is not a number of rows", args[0])
	}
	s.maxRows = n
	return nil
}

func dotTimer(_ context.Context, s *shell, args []string) error {
	switch args[0] {
	case "on":
		s.timer = true
	case "off":
		s.timer = false
	default:
		return fmt.Errorf("use: .timer on|off")
	}
	return nil
}

// maxReadDepth ends a file that reads itself.
const maxReadDepth = 16

func dotRead(ctx context.Context, s *shell, args []string) error {
	if s.history.Restricted() {
		return errors.New("in safe mode .read is refused, as is all that opens files")
	}
	if s.depth >= maxReadDepth {
		return fmt.Errorf("%s: .read is nested more than %d deep", args[0], maxReadDepth)
	}
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	source := s.source
	s.source = filepath.Base(args[0])
	s.depth++
	defer func() { s.source, s.depth = source, s.depth-1 }()
	return s.script(ctx, f)
}

func dotOutput(_ context.Context, s *shell, args []string) error {
	if s.history.Restricted() {
		return errors.New("in safe mode .output is refused, as is all that opens files")
	}
	if err := s.closeOutput(); err != nil {
		return err
	}
	if len(args) == 0 || args[0] == "stdout" {
		return nil
	}
	f, err := os.Create(args[0])
	if err != nil {
		return err
	}
	s.file, s.out = f, f
	return nil
}

// closeOutput ends what .output began.
func (s *shell) closeOutput() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file, s.out = nil, os.Stdout
	return err
}

func dotQuit(context.Context, *shell, []string) error { return errQuit }
