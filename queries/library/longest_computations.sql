-- The longest stretches of instructions without a system call.
-- wall_ns is from the one call's return to the next call.
-- param n BIGINT = 20: how many stretches
-- tags: time, system calls
-- example: longest_computations n=5
WITH following AS (
  SELECT *, lead(t) OVER w AS next_t, lead(name) OVER w AS next_name, lead(start_ns) OVER w AS next_ns, lead(call_id) OVER w AS next_call
  FROM syscalls WINDOW w AS (PARTITION BY thread_id ORDER BY t))
SELECT f.next_t - f.t - 1 AS instructions, f.t AS from_t, f.next_t AS to_t, f.name AS after, f.next_name AS before,
  f.next_ns::BIGINT - (f.start_ns + f.duration_ns)::BIGINT AS wall_ns, n.name AS next_called_by
FROM following f LEFT JOIN calls c ON c.call_id = f.next_call LEFT JOIN functions n ON n.function_id = c.function_id
WHERE f.next_t IS NOT NULL
ORDER BY instructions DESC, f.t LIMIT $n;
