// Package variables answers for a program's data by name: which writes a
// variable got, and what it held at a time.
//
// An Engine reads one history. It parses a path ("cfg.limits[2].max",
// "*head", "node->next", "file.c:count", "main.i"), finds the variable in the
// tables variables and types, tells where in memory it lay and when (a place),
// follows pointers as they stood at each time, and gives the writes that touch
// these places while they were the variable's.
//
// It never changes a history, and never answers with a guess: a name that may
// mean two things is an error that lists both.
package variables
