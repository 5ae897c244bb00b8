package queries

import (
	"fmt"
	"strings"

	"hindsight/sqlext"
)

// ParseParam reads a declaration, "NAME TYPE [= DEFAULT]: meaning".
func ParseParam(text string) (Param, error) {
	const form = `write "param NAME TYPE [= DEFAULT]: meaning"`
	name, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	p := Param{Name: name}
	if !namePattern.MatchString(name) {
		return p, fmt.Errorf("%q is not a name for a parameter, which is lower_snake: %s", name, form)
	}
	rest = strings.TrimSpace(rest)
	end := strings.IndexAny(rest, " =:")
	if end < 0 {
		return p, fmt.Errorf("the parameter %s has no meaning: %s", name, form)
	}
	p.Type, rest = strings.ToUpper(rest[:end]), strings.TrimSpace(rest[end:])
	if !sqlext.IsValueType(p.Type) {
		return p, fmt.Errorf("the parameter %s has the type %q, which cannot be given a value: use %s, or a list as VARCHAR[]",
			name, p.Type, strings.Join(sqlext.ValueTypes(), ", "))
	}
	if after, ok := strings.CutPrefix(rest, "="); ok {
		var err error
		if rest, err = p.takeDefault(strings.TrimSpace(after)); err != nil {
			return p, err
		}
	}
	meaning, ok := strings.CutPrefix(rest, ":")
	if p.Meaning = strings.TrimSpace(meaning); !ok || p.Meaning == "" {
		return p, fmt.Errorf("the parameter %s has no meaning: %s", name, form)
	}
	return p, nil
}

// takeDefault reads the default at the beginning of text and gives what follows.
func (p *Param) takeDefault(text string) (rest string, err error) {
	p.Optional = true
	if strings.HasPrefix(text, "'") {
		end := 1
		for {
			n := strings.IndexByte(text[end:], '\'')
			if n < 0 {
				return "", fmt.Errorf("the default of %s lacks its closing quote", p.Name)
			}
			if end += n + 1; !strings.HasPrefix(text[end:], "'") {
				break
			}
			end++ // '' is a quote within
		}
		p.Default, rest = strings.ReplaceAll(text[1:end-1], "''", "'"), strings.TrimSpace(text[end:])
	} else {
		end := strings.Index(text+" ", ": ")
		if end < 0 {
			return "", fmt.Errorf("the parameter %s has no meaning behind its default", p.Name)
		}
		p.Default, rest = strings.TrimSpace(text[:end]), text[end:]
		if strings.EqualFold(p.Default, "NULL") {
			p.Default, p.Null = "", true
			return rest, nil
		}
		if p.Default == "" {
			return "", fmt.Errorf("the default of %s is empty: write '' for an empty text", p.Name)
		}
	}
	if _, err := sqlext.ParseValue(p.Type, p.Default); err != nil {
		return "", fmt.Errorf("the default of %s: %w", p.Name, err)
	}
	return rest, nil
}

// String is the declaration without its meaning.
func (p Param) String() string {
	switch {
	case p.Null:
		return p.Name + " " + p.Type + " = NULL"
	case p.Optional && (p.Default == "" || strings.ContainsAny(p.Default, " :'") || strings.EqualFold(p.Default, "NULL")):
		return p.Name + " " + p.Type + " = '" + strings.ReplaceAll(p.Default, "'", "''") + "'"
	case p.Optional:
		return p.Name + " " + p.Type + " = " + p.Default
	}
	return p.Name + " " + p.Type
}
