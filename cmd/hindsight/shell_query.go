package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
)

// dotQueries lists the saved queries, read anew each time: their files may be
// open in an editor.
func dotQueries(_ context.Context, s *shell, args []string) error {
	columns, rows := queryRows(loadQueries(), strings.Join(args, ""))
	return s.writeValues(columns, rows)
}

// dotRun runs a saved query.
func dotRun(ctx context.Context, s *shell, args []string) error {
	q, err := loadQueries().Find(args[0])
	if err != nil {
		return err
	}
	arguments, err := argumentsOf(q, args[1:])
	if err != nil {
		return err
	}
	stop := context.CancelFunc(func() {})
	if s.interactive {
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt)
	}
	defer stop()
	return s.timed(func() error {
		rows, err := q.Run(ctx, s.history, arguments)
		if err != nil {
			return err
		}
		return errors.Join(s.print(rows), rows.Close())
	})
}

// queryCandidates complete the arguments of .run: the name of a query, then its
// parameters.
func queryCandidates(arg string) (word string, found []candidate) {
	name, rest, more := strings.Cut(arg, " ")
	if !more {
		var all []candidate
		for _, e := range loadQueries().Entries {
			if e.Err == nil {
				all = append(all, candidate{e.Name, e.Query.Summary, "queries"})
			}
		}
		return arg, match(arg, all)
	}
	q, err := loadQueries().Find(name)
	if err != nil {
		return arg, nil
	}
	word = rest[strings.LastIndex(rest, " ")+1:]
	var all []candidate
	for _, p := range q.Params {
		if !strings.Contains(" "+rest, " "+p.Name+"=") {
			all = append(all, candidate{p.Name + "=", p.Meaning, "parameters"})
		}
	}
	return word, match(word, all)
}
