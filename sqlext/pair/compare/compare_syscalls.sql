-- compare_syscalls: one row per system call of either history, matched by thread, path, name and n-th occurrence
--   path            the functions from main to the one that made it
--   name            the system call
--   thread          the thread's lineage, as in calls_by_path
--   n               the how manieth of this name by this path in the thread
--   own             as in syscalls_by_path
--   found           'both', 'head' or 'base'
--   head_arguments  its arguments, addresses as '@'
--   base_arguments  the same in base
--   head_result     what it returned; NULL where that is an address
--   base_result     the same in base
--   head_error      name of the error
--   base_error      the same in base
-- Example: SELECT name, head_arguments, head_error FROM compare_syscalls WHERE own AND head_error IS DISTINCT FROM base_error ORDER BY ALL
CREATE OR REPLACE VIEW compare_syscalls AS
  SELECT
    coalesce(h.path, b.path) AS path, coalesce(h.name, b.name) AS name, coalesce(h.thread, b.thread) AS thread, coalesce(h.n, b.n) AS n, coalesce(h.own, b.own) AS own,
    CASE WHEN b.syscall_id IS NULL THEN 'head' WHEN h.syscall_id IS NULL THEN 'base' ELSE 'both' END AS found,
    h.arguments AS head_arguments, b.arguments AS base_arguments,
    h.result AS head_result, b.result AS base_result, h.error AS head_error, b.error AS base_error
  FROM head.syscalls_by_path h FULL JOIN base.syscalls_by_path b
    ON coalesce(b.path_id, 0) = coalesce(h.path_id, 0) AND b.name = h.name AND b.thread = h.thread AND b.n = h.n;
