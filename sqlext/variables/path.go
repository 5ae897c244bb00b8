package variables

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// op is what a node of a path does.
type op int

const (
	opName   op = iota // a variable, perhaps with members behind it
	opNumber           // an address, to be cast
	opField            // x.field, x->field
	opIndex            // x[n]
	opDeref            // *x
	opCast             // (type)x
)

// node is a parsed path.
type node struct {
	op     op
	x      *node
	name   nameRef // of opName
	text   string  // of opField its member, of opCast its type
	number int64   // of opIndex and opNumber
}

// nameRef is the part of a path that names a variable: [module!][file[:line]:]
// followed by parts that dots separate. The first is the variable and the others
// are members, or the first is a function and the second its variable.
type nameRef struct {
	text   string // as written
	module string
	file   string
	line   uint32
	parts  []string
}

// pathError is a path that cannot be read.
type pathError struct {
	path string
	at   int // the byte at which it went wrong
	what string
}

func (e *pathError) Error() string {
	return fmt.Sprintf("cannot read the path %q: %s at position %d; "+
		"a path is like counter, cfg.limits[2].max, node->next, *head, file.c:count, function.local, module!name or *(struct node *)0x5555", e.path, e.what, e.at+1)
}

// maxNodes bounds a path, which is parsed by recursion.
const maxNodes = 200

type parser struct {
	s     string
	i     int
	depth int
}

// parsePath parses a path.
func parsePath(s string) (*node, error) {
	if strings.TrimSpace(s) == "" {
		return nil, errors.New("the name of a variable is missing")
	}
	p := &parser{s: s}
	n, err := p.unary()
	if err != nil {
		return nil, err
	}
	if p.space(); p.i < len(s) {
		return nil, p.fail("nothing more was expected")
	}
	return n, nil
}

func (p *parser) fail(what string) error { return &pathError{path: p.s, at: p.i, what: what} }

func (p *parser) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

// take skips white space and then prefix, where it is there.
func (p *parser) take(prefix string) bool {
	p.space()
	if !strings.HasPrefix(p.s[p.i:], prefix) {
		return false
	}
	p.i += len(prefix)
	return true
}

func (p *parser) unary() (*node, error) {
	if p.depth++; p.depth > maxNodes {
		return nil, p.fail("it is too long")
	}
	if p.take("*") {
		x, err := p.unary()
		return &node{op: opDeref, x: x}, err
	}
	if p.take("&") {
		p.i--
		return nil, p.fail("an address has no writes (leave out the &)")
	}
	if t, ok := p.cast(); ok {
		x, err := p.unary()
		return &node{op: opCast, x: x, text: t}, err
	}
	return p.postfix()
}

// cast reads "(type)" where a value follows it: what is in brackets and then
// ends, or goes on with . -> or [, is a path.
func (p *parser) cast() (string, bool) {
	start := p.i
	if !p.take("(") {
		return "", false
	}
	end := closing(p.s, p.i-1)
	if end < 0 {
		p.i = start
		return "", false
	}
	text := strings.TrimSpace(p.s[p.i:end])
	rest := strings.TrimLeft(p.s[end+1:], " \t\r\n")
	looksLikeType := text != "" && text[0] != '*' && text[0] != '(' && !strings.ContainsAny(text, ".!")
	if !looksLikeType || rest == "" || strings.IndexByte(".-[)", rest[0]) >= 0 {
		p.i = start
		return "", false
	}
	p.i = end + 1
	return text, true
}

func (p *parser) postfix() (*node, error) {
	n, err := p.primary()
	for err == nil {
		if p.depth++; p.depth > maxNodes {
			return nil, p.fail("it is too long")
		}
		switch {
		case p.take("->"), p.take("."):
			p.space()
			field := p.word(false)
			if field == "" {
				return nil, p.fail("the name of a member was expected")
			}
			n = &node{op: opField, x: n, text: field}
		case p.take("["):
			n, err = p.index(n)
		default:
			return n, nil
		}
	}
	return nil, err
}

func (p *parser) index(x *node) (*node, error) {
	p.space()
	end := strings.IndexByte(p.s[p.i:], ']')
	if end < 0 {
		return nil, p.fail("a ] is missing")
	}
	number, err := strconv.ParseInt(strings.TrimSpace(p.s[p.i:p.i+end]), 0, 64)
	if err != nil {
		return nil, p.fail("a number was expected as index")
	}
	p.i += end + 1
	return &node{op: opIndex, x: x, number: number}, nil
}

func (p *parser) primary() (*node, error) {
	if p.take("(") {
		n, err := p.unary()
		if err == nil && !p.take(")") {
			err = p.fail("a ) is missing")
		}
		return n, err
	}
	p.space()
	start := p.i
	word := p.word(true)
	if word == "" {
		return nil, p.fail("a name was expected")
	}
	if word[0] >= '0' && word[0] <= '9' && !strings.ContainsAny(word, ".:!") {
		number, err := strconv.ParseUint(word, 0, 64)
		if err != nil {
			p.i = start
			return nil, p.fail("a name or an address was expected")
		}
		return &node{op: opNumber, number: int64(number)}, nil
	}
	ref, ok := splitName(word)
	if !ok {
		p.i = start
		return nil, p.fail("a name was expected")
	}
	return &node{op: opName, name: ref}, nil
}

// word reads a name; a qualified one may have dots, colons and what file names
// have. Template arguments and parameter lists belong to it.
func (p *parser) word(qualified bool) string {
	start := p.i
	for p.i < len(p.s) {
		c := p.s[p.i]
		switch {
		case c == '_' || c == '$' || c >= 0x80 || unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)):
		case c == '<' || c == '{' || c == '(' && p.i > start && qualified:
			end := closing(p.s, p.i)
			if end < 0 {
				return p.s[start:p.i]
			}
			p.i = end
		case !qualified:
			return p.s[start:p.i]
		case strings.HasPrefix(p.s[p.i:], "->"):
			return p.s[start:p.i]
		case strings.IndexByte(".:!/~@+-", c) >= 0:
		default:
			return p.s[start:p.i]
		}
		p.i++
	}
	return p.s[start:p.i]
}

// closing gives the position of the bracket that closes the one at i, -1 where
// there is none.
func closing(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '<', '{', '(':
			depth++
		case '>':
			if i > 0 && s[i-1] == '-' {
				continue
			}
			depth--
		case '}', ')':
			depth--
		}
		if depth == 0 {
			return i
		}
	}
	return -1
}

// splitName takes a name apart; ok is false where a part is empty.
func splitName(word string) (ref nameRef, ok bool) {
	ref.text = word
	rest := word
	if module, after, found := strings.Cut(rest, "!"); found {
		ref.module, rest = module, after
		if module == "" {
			return ref, false
		}
	}
	if i := lastSingleColon(rest); i >= 0 {
		ref.file, rest = rest[:i], rest[i+1:]
		if j := strings.LastIndexByte(ref.file, ':'); j > 0 {
			line, err := strconv.ParseUint(ref.file[j+1:], 10, 32)
			if err != nil {
				return ref, false
			}
			ref.file, ref.line = ref.file[:j], uint32(line)
		}
		if ref.file == "" {
			return ref, false
		}
	}
	ref.parts = splitOutside(rest, ".")
	for i, part := range ref.parts {
		if strings.Trim(part, ":") == "" || i > 0 && strings.HasPrefix(part, "::") {
			return ref, false
		}
	}
	return ref, true
}

// lastSingleColon gives the position of the last colon that is not part of a
// "::" and not within brackets, -1 for none.
func lastSingleColon(s string) int {
	last := -1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '<', '{', '(':
			if end := closing(s, i); end > 0 {
				i = end
			}
		case ':':
			if i+1 < len(s) && s[i+1] == ':' {
				i++
			} else {
				last = i
			}
		}
	}
	return last
}

// splitOutside splits s at sep where that is not within brackets.
func splitOutside(s, sep string) []string {
	var parts []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.IndexByte("<{(", s[i]) >= 0:
			if end := closing(s, i); end > 0 {
				i = end
			}
		case strings.HasPrefix(s[i:], sep):
			parts = append(parts, s[start:i])
			i += len(sep) - 1
			start = i + 1
		}
	}
	return append(parts, s[start:])
}
