package sqlext

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// Limits of a restricted history.
const (
	safeMemory = "2GB"
	safeTemp   = "4GB"
)

// Restrict makes the history safe for statements that one does not trust, until
// it is closed. They can read this history and make temporary things, and cannot
//
//   - read or write a file or the network, attach a database, load an extension:
//     DuckDB's external access is off,
//   - change a setting: the configuration is locked,
//   - use more than 2 GB of memory and 4 GB of temporary files.
//
// It does not limit how long a statement runs.
//
// DuckDB leaves open the files that it has, of the history and for temporary
// data. So Query refuses, by its kind, each statement that does more than read or
// make temporary things: COPY could overwrite the history.
func (h *History) Restrict(ctx context.Context) error { return h.restrict(ctx, safeMemory) }

func (h *History) restrict(ctx context.Context, memory string) error {
	for _, s := range []string{
		"SET memory_limit = '" + memory + "'",
		"SET max_temp_directory_size = '" + safeTemp + "'",
		"SET autoload_known_extensions = false",
		"SET autoinstall_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET allow_persistent_secrets = false",
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	} {
		if err := h.exec(ctx, s); err != nil {
			return fmt.Errorf("restrict the history: %s: %w", s, queryError(ctx, err))
		}
	}
	h.restricted = true
	return nil
}

// Restricted tells whether Restrict was called.
func (h *History) Restricted() bool { return h.restricted }

// safeKinds are the statements that a restricted history runs, and how their
// text must begin; nil for no matter how. The text is that of safeWords.
var safeKinds = map[duckdb.StmtType]*regexp.Regexp{
	duckdb.STATEMENT_TYPE_SELECT:      nil,
	duckdb.STATEMENT_TYPE_INSERT:      nil,
	duckdb.STATEMENT_TYPE_UPDATE:      nil,
	duckdb.STATEMENT_TYPE_DELETE:      nil,
	duckdb.STATEMENT_TYPE_TRANSACTION: nil,
	duckdb.STATEMENT_TYPE_CREATE:      safeCreate,
	duckdb.STATEMENT_TYPE_CREATE_FUNC: safeCreate,
	duckdb.STATEMENT_TYPE_DROP:        regexp.MustCompile(`^DROP (TABLE|VIEW|MACRO|FUNCTION) `),
	duckdb.STATEMENT_TYPE_SET:         regexp.MustCompile(`^(RE)?SET VARIABLE `),
	// EXPLAIN ANALYZE runs the statement.
	duckdb.STATEMENT_TYPE_EXPLAIN: regexp.MustCompile(`^EXPLAIN ([B-Z]|A[^N])`),
}

var safeCreate = regexp.MustCompile(`^CREATE (OR REPLACE )?(TEMP|TEMPORARY) (TABLE|VIEW|MACRO|FUNCTION) `)

// safeBegin is how the text of a restricted history's statement begins. DuckDB
// turns some others into several statements, and runs these at once.
var safeBegin = regexp.MustCompile(`^(\(|(SELECT|FROM|WITH|VALUES|TABLE|PIVOT|UNPIVOT|DESCRIBE|DESC|SHOW|SUMMARIZE|EXPLAIN|INSERT|UPDATE|DELETE|TRUNCATE|CREATE|DROP|SET|RESET|BEGIN|START|COMMIT|ROLLBACK|ABORT|END)([^A-Z_]|$))`)

// unsafeNames are functions that change the engine's state from within a SELECT,
// or run a text as a statement, which would hide them. They are looked for in the
// whole text, also where our lexer sees a comment: DuckDB's may differ.
var unsafeNames = regexp.MustCompile(`(?i)arrow_scan|seq_scan|checkpoint|(enable|disable)_(logging|profiling|peg_parser)|truncate_duckdb_logs|write_log|` +
	`json_(de|execute_)serialized?_sql|\bquery"?\s*(\(|/\*|--)|\bu&["']`)

// checkText refuses, before DuckDB sees it, a text that may be more than one
// statement, or more than it seems. All but the last of several statements would
// run at once, so no semicolon is trusted.
func checkText(statement string) error {
	words := safeWords(statement)
	if !safeBegin.MatchString(words) {
		return refused(statement)
	}
	if name := unsafeNames.FindString(statement); name != "" {
		return &Error{Message: fmt.Sprintf("in safe mode a statement cannot mention %q", name)}
	}
	if strings.Contains(statement, ";") {
		return &Error{Message: "in safe mode a statement cannot have a semicolon inside, even in a text or comment: write chr(59)"}
	}
	return nil
}

// refused says what may be run instead of a statement.
func refused(statement string) error {
	words := strings.Fields(statement)
	begin := strings.Join(words[:min(2, len(words))], " ")
	if r := []rune(begin); len(r) > 40 {
		begin = string(r[:40]) + "…"
	}
	return &Error{Message: fmt.Sprintf("in safe mode %q is refused: a statement may read the history, EXPLAIN, SET VARIABLE and make temporary tables, views and macros", begin)}
}

// checkSafe refuses what a restricted history does not run.
func checkSafe(statement string, stmt *duckdb.Stmt) error {
	kind, err := stmt.StatementType()
	if err != nil {
		return &Error{Message: "in safe mode a statement of an unknown kind is refused"}
	}
	begin, ok := safeKinds[kind]
	if ok && (begin == nil || begin.MatchString(safeWords(statement))) {
		return nil
	}
	return refused(statement)
}

// safeWords is a statement in capitals, with one blank for each run of blanks and
// comments.
func safeWords(statement string) string {
	var out strings.Builder
	var s Splitter
	for i := 0; i < len(statement); {
		n, kind := s.step(statement[i:])
		text := out.String()
		switch {
		case kind != stepBlank:
			out.WriteString(strings.ToUpper(statement[i : i+n]))
		case text != "" && !strings.HasSuffix(text, " "):
			out.WriteByte(' ')
		}
		i += n
	}
	return out.String()
}
