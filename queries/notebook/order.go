package notebook

import (
	"strings"

	"hindsight/sqlext"
)

// ordered tells whether a statement's own rows are sorted: it has an ORDER BY
// that is not within parentheses, quotes or comments. Statements that are no
// query of tables need none.
func ordered(statement string) bool {
	words := sqlext.Words(statement)
	if len(words) == 0 {
		return true
	}
	switch strings.ToUpper(words[0]) {
	case "SELECT", "FROM", "WITH", "VALUES", "TABLE", "PIVOT", "UNPIVOT", "(":
	default:
		return true
	}
	depth := 0
	for i, w := range words {
		switch w {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		}
		if depth == 0 && i+1 < len(words) && strings.EqualFold(w, "ORDER") && strings.EqualFold(words[i+1], "BY") {
			return true
		}
	}
	return false
}
