-- _heap_functions: one row per function that is known to allocate or release memory
--   function_id  the function
--   kind         its name as it is written in the source
--   what         'allocate', 'release', 'resize' or 'other' (it changes the allocator's own data)
--   pointer      number of the argument with the address that is released, or where the new one is stored
--   size         number of the argument with the size
--   count        number of the argument by which the size is multiplied
CREATE OR REPLACE VIEW _heap_functions AS
SELECT f.function_id, k.kind, k.what, k.pointer::UTINYINT AS pointer, k.size::UTINYINT AS size, k.count::UTINYINT AS count
FROM (
  SELECT function_id,
    CASE WHEN regexp_full_match(symbol, '_Zn[wa]m(St11align_val_t)?(RKSt9nothrow_t)?') THEN symbol[1:5]
         WHEN regexp_full_match(symbol, '_Zd[la]Pvm?(St11align_val_t)?(RKSt9nothrow_t)?') THEN symbol[1:6]
         WHEN contains(symbol, '__r') AND regexp_matches(name, '__r(ust|dl|g)_(alloc|alloc_zeroed|realloc|dealloc)$')
           THEN regexp_replace(regexp_extract(name, '__r(ust|dl|g)_(alloc|alloc_zeroed|realloc|dealloc)$'), '__r(dl|g)_', '__rust_')
         ELSE symbol END AS symbol
  FROM (SELECT function_id, name, coalesce(linkage_name, name) AS symbol FROM functions)) f
JOIN (VALUES
  ('malloc', 'malloc', 'allocate', NULL, 0, NULL),
  ('__libc_malloc', 'malloc', 'allocate', NULL, 0, NULL),
  ('__minimal_malloc', 'malloc', 'allocate', NULL, 0, NULL),
  ('calloc', 'calloc', 'allocate', NULL, 1, 0),
  ('__libc_calloc', 'calloc', 'allocate', NULL, 1, 0),
  ('__minimal_calloc', 'calloc', 'allocate', NULL, 1, 0),
  ('realloc', 'realloc', 'resize', 0, 1, NULL),
  ('__libc_realloc', 'realloc', 'resize', 0, 1, NULL),
  ('__minimal_realloc', 'realloc', 'resize', 0, 1, NULL),
  ('reallocarray', 'reallocarray', 'resize', 0, 2, 1),
  ('__libc_reallocarray', 'reallocarray', 'resize', 0, 2, 1),
  ('memalign', 'memalign', 'allocate', NULL, 1, NULL),
  ('__libc_memalign', 'memalign', 'allocate', NULL, 1, NULL),
  ('aligned_alloc', 'aligned_alloc', 'allocate', NULL, 1, NULL),
  ('posix_memalign', 'posix_memalign', 'allocate', 0, 2, NULL),
  ('__posix_memalign', 'posix_memalign', 'allocate', 0, 2, NULL),
  ('valloc', 'valloc', 'allocate', NULL, 0, NULL),
  ('__libc_valloc', 'valloc', 'allocate', NULL, 0, NULL),
  ('pvalloc', 'pvalloc', 'allocate', NULL, 0, NULL),
  ('__libc_pvalloc', 'pvalloc', 'allocate', NULL, 0, NULL),
  ('free', 'free', 'release', 0, NULL, NULL),
  ('__libc_free', 'free', 'release', 0, NULL, NULL),
  ('__minimal_free', 'free', 'release', 0, NULL, NULL),
  ('cfree', 'cfree', 'release', 0, NULL, NULL),
  ('free_sized', 'free_sized', 'release', 0, NULL, NULL),
  ('free_aligned_sized', 'free_aligned_sized', 'release', 0, NULL, NULL),
  ('_Znwm', 'operator new', 'allocate', NULL, 0, NULL),
  ('_Znam', 'operator new[]', 'allocate', NULL, 0, NULL),
  ('_ZdlPv', 'operator delete', 'release', 0, NULL, NULL),
  ('_ZdaPv', 'operator delete[]', 'release', 0, NULL, NULL),
  ('__rust_alloc', '__rust_alloc', 'allocate', NULL, 0, NULL),
  ('__rust_alloc_zeroed', '__rust_alloc_zeroed', 'allocate', NULL, 0, NULL),
  ('__rust_realloc', '__rust_realloc', 'resize', 0, 3, NULL),
  ('__rust_dealloc', '__rust_dealloc', 'release', 0, NULL, NULL),
  ('malloc_trim', 'malloc_trim', 'other', NULL, NULL, NULL),
  ('mallopt', 'mallopt', 'other', NULL, NULL, NULL),
  ('mallinfo', 'mallinfo', 'other', NULL, NULL, NULL),
  ('mallinfo2', 'mallinfo2', 'other', NULL, NULL, NULL),
  ('malloc_info', 'malloc_info', 'other', NULL, NULL, NULL),
  ('malloc_stats', 'malloc_stats', 'other', NULL, NULL, NULL),
  ('malloc_usable_size', 'malloc_usable_size', 'other', NULL, NULL, NULL),
  -- A thread that ends gives up what it keeps for its next calls of malloc, by calls of free.
  ('__malloc_arena_thread_freeres', 'thread_freeres', 'other', NULL, NULL, NULL),
  ('arena_thread_freeres', 'thread_freeres', 'other', NULL, NULL, NULL),
  ('tcache_thread_shutdown', 'thread_freeres', 'other', NULL, NULL, NULL)
) k(symbol, kind, what, pointer, size, count) USING (symbol);
