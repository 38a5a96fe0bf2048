//! Part A of the ABI, which is Wasmgrind's: the names of imports and exports that every host knows.

/// Import module of the thread and lock functions.
pub const MODULE: &str = "wasm_threadlink";
/// `(thread_id: *mut u32, start_routine: usize) -> i32`: starts a thread, writes its id to `*thread_id`.
pub const THREAD_CREATE: &str = "thread_create";
/// `(thread: u32) -> i32`: blocks until `thread_start` has returned on that thread. Once an id.
pub const THREAD_JOIN: &str = "thread_join";
/// `(errno: i32)`: ends the program because of a failure in the runtime; never returns.
pub const PANIC: &str = "panic";
/// `(mutex: usize)`: called before the attempt to acquire a lock.
pub const START_LOCK: &str = "start_lock";
/// `(mutex: usize)`: called once the lock is held.
pub const FINISH_LOCK: &str = "finish_lock";
/// `(mutex: usize)`: called while the lock is still held, before its release.
pub const START_UNLOCK: &str = "start_unlock";
/// `(mutex: usize)`: called after the lock was released.
pub const FINISH_UNLOCK: &str = "finish_unlock";

/// Module of the one imported memory.
pub const MEMORY_MODULE: &str = "env";
/// Name of the one imported memory, which is shared and has a maximum.
pub const MEMORY: &str = "memory";

/// Exported `(start_routine: usize)`: the trampoline that a host calls once on a fresh thread.
pub const THREAD_START: &str = "thread_start";
/// Exported `()`: the entry point of a program with `#[threadlink::main]`.
pub const START: &str = "_start";
/// Exported `(size, align) -> ptr`, for hosts that allocate in the guest.
pub const MALLOC: &str = "__wasmgrind_malloc";
/// Exported `(ptr, size, align)`, the inverse of [`MALLOC`].
pub const FREE: &str = "__wasmgrind_free";

/// Linker symbols that Wasmgrind's patcher reads; the guest's link flags export them.
pub const LINKER_EXPORTS: [&str; 5] = [
    "__wasm_init_tls",
    "__tls_size",
    "__tls_align",
    "__tls_base",
    "__heap_base",
];
