//! [`Op`]: how a lock was asked for.

/// How a lock was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Op {
    /// A blocking acquire.
    Blocking,
    /// An attempt that has succeeded without waiting.
    Try,
    /// A wait for a condition variable with a time limit.
    Timed,
}
