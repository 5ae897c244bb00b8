-- calls_by_path: one row per function call, by the path of the functions that led to it
--   path          the functions on the stack from main, in another thread from the first of the program's own, else from the outermost, to the one called: 'main;parse;next'; beginning with '…;' where there are more than 64
--   thread        its thread's lineage: '1', and '1.2' for the second thread that it made
--   n             the how manieth call by this path it is in its thread, from 1
--   function      the function called; '?' for code without a name
--   file          its source file
--   module        its module
--   own           whether it is the program's own
--   depth         functions on the path
--   call_id       the call
--   enter_t       when it began
--   exit_t        when it ended
--   instructions  instructions from its beginning to its end, its thread's own; NULL where it had not ended
--   return_value  rax at its return
--   arg0          rdi at the call
--   arg1          rsi at the call
--   arg2          rdx at the call
--   arg3          rcx at the call
--   arg4          r8 at the call
--   arg5          r9 at the call
--   path_id       number of the path, the same in head and base, of the whole path also where its text is cut
-- Inlined functions are not on a path: they are inlined in one build and not in another.
-- Example: SELECT n, instructions FROM calls_by_path WHERE path = 'main;parse;next' ORDER BY n
CREATE OR REPLACE VIEW calls_by_path AS
  SELECT
    p.path,
    h.lineage AS thread,
    row_number() OVER (PARTITION BY c.thread_id, s.path_id ORDER BY c.call_id)::UBIGINT AS n,
    coalesce(k.function, '?') AS function,
    k.file,
    k.module,
    coalesce(k.own, false) AS own,
    p.depth,
    c.call_id,
    c.enter_t,
    c.exit_t,
    CASE WHEN c.exit_t IS NOT NULL THEN c.instructions END AS instructions,
    c.return_value, c.arg0, c.arg1, c.arg2, c.arg3, c.arg4, c.arg5,
    s.path_id
  FROM calls c
  JOIN threads h USING (thread_id)
  JOIN _stack_paths s USING (stack_id)
  JOIN memory.main._paths p USING (path_id)
  LEFT JOIN memory.main._keys k ON k.function_key = p.function_key;
