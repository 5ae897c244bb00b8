// Package queries keeps good questions: a saved query is an SQL file with a
// header that says what it gives and which parameters it takes.
//
//	-- Who wrote the bytes at an address, newest first.
//	-- The last lines of an answer are where the memory came from.
//	-- param addr UBIGINT: first address
//	-- param size UBIGINT = 8: how many bytes
//	-- tags: writes
//	-- example: who_wrote addr=0x404040
//	SELECT … FROM writes_to($addr, $addr + $size) …
//
// The name is the file's, without .sql. Parse reads a file; Arguments turns
// texts into typed values for its parameters; Run asks a history. Values are
// bound and never become a part of the statement's text.
//
// A Library is all that a user can run by name: the program's own, the user's
// and the project's queries. Notebooks and regression checks, in the folders
// below, use the same format. The package prints nothing and changes nothing.
package queries
