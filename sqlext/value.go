package sqlext

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/google/uuid"
)

// null is how NULL is shown where it cannot be left empty.
const null = "NULL"

// valueText renders a value for people: as DuckDB's own shell does, but with
// timestamps of RFC 3339. info may be nil.
func valueText(v any, info duckdb.TypeInfo) string {
	if v != nil && isJSON(info) {
		return jsonText(v)
	}
	switch v := v.(type) {
	case nil:
		return null
	case string:
		return v
	case time.Time:
		return timeText(v, kindOf(info))
	case []byte:
		if kindOf(info) == duckdb.TYPE_UUID {
			return uuidText(v)
		}
		return blobText(v)
	case duckdb.UUID:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case *big.Int:
		return v.String()
	case duckdb.Decimal:
		return decimalText(v)
	case duckdb.Interval:
		return intervalText(v)
	case []any:
		return listText(v, elementInfo(info))
	case map[string]any:
		return structText(v, info)
	case duckdb.OrderedMap:
		return mapText(v, info)
	case duckdb.Union:
		return valueText(v.Value, memberInfo(info, v.Tag))
	}
	return fmt.Sprint(v)
}

func listText(v []any, element duckdb.TypeInfo) string {
	parts := make([]string, len(v))
	for i, e := range v {
		parts[i] = nested(e, element)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func structText(v map[string]any, info duckdb.TypeInfo) string {
	var parts []string
	for _, f := range structFields(v, info) {
		parts = append(parts, "'"+f.name+"': "+nested(v[f.name], f.info))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func mapText(v duckdb.OrderedMap, info duckdb.TypeInfo) string {
	key, value := mapInfos(info)
	var parts []string
	values := v.Values()
	for i, k := range v.Keys() {
		parts = append(parts, nested(k, key)+"="+nested(values[i], value))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// nested renders a value inside another: a text that could be taken for
// something else is quoted.
func nested(v any, info duckdb.TypeInfo) string {
	s := valueText(v, info)
	if _, ok := v.(string); !ok {
		return s
	}
	if s != "" && s != null && !strings.ContainsAny(s, "[]{}(),:='\"\\\n\r\t") && strings.TrimSpace(s) == s {
		return s
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// blobText renders bytes as DuckDB does: printable ASCII as it is, the rest as
// \x and two digits. '…'::BLOB of it gives the bytes again.
func blobText(b []byte) string {
	var out strings.Builder
	for _, c := range b {
		if c < ' ' || c > '~' || c == '\\' || c == '\'' || c == '"' {
			fmt.Fprintf(&out, `\x%02X`, c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// isJSON tells whether a column is of type JSON, whose values the driver
// has decoded.
func isJSON(info duckdb.TypeInfo) bool { return info != nil && info.Alias() == "JSON" }

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func uuidText(b []byte) string {
	id, err := uuid.FromBytes(b)
	if err != nil {
		return hex.EncodeToString(b)
	}
	return id.String()
}

// timeText renders dates and times. Only a TIMESTAMPTZ is a point in time, so
// only it has a zone.
func timeText(t time.Time, kind duckdb.Type) string {
	switch kind {
	case duckdb.TYPE_DATE:
		return t.Format("2006-01-02")
	case duckdb.TYPE_TIME:
		return t.Format("15:04:05.999999999")
	case duckdb.TYPE_TIME_TZ:
		return t.Format("15:04:05.999999999Z07:00")
	case duckdb.TYPE_TIMESTAMP, duckdb.TYPE_TIMESTAMP_S, duckdb.TYPE_TIMESTAMP_MS, duckdb.TYPE_TIMESTAMP_NS:
		return t.Format("2006-01-02T15:04:05.999999999")
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func intervalText(v duckdb.Interval) string {
	var parts []string
	add := func(n int32, unit string) {
		if n == 1 || n == -1 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit))
		} else if n != 0 {
			parts = append(parts, fmt.Sprintf("%d %ss", n, unit))
		}
	}
	add(v.Months/12, "year")
	add(v.Months%12, "month")
	add(v.Days, "day")
	if us := v.Micros; us != 0 || len(parts) == 0 {
		sign := ""
		if us < 0 {
			sign, us = "-", -us
		}
		s := us / 1e6
		clock := fmt.Sprintf("%s%02d:%02d:%02d", sign, s/3600, s/60%60, s%60)
		if us %= 1e6; us != 0 {
			clock += strings.TrimRight(fmt.Sprintf(".%06d", us), "0")
		}
		parts = append(parts, clock)
	}
	return strings.Join(parts, " ")
}

// decimalText keeps the scale's zeros, which the driver's own String drops.
func decimalText(v duckdb.Decimal) string {
	if v.Value == nil {
		return null
	}
	digits := new(big.Int).Abs(v.Value).String()
	if v.Scale > 0 {
		for len(digits) <= int(v.Scale) {
			digits = "0" + digits
		}
		digits = digits[:len(digits)-int(v.Scale)] + "." + digits[len(digits)-int(v.Scale):]
	}
	if v.Value.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// addressText shows an address; anything that is not one as valueText does.
func addressText(v any, info duckdb.TypeInfo) string {
	switch v := v.(type) {
	case uint64:
		return "0x" + strconv.FormatUint(v, 16)
	case int64:
		if v >= 0 {
			return "0x" + strconv.FormatInt(v, 16)
		}
	}
	return valueText(v, info)
}

// isNumber tells whether JSON can hold the value as a number, exactly.
func isNumber(v any) bool {
	switch v := v.(type) {
	case int8, int16, int32, int64, int, uint8, uint16, uint32, uint64, *big.Int, duckdb.Decimal:
		return true
	case float64:
		return !math.IsNaN(v) && !math.IsInf(v, 0)
	case float32:
		return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0)
	}
	return false
}
