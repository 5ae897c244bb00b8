package sqlext

import (
	"maps"
	"slices"

	"github.com/duckdb/duckdb-go/v2"
)

// These take a possibly unknown (nil) type apart.

func kindOf(info duckdb.TypeInfo) duckdb.Type {
	if info == nil {
		return duckdb.TYPE_INVALID
	}
	return info.InternalType()
}

func elementInfo(info duckdb.TypeInfo) duckdb.TypeInfo {
	if info == nil {
		return nil
	}
	switch d := info.Details().(type) {
	case *duckdb.ListDetails:
		return d.Child
	case *duckdb.ArrayDetails:
		return d.Child
	}
	return nil
}

func mapInfos(info duckdb.TypeInfo) (key, value duckdb.TypeInfo) {
	if info != nil {
		if d, ok := info.Details().(*duckdb.MapDetails); ok {
			return d.Key, d.Value
		}
	}
	return nil, nil
}

func memberInfo(info duckdb.TypeInfo, tag string) duckdb.TypeInfo {
	if info != nil {
		if d, ok := info.Details().(*duckdb.UnionDetails); ok {
			for _, m := range d.Members {
				if m.Name == tag {
					return m.Type
				}
			}
		}
	}
	return nil
}

type field struct {
	name string
	info duckdb.TypeInfo
}

// structFields gives a struct's fields in their declared order, which the
// driver's map has lost; sorted where the type is not known.
func structFields(v map[string]any, info duckdb.TypeInfo) []field {
	if info != nil {
		if d, ok := info.Details().(*duckdb.StructDetails); ok {
			fields := make([]field, len(d.Entries))
			for i, e := range d.Entries {
				fields[i] = field{e.Name(), e.Info()}
			}
			return fields
		}
	}
	var fields []field
	for _, name := range slices.Sorted(maps.Keys(v)) {
		fields = append(fields, field{name: name})
	}
	return fields
}
