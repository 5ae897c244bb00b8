-- The places that allocated memory which was never freed, by bytes.
-- param n BIGINT = 20: how many places
-- tags: memory
-- example: leaked_memory
WITH place AS MATERIALIZED (SELECT stack_id, count(*) AS blocks, sum(size)::UBIGINT AS bytes FROM leaks GROUP BY ALL)
SELECT p.bytes, p.blocks,
  (SELECT string_agg(coalesce(s.function, '?') || CASE WHEN s.level > 0 THEN coalesce(':' || s.line, '') ELSE '' END, ' < ' ORDER BY s.level)
   FROM stack_frames s WHERE s.stack_id = p.stack_id AND s.level < 6) AS allocated_by
FROM place p ORDER BY p.bytes DESC, p.blocks DESC, p.stack_id LIMIT $n;
