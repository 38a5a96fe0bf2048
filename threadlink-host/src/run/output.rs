//! The guest's standard output and error: each write in one piece.

use std::borrow::Cow;
use std::io::Write;

use parking_lot::Mutex;

/// A stream that many guest threads write to.
pub(crate) struct Output {
    sink: Mutex<Box<dyn Write + Send>>,
}

impl Output {
    pub(super) fn new(sink: Box<dyn Write + Send>) -> Self {
        Self {
            sink: Mutex::new(sink),
        }
    }

    /// Writes all of `pieces` with no other write in between; `false` if the stream refuses them (a closed pipe).
    pub(crate) fn write_all<'a>(&self, pieces: impl Iterator<Item = Cow<'a, [u8]>>) -> bool {
        let mut sink = self.sink.lock();
        for piece in pieces {
            if sink.write_all(&piece).is_err() {
                return false;
            }
        }
        sink.flush().is_ok()
    }

    /// Writes all of `bytes` likewise.
    pub(crate) fn write(&self, bytes: &[u8]) -> bool {
        self.write_all(std::iter::once(Cow::Borrowed(bytes)))
    }
}
