package tables

// stackFramesQuery expands stacks into their functions, innermost first. It is
// made of joins only, so that a condition on stack_id, or a join with few stacks,
// expands just these: DuckDB pushes neither into a recursive query or a window.
const stackFramesQuery = `
SELECT s.stack_id, 0::UINTEGER, f.name, parse_filename(m.path), f.file, f.line, NULL::UBIGINT
FROM stacks s LEFT JOIN functions f USING (function_id) LEFT JOIN modules m USING (module_id)
UNION ALL
SELECT c.stack_id, (c.level + f.level)::UINTEGER, f.function, f.module, f.file, f.line, f.pc
FROM _callers c JOIN frames f ON f.pc = c.call_pc
UNION ALL
SELECT c.stack_id, c.level, f.name, parse_filename(m.path), f.file, f.line, NULL::UBIGINT
FROM _callers c JOIN stacks p ON p.stack_id = c.interrupted
LEFT JOIN functions f ON f.function_id = p.function_id LEFT JOIN modules m USING (module_id)`

// callersQuery puts the two ways to find a stack's callers together, one of
// which is empty. It is a view because a WITH that is used twice would be
// computed whole.
const callersQuery = `
SELECT stack_id, level, call_pc, interrupted FROM _stack_callers
UNION ALL
SELECT o.stack_id, (1 + o.height - c.height)::UINTEGER, s.call_pc, CASE WHEN s.call_pc IS NULL THEN s.parent_stack_id END
FROM _stack_order o
JOIN _stack_order c ON c.first <= o.first AND o.first <= c.last
JOIN stacks s ON s.stack_id = c.stack_id
WHERE s.parent_stack_id IS NOT NULL`

// writesQuery puts the two kinds of writes together. Conditions on its columns
// reach both tables.
const writesQuery = `
SELECT t, (who >> 52)::UINTEGER, (who >> 36 & 65535)::UINTEGER, call_id, (who >> 4 & 4294967295)::UINTEGER, pc, addr, (who & 15)::UINTEGER,
       value, NULL::BLOB, 'instruction'::` + tSource + `, NULL::UBIGINT
FROM _writes
UNION ALL
SELECT * FROM _wide_writes`
