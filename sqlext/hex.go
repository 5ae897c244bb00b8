package sqlext

import (
	"fmt"
	"strconv"
	"strings"
)

// expandHex replaces integers written as 0x… by decimal ones. DuckDB has none
// of the former: it reads 0xFF as the number 0, named xFF. The replacement is a
// UBIGINT, as addresses are, so that a condition on it can skip row groups.
func expandHex(statement string) (string, error) {
	if !strings.Contains(statement, "0x") && !strings.Contains(statement, "0X") {
		return statement, nil
	}
	var out strings.Builder
	var s Splitter
	for i := 0; i < len(statement); {
		code := s.state == inCode
		n, _ := s.step(statement[i:])
		token := statement[i : i+n]
		if code && s.state == inCode && isHex(token) {
			v, err := strconv.ParseUint(token[2:], 16, 64)
			if err != nil {
				return "", &Error{Message: fmt.Sprintf("%s does not fit into 64 bits", token)}
			}
			token = strconv.FormatUint(v, 10) + "::UBIGINT"
		}
		out.WriteString(token)
		i += n
	}
	return out.String(), nil
}

func isHex(token string) bool {
	if len(token) < 3 || token[0] != '0' || token[1]|0x20 != 'x' {
		return false
	}
	return strings.Trim(token[2:], "0123456789abcdefABCDEF") == ""
}

// isAddress tells whether a column holds addresses, by its name: these are
// shown in hexadecimal.
func isAddress(c Column) bool {
	if c.Type != "UBIGINT" && c.Type != "BIGINT" {
		return false
	}
	name := strings.ToLower(c.Name)
	switch name {
	case "addr", "address", "pc", "cfa", "sp", "load_bias":
		return true
	}
	return strings.HasSuffix(name, "_pc") || strings.HasSuffix(name, "_addr") || strings.HasSuffix(name, "_address")
}
