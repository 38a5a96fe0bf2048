//! The cases, a module a topic.

mod barrier;
mod condvar;
mod mpsc;
mod mutex;
mod once;
mod panics;
mod park;
mod rwlock;
mod scope;
mod thread;
mod time;
// Both kinds of initialiser are tested.
#[allow(clippy::missing_const_for_thread_local)]
mod tls;

use crate::case::Case;

/// All cases there are.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    [
        thread::CASES,
        scope::CASES,
        park::CASES,
        tls::CASES,
        mutex::CASES,
        rwlock::CASES,
        condvar::CASES,
        barrier::CASES,
        once::CASES,
        mpsc::CASES,
        time::CASES,
        panics::CASES,
    ]
    .into_iter()
    .flatten()
}
