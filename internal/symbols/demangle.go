package symbols

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/ianlancetaylor/demangle"
)

// Limits against names that are built to explode: longer ones are shown as they
// are linked, and a demangled name is cut at 2^14 bytes.
const (
	maxMangled   = 1 << 14
	maxDemangled = 14
)

// cloneSuffix is what GCC and LLVM append to a function's symbol for its copies
// and pieces.
var cloneSuffix = regexp.MustCompile(`(\.(constprop|isra|part|cold|localalias|lto_priv|llvm|clone|resolver|warm|__uniq|__part)(\.[0-9]+)*|\.cold\.[0-9]+)+$`)

// coldSuffix marks a piece of a function that is only jumped to from within it.
var coldSuffix = regexp.MustCompile(`\.(cold|__part)(\.[0-9]+)*$`)

func isMangled(s string) bool {
	return strings.HasPrefix(s, "_Z") || strings.HasPrefix(s, "_R") || strings.HasPrefix(s, "___Z")
}

// demangledName makes Function.Name of a linkage name.
func demangledName(linkage string) (name string) {
	plain := strings.TrimPrefix(linkage, glibcInternal)
	if strings.IndexByte(plain, '.') > 0 {
		plain = cloneSuffix.ReplaceAllString(plain, "")
	}
	if !isMangled(plain) || len(plain) > maxMangled {
		return plain
	}
	defer func() {
		if recover() != nil {
			name = plain
		}
	}()
	if rustHash(plain) {
		if name, ok := legacyRust(plain); ok {
			return name
		}
	}
	if strings.HasPrefix(plain, "_R") {
		return demangle.Filter(plain, demangle.NoClones, demangle.MaxLength(maxDemangled))
	}
	ast, err := demangle.ToAST(plain, demangle.NoClones)
	if err != nil {
		return plain
	}
	dropReturnType(ast)
	return demangle.ASTToString(ast, demangle.MaxLength(maxDemangled))
}

// dropReturnType removes what the mangling of templates has and no one searches
// for: the return type.
func dropReturnType(ast demangle.AST) {
	typed, ok := ast.(*demangle.Typed)
	if !ok {
		return
	}
	fn := typed.Type
	if q, ok := fn.(*demangle.MethodWithQualifiers); ok {
		fn = q.Method
	}
	if fn, ok := fn.(*demangle.FunctionType); ok {
		fn.Return = nil
	}
}

// rustHash tells whether a name is mangled in Rust's old scheme, whose last part is
// 17h and 16 hexadecimal digits.
func rustHash(s string) bool {
	i := strings.LastIndex(s, "17h")
	if !strings.HasPrefix(s, "_ZN") || i < 0 || len(s) < i+19 {
		return false
	}
	for _, c := range s[i+3 : i+19] {
		if !strings.ContainsRune("0123456789abcdef", c) {
			return false
		}
	}
	return strings.HasPrefix(s[i+19:], "E")
}

// languageOf guesses the language from the mangling where no debug information
// tells it.
func languageOf(linkage string) string {
	switch {
	case strings.HasPrefix(linkage, "_R"), rustHash(linkage):
		return "Rust"
	case strings.HasPrefix(linkage, "_Z"):
		return "C++"
	}
	return ""
}

// legacyRust demangles Rust's old scheme without the hash. Source: rustc's
// rustc_symbol_mangling/src/legacy.rs. (The demangle package removes every leading
// underscore, which belongs to the name in `__rust_begin_short_backtrace`.)
func legacyRust(s string) (string, bool) {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "_ZN"), "E")
	var out strings.Builder
	for s != "" {
		digits := 0
		for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
			digits++
		}
		n, err := strconv.Atoi(s[:digits])
		if err != nil || n <= 0 || n > len(s)-digits {
			return "", false
		}
		part := s[digits : digits+n]
		if s = s[digits+n:]; s == "" {
			break // the hash
		}
		if out.Len() > 0 {
			out.WriteString("::")
		}
		if !rustPart(&out, part) {
			return "", false
		}
	}
	return out.String(), out.Len() > 0
}

// rustEscapes are the characters that a linkage name cannot have.
var rustEscapes = map[string]string{"SP": "@", "BP": "*", "RF": "&", "LT": "<", "GT": ">",
	"LP": "(", "RP": ")", "C": ","}

func rustPart(out *strings.Builder, s string) bool {
	if strings.HasPrefix(s, "_$") {
		s = s[1:]
	}
	for s != "" {
		switch {
		case strings.HasPrefix(s, ".."):
			out.WriteString("::")
			s = s[2:]
		case s[0] == '$':
			code, rest, ok := strings.Cut(s[1:], "$")
			if !ok {
				return false
			}
			if text, ok := rustEscapes[code]; ok {
				out.WriteString(text)
			} else if c, err := strconv.ParseUint(strings.TrimPrefix(code, "u"), 16, 21); err == nil && code[0] == 'u' {
				out.WriteRune(rune(c))
			} else {
				return false
			}
			s = rest
		default:
			n := max(1, strings.IndexAny(s[1:], "$.")+1)
			if !strings.ContainsAny(s[1:], "$.") {
				n = len(s)
			}
			out.WriteString(s[:n])
			s = s[n:]
		}
	}
	return true
}
