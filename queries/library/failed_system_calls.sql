-- The system calls that failed, in their order, with who made them.
-- param name VARCHAR = '%': only system calls whose name is LIKE this
-- param error VARCHAR = '%': only errors LIKE this, ENOENT
-- param n BIGINT = 100: how many calls
-- tags: system calls, errors
-- example: failed_system_calls error=ENOENT
WITH failed AS MATERIALIZED (
  SELECT * FROM syscalls WHERE error IS NOT NULL AND coalesce(name, '') LIKE $name AND error LIKE $error ORDER BY t LIMIT $n)
SELECT s.t, s.name, s.arguments, s.error,
  (SELECT string_agg(coalesce(f.function, '?') || coalesce(':' || f.line, ''), ' < ' ORDER BY f.level)
   FROM stack_frames f WHERE f.stack_id = c.stack_id AND f.level < 4) AS made_by
FROM failed s LEFT JOIN calls c USING (call_id) ORDER BY s.t;
