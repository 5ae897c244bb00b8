-- 2. The payer's balance went through the allocator in between. Whose memory was
-- it? What was allocated there, when it was freed, and by whom:
SELECT a.t, a.freed_t,
	(SELECT string_agg(f.function || ':' || f.line, ' < ' ORDER BY f.level)
	 FROM stack_frames f WHERE f.stack_id = a.stack_id AND f.level BETWEEN 1 AND 3) AS allocated_from,
	(SELECT string_agg(f.function || ':' || f.line, ' < ' ORDER BY f.level)
	 FROM stack_frames f WHERE f.stack_id = a.freed_stack_id AND f.level BETWEEN 2 AND 4) AS freed_from
FROM allocations a
WHERE a.address = (SELECT addr - 8 FROM variable_writes('payer->balance') ORDER BY t DESC LIMIT 1)
ORDER BY a.t DESC LIMIT 2;
