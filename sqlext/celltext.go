package sqlext

import "database/sql/driver"

// Text renders a value of the column as the formats for people do; NULL is "NULL".
func (c Column) Text(v driver.Value) string { return valueText(v, c.info) }
