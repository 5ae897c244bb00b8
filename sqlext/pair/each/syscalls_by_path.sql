-- syscalls_by_path: one row per system call, by the path of the functions that led to it
--   path        as in calls_by_path; NULL where the calls were not indexed
--   name        the system call
--   thread      as in calls_by_path
--   n           the how manieth of this name by this path it is in its thread, from 1
--   own         whether the program's main, or in another thread a function of the program's own, was on the path: not the system's work before and after it
--   t           when
--   syscall_id  the system call
--   arguments   its arguments, addresses as '@'
--   result      what it returned; NULL where that is an address
--   error       name of the error
--   path_id     number of the path, the same in head and base
-- Example: SELECT name, arguments, error FROM syscalls_by_path WHERE own AND error IS NOT NULL ORDER BY t
CREATE OR REPLACE VIEW syscalls_by_path AS
  SELECT
    p.path, s.name,
    h.lineage AS thread,
    row_number() OVER (PARTITION BY s.thread_id, c.path_id, s.number ORDER BY s.syscall_id)::UBIGINT AS n,
    coalesce(p.under_main, false) AS own,
    s.t, s.syscall_id,
    regexp_replace(s.arguments, '\b0x[0-9a-f]{6,16}\b', '@', 'g') AS arguments,
    CASE WHEN s.name NOT IN ('mmap', 'mremap', 'brk', 'shmat') THEN s.result END AS result,
    s.error, c.path_id
  FROM syscalls s
  JOIN threads h USING (thread_id)
  LEFT JOIN (SELECT call_id, path_id FROM calls JOIN _stack_paths USING (stack_id)) c ON c.call_id = s.call_id
  LEFT JOIN memory.main._paths p ON p.path_id = c.path_id;
