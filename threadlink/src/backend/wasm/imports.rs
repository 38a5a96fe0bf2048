//! The host's functions. The linker keeps an import only if something that the program uses calls it.

// Part A of the ABI: every host has these.
#[link(wasm_import_module = "wasm_threadlink")]
unsafe extern "C" {
    /// Starts a thread that calls `thread_start(start_routine)`, and writes its id. 0 or an error number.
    pub(super) fn thread_create(thread_id: *mut u32, start_routine: usize) -> i32;
    /// Blocks until that thread's `thread_start` has returned. 0 or an error number. Once an id.
    pub(super) safe fn thread_join(thread: u32) -> i32;
    /// Ends the program because of a failure in the runtime.
    #[link_name = "panic"]
    pub(super) safe fn runtime_panic(errno: i32) -> !;
    #[cfg(feature = "tracing")]
    pub(super) safe fn start_lock(mutex: usize);
    #[cfg(feature = "tracing")]
    pub(super) safe fn finish_lock(mutex: usize);
    #[cfg(feature = "tracing")]
    pub(super) safe fn start_unlock(mutex: usize);
    #[cfg(feature = "tracing")]
    pub(super) safe fn finish_unlock(mutex: usize);
}

// Part B of the ABI: hosts with Threadlink's extensions have these.
#[link(wasm_import_module = "threadlink")]
unsafe extern "C" {
    /// Writes bytes in one piece. 0 or an error number.
    pub(super) fn write(stream: i32, ptr: *const u8, len: usize) -> i32;
    /// Ends the program with an exit code.
    pub(super) safe fn exit(code: i32) -> !;
    /// How many bytes `args_get` writes.
    pub(super) safe fn args_size() -> usize;
    /// Writes the arguments, each followed by a NUL. 0 or an error number.
    pub(super) fn args_get(ptr: *mut u8, len: usize) -> i32;
    /// Nanoseconds on a monotonic clock.
    pub(super) safe fn clock_monotonic() -> u64;
    /// Nanoseconds since 1970-01-01 00:00 UTC.
    pub(super) safe fn clock_realtime() -> i64;
    /// How many threads can run at once.
    pub(super) safe fn available_parallelism() -> u32;
    #[cfg(feature = "tracing")]
    pub(super) safe fn start_read(lock: usize);
    #[cfg(feature = "tracing")]
    pub(super) safe fn finish_read(lock: usize);
    #[cfg(feature = "tracing")]
    pub(super) safe fn start_read_unlock(lock: usize);
    #[cfg(feature = "tracing")]
    pub(super) safe fn finish_read_unlock(lock: usize);
    #[cfg(feature = "tracing")]
    pub(super) safe fn start_wait(condvar: usize, mutex: usize);
    #[cfg(feature = "tracing")]
    pub(super) safe fn finish_wait(condvar: usize, timed_out: i32);
    #[cfg(feature = "tracing")]
    pub(super) safe fn notify(condvar: usize, all: i32);
}
