package sqlext

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/big"
	"regexp"
	"slices"

	"github.com/duckdb/duckdb-go/v2"
)

// Text renders a value of the column for people, as a table shows it: addresses
// in hexadecimal, control characters as escapes. NULL is "NULL", which a text may
// be as well: ask for nil before.
func (c Column) Text(v driver.Value) string {
	if isAddress(c) {
		return printable(addressText(v, c.info))
	}
	return printable(valueText(v, c.info))
}

// Plain renders a value of the column for programs, as csv has it: numbers in
// decimal, texts as they are. NULL is "NULL", see Text.
func (c Column) Plain(v driver.Value) string { return valueText(v, c.info) }

// Numeric tells whether the column holds numbers that are read as such, and so
// stand at the right. Addresses do not.
func (c Column) Numeric() bool { return isNumeric(c.Type) && !isAddress(c) }

// Number gives a value as a float, for drawing; false where it is no number.
func Number(v driver.Value) (float64, bool) {
	switch v := v.(type) {
	case int8:
		return float64(v), true
	case int16:
		return float64(v), true
	case int32:
		return float64(v), true
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	case uint8:
		return float64(v), true
	case uint16:
		return float64(v), true
	case uint32:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float32:
		return float64(v), true
	case float64:
		return v, true
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f, true
	case duckdb.Decimal:
		return v.Float64(), true
	}
	return 0, false
}

// ownNames are schemas that a second history cannot be called.
var ownNames = []string{databaseName, "memory", "system", "temp", "main", "pg_catalog", "information_schema"}

var schemaName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Attach adds the history in another file under a name, to be asked beside the
// first: SELECT … FROM name.writes. Its macros are name.stack(…) and so on.
func (h *History) Attach(ctx context.Context, name, file string) error {
	if !schemaName.MatchString(name) || slices.Contains(ownNames, name) {
		return fmt.Errorf("%q is no name for a second history: use letters, digits and _, and none of DuckDB's own names", name)
	}
	if err := checkFile(file); err != nil {
		return err
	}
	if err := h.attach(ctx, file, name, true); err != nil {
		return fmt.Errorf("open history %s: %w", file, queryError(ctx, err))
	}
	return nil
}
