//! What became of a trace: [`Summary`].

/// What a finished trace holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// Events written.
    pub events: u64,
    /// Threads that were defined or have events.
    pub threads: u64,
    /// Size of the file, in bytes.
    pub bytes: u64,
}
