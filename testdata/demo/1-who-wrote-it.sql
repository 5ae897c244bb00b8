-- 1. The audit calls an account's balance wrong. Who wrote payer->balance, through
-- the pointer as it stood each time, and from where? The last writes, newest first:
SELECT w.t, w.text AS balance, w.function, w.line,
	(SELECT string_agg(f.function || ':' || f.line, ' < ' ORDER BY f.level)
	 FROM stack_frames f WHERE f.stack_id = w.stack_id AND f.level BETWEEN 1 AND 3) AS called_from
FROM variable_writes('payer->balance') w ORDER BY w.t DESC LIMIT 5;
