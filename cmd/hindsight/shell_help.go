package main

import (
	"context"
	"fmt"
	"strings"

	"hindsight/sqlext"
)

func dotHelp(ctx context.Context, s *shell, args []string) error {
	if len(args) > 0 {
		return helpAbout(ctx, s, args[0])
	}
	var b strings.Builder
	b.WriteString("A statement ends with ; and may have several lines. Integers may be written 0x….\n")
	b.WriteString("Tab completes names, Ctrl-C interrupts a statement, Ctrl-D leaves.\n\n")
	for _, c := range dotCommands() {
		fmt.Fprintf(&b, "%-22s %s\n", strings.TrimSpace(c.name+" "+c.args), c.help)
	}
	b.WriteString("\nFor example:\n  SELECT name, count(*) FROM syscalls GROUP BY ALL ORDER BY 2 DESC;\n")
	_, err := s.out.Write([]byte(b.String()))
	return err
}

// helpAbout explains a dot command, a table, a function or a saved query.
func helpAbout(ctx context.Context, s *shell, name string) error {
	for _, c := range dotCommands() {
		if c.name == name || c.name == "."+name {
			_, err := fmt.Fprintf(s.out, "%s\n  %s\n", strings.TrimSpace(c.name+" "+c.args), c.help)
			return err
		}
	}
	tables, err := s.history.Tables(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if strings.EqualFold(t.Name, name) {
			if _, err := fmt.Fprintf(s.out, "%s: %s\n", t.Name, t.Comment); err != nil {
				return err
			}
			if err := dotSchema(ctx, s, []string{t.Name}); err != nil {
				return err
			}
			return exampleOf(s, t.Name)
		}
	}
	functions, err := s.history.Describe(ctx, strings.TrimSuffix(name, "()"))
	if err != nil {
		return err
	}
	if len(functions) == 0 {
		q, err := loadQueries().Find(name)
		if err != nil {
			return fmt.Errorf("there is no command, table, function or query %s", name)
		}
		_, err = s.out.Write([]byte(queryHelp(q)))
		return err
	}
	for _, f := range functions {
		if _, err := s.out.Write([]byte(functionHelp(f))); err != nil {
			return err
		}
	}
	return nil
}

// exampleOf prints the example of a view of the library.
func exampleOf(s *shell, name string) error {
	for _, v := range sqlext.Views() {
		if v.Name == name {
			_, err := fmt.Fprintf(s.out, "Example: %s\n", v.Example)
			return err
		}
	}
	return nil
}

func functionHelp(f sqlext.Function) string {
	var b strings.Builder
	b.WriteString(f.Signature)
	if f.Summary != "" {
		b.WriteString(": " + f.Summary)
	}
	b.WriteByte('\n')
	if f.Macro != nil && f.Macro.Doc != "" {
		b.WriteString(f.Macro.Doc + "\n")
	}
	if f.Example != "" {
		b.WriteString("Example: " + f.Example + "\n")
	}
	return b.String()
}
