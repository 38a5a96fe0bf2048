//! The guest's standard output and error: each write in one piece.

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

    /// Writes all of `bytes` with no other write in between; `false` if the stream refuses them (a closed pipe).
    pub(crate) fn write(&self, bytes: &[u8]) -> bool {
        let mut sink = self.sink.lock();
        sink.write_all(bytes).and_then(|()| sink.flush()).is_ok()
    }
}
