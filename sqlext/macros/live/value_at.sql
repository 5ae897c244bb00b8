-- value_at(name, t): what a variable held before the instruction at t, rendered by its type; NULL where it did not exist
--   name  the variable, or a part of it, as in variable_writes
--   t     the time
-- Of a local, the innermost call of its function that was open at t counts, of the thread that ran at t where it has
-- one; of a thread-local variable, that thread's. It needs Hindsight: other clients of the file do not have it.
-- Example: SELECT t, text, value_at('counter', t) AS before FROM variable_writes('counter')
CREATE OR REPLACE MACRO value_at(name, t) AS
  _value_at('history', CAST(name AS VARCHAR), CAST(t AS UBIGINT));
