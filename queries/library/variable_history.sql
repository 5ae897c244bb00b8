-- Every write to a variable, in order, with the function that made it.
-- A name may be a path (cfg.limits[2], *head) and say where it is: file.c:name, function.name.
-- param name VARCHAR: the variable
-- param n BIGINT = 1000: how many writes
-- tags: memory, variables
-- example: variable_history name=counter
SELECT t, text AS value, function, file, line, addr, size, call_id
FROM variable_writes($name) ORDER BY t LIMIT $n;
