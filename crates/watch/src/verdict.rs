//! What a detector says.

use std::sync::Arc;

use threadlink_trace::Deadlock;

use crate::thread::Thread;

/// A deadlock that was found: true of one moment, and for good. The caller ends the run; no detector does.
///
/// [`DeadlockReport::resolve`](threadlink_trace::DeadlockReport::resolve) makes words of it.
///
/// ```
/// # fn show(verdict: &threadlink_watch::Verdict) {
/// println!("{} threads cannot go on", verdict.deadlock.edges.len());
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Verdict {
    /// The threads, what they hold and what they wait for, and how many more there are.
    pub deadlock: Deadlock,
    /// The same threads; they may be gone from the tables by the time that somebody wants to know their names.
    pub threads: Vec<Arc<Thread>>,
}

/// What a look for deadlocks came to.
///
/// ```
/// # fn act(suspicion: threadlink_watch::Suspicion) {
/// if let Some(verdict) = suspicion.verdict {
///     println!("the run is over: {verdict:?}");
/// } else if suspicion.later {
///     println!("look again in a fifth of a second");
/// }
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
#[must_use]
pub struct Suspicion {
    /// A deadlock that is certain.
    pub verdict: Option<Verdict>,
    /// There may be one that only a later look can tell for sure: [`Watch::look`](crate::Watch::look).
    pub later: bool,
}
