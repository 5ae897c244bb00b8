package notebook

import (
	"strings"

	"hindsight/queries"
)

// addParams reads a ```params block: a declaration a line, as a saved query has
// them.
func (n *Notebook) addParams(code string, line int) error {
	for text := range strings.Lines(code) {
		text = strings.TrimSpace(text)
		if text != "" {
			p, err := queries.ParseParam(text)
			if err != nil {
				return &ParseError{Name: n.Name, Line: line, What: err.Error()}
			}
			for _, other := range n.Params {
				if other.Name == p.Name {
					return &ParseError{Name: n.Name, Line: line, What: "the parameter " + p.Name + " is declared twice"}
				}
			}
			n.Params = append(n.Params, p)
		}
		line++
	}
	return nil
}
