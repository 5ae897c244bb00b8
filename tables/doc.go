// Package tables turns a recording's history into a DuckDB database: it
// replays the recording, follows calls and stacks, and fills the tables that
// are Hindsight's public interface.
//
// Its parts, in the order in which a row passes through them:
//
//	schema     every table and view, declared once: DDL, comments and docs/schema.md come from it
//	tracker    replay's batches become rows: shadow stack, calls, stacks, kernel writes
//	window     columns of rows, sorted by address before they are loaded
//	database   the file being written: appenders, one transaction a segment, one rename at the end
//	Index      puts them together
//
// The package never changes a recording, never runs or traces a program and
// never leaves a half-written database behind: history.duckdb appears by one
// rename, or not at all.
package tables
