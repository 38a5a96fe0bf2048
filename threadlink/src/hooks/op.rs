//! [`Op`]: how a lock was asked for.

/// How a lock was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Op {
    /// A blocking acquire that waits: it has found the lock taken.
    Blocking,
    /// A blocking acquire that has found the lock free.
    AtOnce,
    /// An attempt that has succeeded without waiting.
    Try,
    /// A wait for a condition variable with a time limit.
    Timed,
}
