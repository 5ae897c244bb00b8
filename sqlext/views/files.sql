-- files: one row per life of a file descriptor, from its opening to its closing
--   process_id      the process
--   fd              the descriptor
--   kind            the system call that made it ('openat', 'socket', 'pipe2', 'dup' …), or 'inherited'
--   path            what was opened, as the program named it and strace shows it; of a duplicate that of its original; NULL where there is no name
--   opened_t        when; NULL for inherited ones
--   opened_call_id  the function call that opened it
--   closed_t        when it was closed, or another took its number; NULL where it stayed open
--   bytes_read      bytes that read, recv, sendfile … and their like took from it
--   bytes_written   bytes that write, send, sendfile … and their like put into it
--   calls           system calls on it, those that opened and closed it not counted
-- Inherited descriptors have a row where the program used them. recvmmsg and sendmmsg count as calls, not bytes; descriptors received over a socket are 'inherited' as far as this can tell.
-- Example: SELECT fd, kind, path, bytes_read, bytes_written, calls FROM files ORDER BY opened_t NULLS FIRST, fd
CREATE OR REPLACE VIEW files AS
WITH RECURSIVE done AS MATERIALIZED (
  SELECT *, (arg0 & 4294967295)::UBIGINT AS fd0, (arg1 & 4294967295)::UBIGINT AS fd1, (arg2 & 4294967295)::UBIGINT AS fd2
  FROM syscalls WHERE error IS DISTINCT FROM 'EBADF' AND result IS NOT NULL),
opened AS MATERIALIZED (
  SELECT process_id, result::UBIGINT AS fd, syscall_id, t, call_id, name AS kind,
    CASE WHEN name IN ('open', 'openat', 'openat2', 'creat', 'memfd_create') THEN regexp_extract(arguments, '"((?:[^"\\]|\\.)*)"', 1) END AS path,
    CASE WHEN name IN ('dup', 'dup2', 'dup3', 'fcntl') THEN fd0 END AS original
  FROM done
  WHERE result >= 0 AND (name IN ('open', 'openat', 'openat2', 'creat', 'memfd_create', 'socket', 'accept', 'accept4', 'epoll_create', 'epoll_create1',
      'eventfd', 'eventfd2', 'inotify_init', 'inotify_init1', 'fanotify_init', 'timerfd_create', 'pidfd_open', 'pidfd_getfd', 'userfaultfd',
      'perf_event_open', 'open_tree', 'open_by_handle_at', 'fsopen', 'fsmount', 'fspick', 'mq_open', 'landlock_create_ruleset', 'dup')
    OR name IN ('signalfd', 'signalfd4') AND fd0 = 4294967295
    OR name IN ('dup2', 'dup3') AND fd0 <> fd1
    OR name = 'fcntl' AND arg1 IN (0, 1030))
  UNION ALL
  SELECT process_id, unnest([regexp_extract(arguments, '\[(\d+), (\d+)\]', 1), regexp_extract(arguments, '\[(\d+), (\d+)\]', 2)])::UBIGINT,
    syscall_id, t, call_id, name, NULL, NULL
  FROM done WHERE name IN ('pipe', 'pipe2', 'socketpair') AND result = 0),
used AS MATERIALIZED (
  SELECT process_id, fd0 AS fd, syscall_id,
    CASE WHEN name IN ('read', 'pread64', 'readv', 'preadv', 'preadv2', 'recvfrom', 'recvmsg', 'copy_file_range', 'splice', 'tee') THEN greatest(result, 0) ELSE 0 END AS taken,
    CASE WHEN name IN ('write', 'pwrite64', 'writev', 'pwritev', 'pwritev2', 'sendto', 'sendmsg', 'vmsplice', 'sendfile') THEN greatest(result, 0) ELSE 0 END AS put
  FROM done
  WHERE name IN ('read', 'pread64', 'readv', 'preadv', 'preadv2', 'recvfrom', 'recvmsg', 'recvmmsg', 'write', 'pwrite64', 'writev', 'pwritev', 'pwritev2',
    'sendto', 'sendmsg', 'sendmmsg', 'sendfile', 'copy_file_range', 'splice', 'tee', 'vmsplice', 'lseek', 'fstat', 'fstatfs', 'ioctl', 'fcntl', 'flock', 'fsync',
    'fdatasync', 'ftruncate', 'fallocate', 'fadvise64', 'readahead', 'sync_file_range', 'syncfs', 'getdents', 'getdents64', 'fchdir', 'fchmod', 'fchown',
    'fsetxattr', 'fgetxattr', 'flistxattr', 'fremovexattr', 'dup', 'dup2', 'dup3', 'accept', 'accept4', 'bind', 'connect', 'listen', 'shutdown',
    'getsockname', 'getpeername', 'getsockopt', 'setsockopt', 'epoll_ctl', 'epoll_wait', 'epoll_pwait', 'epoll_pwait2', 'timerfd_settime', 'timerfd_gettime',
    'inotify_add_watch', 'inotify_rm_watch', 'openat', 'openat2', 'newfstatat', 'statx', 'mkdirat', 'mknodat', 'unlinkat', 'renameat', 'renameat2', 'linkat',
    'readlinkat', 'fchmodat', 'fchownat', 'faccessat', 'faccessat2', 'utimensat')
  UNION ALL
  SELECT process_id, fd1, syscall_id, CASE name WHEN 'sendfile' THEN greatest(result, 0) ELSE 0 END, CASE name WHEN 'tee' THEN greatest(result, 0) ELSE 0 END
  FROM done WHERE name IN ('sendfile', 'tee')
  UNION ALL
  SELECT process_id, fd2, syscall_id, 0, CASE name WHEN 'epoll_ctl' THEN 0 ELSE greatest(result, 0) END
  FROM done WHERE name IN ('copy_file_range', 'splice', 'epoll_ctl')
  UNION ALL
  SELECT process_id, (arg4 & 4294967295)::UBIGINT, syscall_id, 0, 0 FROM done WHERE name = 'mmap' AND arg3 & 32 = 0),
closed AS (
  SELECT process_id, fd0 AS fd, syscall_id, t FROM done WHERE name = 'close'
  UNION ALL
  SELECT o.process_id, o.fd, o.syscall_id, o.t FROM opened o WHERE kind IN ('dup2', 'dup3')
  UNION ALL
  SELECT d.process_id, k.fd, d.syscall_id, d.t
  FROM done d JOIN (SELECT DISTINCT process_id, fd FROM (SELECT process_id, fd FROM opened UNION ALL SELECT process_id, fd FROM used)) k
    ON k.process_id = d.process_id AND k.fd >= d.fd0 AND k.fd <= d.fd1
  WHERE d.name = 'close_range' AND d.result = 0 AND d.arg2 & 4 = 0),
step AS (
  SELECT process_id, fd, syscall_id, 0 AS step, NULL::UBIGINT AS t, taken, put FROM used WHERE fd < 2147483648
  UNION ALL
  SELECT process_id, fd, syscall_id, 1, t, 0, 0 FROM closed
  UNION ALL
  SELECT process_id, fd, syscall_id, 2, t, 0, 0 FROM opened),
numbered AS (
  SELECT *, count(*) FILTER (step = 2) OVER (PARTITION BY process_id, fd ORDER BY syscall_id, step ROWS UNBOUNDED PRECEDING) AS life FROM step),
life AS (
  SELECT process_id, fd, life, min(syscall_id) FILTER (step = 2) AS opened_id, min(t) FILTER (step = 2) AS opened_t,
    min(t) FILTER (step = 1) AS closed_t, sum(taken)::UBIGINT AS bytes_read, sum(put)::UBIGINT AS bytes_written,
    count(*) FILTER (step = 0)::UBIGINT AS calls
  FROM numbered GROUP BY ALL),
lived AS MATERIALIZED (
  SELECT l.process_id, l.fd, coalesce(o.kind, 'inherited') AS kind, o.path, o.original, o.syscall_id AS opened_id, l.opened_t, o.call_id AS opened_call_id,
    coalesce(l.closed_t, lead(l.opened_t) OVER (PARTITION BY l.process_id, l.fd ORDER BY l.life)) AS closed_t,
    l.bytes_read, l.bytes_written, l.calls
  FROM life l LEFT JOIN opened o ON o.process_id = l.process_id AND o.fd = l.fd AND o.syscall_id = l.opened_id
  -- That a number was taken by dup2 does not tell that it was open before.
  WHERE l.life > 0 OR l.calls > 0
    OR EXISTS (FROM done d WHERE d.name = 'close' AND d.process_id = l.process_id AND d.fd0 = l.fd AND d.t = l.closed_t)),
-- What a duplicate is of, back to the original.
named AS (
  SELECT process_id, fd, opened_t, original, opened_t AS at, path FROM lived WHERE original IS NOT NULL
  UNION ALL
  SELECT n.process_id, n.fd, n.opened_t, l.original, l.opened_t, l.path
  FROM named n JOIN lived l ON l.process_id = n.process_id AND l.fd = n.original
    AND (l.opened_t IS NULL OR l.opened_t < n.at) AND (l.closed_t IS NULL OR l.closed_t > n.at))
SELECT l.process_id, l.fd::UINTEGER AS fd, l.kind, coalesce(l.path, n.path) AS path, l.opened_t, l.opened_call_id, l.closed_t,
  l.bytes_read, l.bytes_written, l.calls
FROM lived l
LEFT JOIN (SELECT process_id, fd, opened_t, any_value(path) AS path FROM named WHERE path IS NOT NULL GROUP BY ALL) n
  ON n.process_id = l.process_id AND n.fd = l.fd AND n.opened_t = l.opened_t;
