//! What a module exports for hosts.

/// `(start_routine: usize)`: the trampoline that a host calls once on a fresh thread.
pub const THREAD_START: &str = "thread_start";
/// `()`: the entry point of a program with `#[threadlink::main]`.
pub const START: &str = "_start";
/// `(size, align) -> ptr`, for hosts that allocate in the guest.
pub const MALLOC: &str = "__wasmgrind_malloc";
/// `(ptr, size, align)`, the inverse of [`MALLOC`].
pub const FREE: &str = "__wasmgrind_free";

/// Linker symbols that Wasmgrind's patcher reads; the guest's link flags export them.
pub const LINKER_EXPORTS: [&str; 5] = [
    "__wasm_init_tls",
    "__tls_size",
    "__tls_align",
    "__tls_base",
    "__heap_base",
];
