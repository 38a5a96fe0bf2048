//! Where there are no signals, the system ends the process in its own way.

use std::io;

/// Nothing is caught here.
pub(crate) struct Signals;

impl Signals {
    /// Never calls `on_first`.
    pub(crate) fn catch(_on_first: impl FnOnce() + Send + 'static) -> io::Result<Signals> {
        Ok(Signals)
    }

    /// `None`: nothing is caught.
    pub(crate) fn caught(&self) -> Option<i32> {
        None
    }
}
