-- What the program printed, and the functions that printed it.
-- A buffered stream writes later than the program prints.
-- param text VARCHAR = '%': only output that is LIKE this
-- param n BIGINT = 100: how many pieces of output
-- tags: output
-- example: output_with_stack text='%error%'
WITH written AS MATERIALIZED (
  SELECT o.*, s.call_id FROM output o JOIN syscalls s USING (syscall_id) WHERE o.text LIKE $text ORDER BY o.t LIMIT $n)
SELECT o.t, o.fd, o.text,
  (SELECT string_agg(coalesce(f.function, '?') || coalesce(':' || f.line, ''), ' < ' ORDER BY f.level)
   FROM stack_frames f WHERE f.stack_id = c.stack_id) AS printed_by
FROM written o LEFT JOIN calls c USING (call_id) ORDER BY o.t;
