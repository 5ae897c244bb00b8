package sqlext

import "strings"

// Statement is one SQL statement of a script, without its semicolon.
type Statement struct {
	Text string
	Line int // in the script, from 1, where the statement's first word stands
}

// lexState is what the text at some place is inside of.
type lexState uint8

const (
	inCode    lexState = iota
	inString           // '…'
	inEscaped          // e'…', with backslashes
	inName             // "…"
	inDollar           // $tag$…$tag$
	inLine             // -- to the end of the line
	inBlock            // /* … */, which nest
)

// Splitter cuts a script, fed piece by piece, into statements at the
// semicolons that are not within quotes or comments. Pieces end at line ends.
type Splitter struct {
	state lexState
	depth int    // of block comments
	tag   string // of the dollar quote, with both dollars

	text    strings.Builder // of the unfinished statement
	started bool            // it has a word
	line    int             // lines fed before the current one
	first   int             // line of its first word
}

// Feed takes the next piece of the script and gives the statements that it
// completes.
func (s *Splitter) Feed(piece string) []Statement {
	var done []Statement
	begin := 0 // of what is not in s.text yet
	for i := 0; i < len(piece); {
		n, kind := s.step(piece[i:])
		switch {
		case kind == stepEnd:
			s.text.WriteString(piece[begin:i])
			if st, ok := s.take(); ok {
				done = append(done, st)
			}
			begin = i + n
		case kind == stepWord && !s.started:
			s.started, s.first = true, s.line+1
			// Leave out the blanks and comments before it.
			s.text.Reset()
			begin = i
		}
		s.line += strings.Count(piece[i:i+n], "\n")
		i += n
	}
	s.text.WriteString(piece[begin:])
	return done
}

// Pending tells whether a statement or a comment has begun and not ended.
func (s *Splitter) Pending() bool {
	return s.started || s.state == inBlock
}

// Rest gives the unfinished statement, if there is one, and forgets it. Its
// line count goes on.
func (s *Splitter) Rest() (Statement, bool) {
	s.state, s.depth = inCode, 0
	return s.take()
}

func (s *Splitter) take() (Statement, bool) {
	st := Statement{Text: strings.TrimSpace(s.text.String()), Line: s.first}
	ok := s.started
	s.text.Reset()
	s.started, s.first = false, 0
	return st, ok
}

// Split cuts a whole script; the last statement needs no semicolon.
func Split(script string) []Statement {
	var s Splitter
	out := s.Feed(script)
	if st, ok := s.Rest(); ok {
		out = append(out, st)
	}
	return out
}

type stepKind uint8

const (
	stepBlank stepKind = iota // blanks and comments
	stepWord                  // part of a statement
	stepEnd                   // its semicolon
)

// step consumes the next token or part of one: 1 or more bytes of text.
func (s *Splitter) step(text string) (int, stepKind) {
	switch s.state {
	case inString:
		return s.quoted(text, '\'', false), stepWord
	case inName:
		return s.quoted(text, '"', false), stepWord
	case inEscaped:
		return s.quoted(text, '\'', true), stepWord
	case inDollar:
		if strings.HasPrefix(text, s.tag) {
			s.state = inCode
			return len(s.tag), stepWord
		}
		return 1, stepWord
	case inLine:
		if text[0] == '\n' {
			s.state = inCode
		}
		return 1, stepBlank
	case inBlock:
		return s.block(text), stepBlank
	}
	return s.code(text)
}

// quoted consumes one character of a quoted text. A doubled quote closes and
// opens it again, which comes to the same.
func (s *Splitter) quoted(text string, quote byte, backslash bool) int {
	switch {
	case backslash && text[0] == '\\' && len(text) > 1:
		return 2
	case text[0] == quote:
		s.state = inCode
		if backslash && len(text) > 1 && text[1] == quote {
			s.state = inEscaped
			return 2
		}
	}
	return 1
}

func (s *Splitter) block(text string) int {
	switch {
	case strings.HasPrefix(text, "*/"):
		if s.depth--; s.depth == 0 {
			s.state = inCode
		}
		return 2
	case strings.HasPrefix(text, "/*"):
		s.depth++
		return 2
	}
	return 1
}

func (s *Splitter) code(text string) (int, stepKind) {
	c := text[0]
	switch {
	case c == ';':
		return 1, stepEnd
	case c == ' ', c == '\t', c == '\n', c == '\r', c == '\f', c == '\v':
		return 1, stepBlank
	case strings.HasPrefix(text, "--"):
		s.state = inLine
		return 2, stepBlank
	case strings.HasPrefix(text, "/*"):
		s.state, s.depth = inBlock, 1
		return 2, stepBlank
	case c == '\'':
		s.state = inString
	case c == '"':
		s.state = inName
	case c == '$':
		if tag := dollarTag(text); tag != "" {
			s.state, s.tag = inDollar, tag
			return len(tag), stepWord
		}
	case isNameByte(c):
		n := 1
		for n < len(text) && (isNameByte(text[n]) || text[n] == '$') {
			n++
		}
		if n == 1 && (c == 'e' || c == 'E') && len(text) > 1 && text[1] == '\'' {
			s.state = inEscaped
			return 2, stepWord
		}
		return n, stepWord
	}
	return 1, stepWord
}

// dollarTag is the opening $tag$ of a dollar quote, or "": $1 is a parameter.
func dollarTag(text string) string {
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '$':
			return text[:i+1]
		case !isNameByte(c), i == 1 && c >= '0' && c <= '9':
			return ""
		}
	}
	return ""
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
