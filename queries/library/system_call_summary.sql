-- How often each system call was made, how often it failed and how long it took.
-- tags: system calls
-- example: system_call_summary
SELECT coalesce(name, 'number ' || number) AS name, count(*) AS calls, count(error) AS errors,
  round(sum(duration_ns) / 1e3, 1) AS total_us, round(avg(duration_ns) / 1e3, 1) AS mean_us,
  round(100 * sum(duration_ns) / sum(sum(duration_ns)) OVER (), 1) AS percent
FROM syscalls GROUP BY 1 ORDER BY total_us DESC NULLS LAST, calls DESC, 1;
