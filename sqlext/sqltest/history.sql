-- A small history: main (0x1000) calls bump (0x1100), into which add is inlined.
INSERT INTO threads BY NAME SELECT 1 AS thread_id, 1 AS process_id, 100 AS os_tid, 0 AS start_t, '1' AS lineage;
INSERT INTO modules BY NAME SELECT 1 AS module_id, 1 AS process_id, '/bin/a' AS path, 4096 AS start_addr, 8192 AS end_addr,
  0 AS load_bias, 0 AS mapped_t;
INSERT INTO functions BY NAME SELECT * FROM (VALUES
  (1, 1, 'main', 'main', 'a.c', 10, 4096, 4196),
  (2, 1, 'bump', 'bump', 'a.c', 3, 4352, 4400))
  AS v(function_id, module_id, name, linkage_name, file, line, entry_pc, end_pc);
INSERT INTO frames BY NAME SELECT * FROM (VALUES
  (4100, 1, 0, 1, 'main', '/bin/a', 'a.c', 12, false),
  (4360, 1, 0, NULL, 'add', '/bin/a', 'a.h', 2, true),
  (4360, 1, 1, 2, 'bump', '/bin/a', 'a.c', 4, false),
  (9000, 1, 0, NULL, NULL, '/lib/b.so', NULL, NULL, false))
  AS v(pc, process_id, level, function_id, function, module, file, line, inlined);
INSERT INTO stacks BY NAME SELECT * FROM (VALUES (1, NULL, 0, 1, NULL), (2, 1, 1, 2, 4100), (3, 2, 2, NULL, 4360))
  AS v(stack_id, parent_stack_id, depth, function_id, call_pc);
INSERT INTO _stack_order BY NAME SELECT * FROM (VALUES (1, 1, 3, 0), (2, 2, 3, 1), (3, 3, 3, 3)) AS v(stack_id, first, last, height);
-- who is size + 2^4 * stack + 2^36 * thread + 2^52 * process.
INSERT INTO _writes BY NAME SELECT * FROM (VALUES
  (1, 1, 4100, 4210752, 1, 8 + 1 * 16 + 68719476736 + 4503599627370496),
  (2, 2, 4360, 4210756, 2, 4 + 2 * 16 + 68719476736 + 4503599627370496),
  (4, 1, 9000, 4210760, 18446744073709551615, 8 + 1 * 16 + 68719476736 + 4503599627370496),
  (5, 1, 4100, 16, 5, 8 + 1 * 16 + 68719476736 + 4503599627370496))
  AS v(t, call_id, pc, addr, value, who);
INSERT INTO _wide_writes BY NAME SELECT 3 AS t, 1 AS process_id, 1 AS thread_id, 2 AS call_id, 2 AS stack_id, 4360 AS pc,
  4210000 AS addr, 1000 AS size, 3 AS value, 'abc\x00\xFF'::BLOB AS bytes, 'syscall' AS source, 7 AS syscall_id;
-- The variables' page, of which half has contents, and code, of which nothing is known.
INSERT INTO _memory BY NAME SELECT * FROM (VALUES
  (4210688, 64, NULL, 2, true, repeat('\xAB'::BLOB, 64)),
  (4210688, 128, 2, NULL, true, NULL),
  (4210816, 64, NULL, NULL, false, NULL))
  AS v(addr, size, from_t, to_t, known, bytes);
INSERT INTO diagnostics BY NAME SELECT 'warning' AS severity, 'test' AS what, 'this history is made up' AS detail;
INSERT INTO _meta VALUES ('schema_version', '3'), ('recording_id', '00000000-0000-4000-8000-000000000001');
-- The variable counter lies where the first two writes are; the system call at 2
-- mapped its memory anew.
INSERT INTO types BY NAME SELECT * FROM (VALUES
  (1, 'unsigned long', 'unsigned', 8, NULL, 'C', 1), (2, 'unsigned int', 'unsigned', 4, NULL, 'C', 1), (3, NULL, 'pointer', 8, 2, 'C', 1))
  AS v(type_id, name, kind, size, target_type_id, language, module_id);
INSERT INTO variables BY NAME SELECT 1 AS variable_id, 'counter' AS name, 'global' AS kind, 1 AS type_id, 8 AS size,
  4210752 AS addr, 'a.c' AS file, 1 AS line, 'memory' AS lives, 1 AS module_id;
INSERT INTO _locations BY NAME SELECT 1 AS variable_id, 'address' AS base, 4210752 AS "offset";
