package sqlext

// duckdb-go reads each argument of a table function with duckdb_get_varchar and
// its like, which end the process for NULL: DuckDB throws through C. The linker
// puts a check in front of it, so that NULL arrives as "", as no name does.

/*
#cgo LDFLAGS: -Wl,--wrap=duckdb_get_varchar
#include <stdbool.h>
#include <stddef.h>

bool duckdb_is_null_value(void *value);
char *__real_duckdb_get_varchar(void *value);

char *__wrap_duckdb_get_varchar(void *value)
{
	return duckdb_is_null_value(value) ? NULL : __real_duckdb_get_varchar(value);
}
*/
import "C"
