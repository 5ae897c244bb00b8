// Package check asks a run whether it is as it must be, so that CI can: a check
// is an SQL file, in the format of package queries, whose header says what holds
// of its rows.
//
//	-- No function of the program takes much longer than before.
//	-- expect: ratio head/base <= 1.10
//	SELECT function, head_self AS head, base_self AS base FROM compare_functions WHERE own AND found = 'both'
//
// Find and Builtin read checks, Run asks them of a pair of histories
// (sqlext.OpenPair), and Result says how each went; Table, WriteJUnit and
// WriteJSON report. A check that cannot be asked, for whatever reason, is a
// result too (CouldNotRun), so that it can be reported and never passes for a
// check that held. The package changes nothing but golden files, and these only
// where it is told to update them.
package check
