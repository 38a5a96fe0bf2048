//! [`Stats`]: what the runtime knows about the memory of threads.

/// What the runtime knows about the memory of threads: see [`stats`](super::stats()).
///
/// ```
/// let stats = threadlink::thread::stats();
/// assert!(stats.cached_blocks <= stats.blocks);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Blocks (a stack, thread-local storage and a control block each) that exist, in use or kept for reuse.
    pub blocks: usize,
    /// Blocks that will never be used again, because their thread died by a trap, or could not be started with
    /// a code that leaves open whether it runs.
    pub leaked_blocks: usize,
    /// Blocks that are kept for the next threads.
    pub cached_blocks: usize,
    /// Whether the destructors of thread-locals run when a thread ends; `None` until a thread has found out.
    pub tls_destructors: Option<bool>,
}
