-- The longest stretches of instructions of a thread without a system call.
-- wall_ns is from the one call's return to the next call; other threads may have run then.
-- param n BIGINT = 20: how many stretches
-- tags: time, system calls
-- example: longest_computations n=5
WITH turn AS (
  -- own is what the thread had executed before the turn.
  SELECT t AS since, thread_id, coalesce(sum(n) OVER (PARTITION BY thread_id ORDER BY t ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS own
  FROM (SELECT t, to_thread_id AS thread_id, lead(t) OVER (ORDER BY t) - t AS n FROM switches)),
counted AS (
  SELECT s.*, (coalesce(r.own, 0) + s.t - coalesce(r.since, 0))::BIGINT AS own
  FROM syscalls s ASOF LEFT JOIN turn r ON r.thread_id = s.thread_id AND r.since <= s.t),
following AS (
  SELECT *, lead(t) OVER w AS next_t, lead(own) OVER w AS next_own, lead(name) OVER w AS next_name, lead(start_ns) OVER w AS next_ns, lead(call_id) OVER w AS next_call
  FROM counted WINDOW w AS (PARTITION BY thread_id ORDER BY t))
SELECT f.next_own - f.own - 1 AS instructions, f.thread_id, f.t AS from_t, f.next_t AS to_t, f.name AS after, f.next_name AS before,
  f.next_ns::BIGINT - (f.start_ns + f.duration_ns)::BIGINT AS wall_ns, n.name AS next_called_by
FROM following f LEFT JOIN calls c ON c.call_id = f.next_call LEFT JOIN functions n ON n.function_id = c.function_id
WHERE f.next_t IS NOT NULL
ORDER BY instructions DESC, f.t LIMIT $n;
