//! Part B of the ABI: the imports of our own host. A module has one of them only if the program uses it.

/// Import module of the extensions.
pub const MODULE: &str = "threadlink";
/// `(stream: i32, ptr: usize, len: usize) -> i32`: writes bytes to [`STDOUT`] or [`STDERR`] in one piece, never
/// mixed with another call's; 0, or an error number.
pub const WRITE: &str = "write";
/// `(code: i32)`: ends the whole program with this exit code, whatever its threads do; never returns.
pub const EXIT: &str = "exit";
/// `() -> u32`: bytes that [`ARGS_GET`] writes: every argument, the program's name first, each followed by a NUL.
pub const ARGS_SIZE: &str = "args_size";
/// `(ptr: usize, len: usize) -> i32`: writes the arguments; 0, or an error number.
pub const ARGS_GET: &str = "args_get";
/// `() -> u64`: nanoseconds on the host's monotonic clock, from an arbitrary start.
pub const CLOCK: &str = "clock_monotonic";
/// `() -> i64`: nanoseconds since 1970-01-01 00:00 UTC on the host's clock of the day, negative before.
pub const CLOCK_REALTIME: &str = "clock_realtime";
/// `() -> u32`: how many threads can run at once on the host, at least 1.
pub const PARALLELISM: &str = "available_parallelism";

/// `stream` for standard output.
pub const STDOUT: i32 = 1;
/// `stream` for standard error.
pub const STDERR: i32 = 2;

/// `(lock: usize)`: called before the attempt to lock a read-write lock for reading. Locking it for writing calls
/// Part A's hooks, with the same address.
pub const START_READ: &str = "start_read";
/// `(lock: usize)`: called once the lock is held for reading.
pub const FINISH_READ: &str = "finish_read";
/// `(lock: usize)`: called while the lock is still held for reading, before its release.
pub const START_READ_UNLOCK: &str = "start_read_unlock";
/// `(lock: usize)`: called after the lock was released by a reader.
pub const FINISH_READ_UNLOCK: &str = "finish_read_unlock";
/// `(condvar: usize, mutex: usize)`: called before a wait for a condition variable, while the mutex is still held. The
/// mutex's own hooks for its release follow.
pub const START_WAIT: &str = "start_wait";
/// `(condvar: usize, timed_out: i32)`: called when the wait is over, before the mutex is locked again; 1 if the time
/// was over, else 0.
pub const FINISH_WAIT: &str = "finish_wait";
/// `(condvar: usize, all: i32)`: called before one waiting thread (0) or all of them (1) are woken.
pub const NOTIFY: &str = "notify";
