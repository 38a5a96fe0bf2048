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
/// `() -> u32`: how many threads can run at once on the host, at least 1.
pub const PARALLELISM: &str = "available_parallelism";

/// `stream` for standard output.
pub const STDOUT: i32 = 1;
/// `stream` for standard error.
pub const STDERR: i32 = 2;
