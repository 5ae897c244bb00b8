package sqlext

// Words cuts a statement into its words and signs, without blanks and comments.
// A quoted text is one word, its first quote.
func Words(statement string) []string {
	var words []string
	var s Splitter
	for i := 0; i < len(statement); {
		before := s.state
		n, kind := s.step(statement[i:])
		switch {
		case kind == stepBlank:
		case before == inCode:
			words = append(words, statement[i:i+n])
		}
		i += n
	}
	return words
}
