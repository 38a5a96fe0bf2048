//! The guest's standard output and error: each write in one piece.

use std::borrow::Cow;
use std::io::{self, Write};

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

    /// Writes all of `pieces` with no other write in between.
    pub(crate) fn write_all<'a>(&self, mut pieces: impl Iterator<Item = Cow<'a, [u8]>>) -> io::Result<()> {
        let mut sink = self.sink.lock();
        pieces.try_for_each(|piece| sink.write_all(&piece))?;
        sink.flush()
    }

    /// Writes all of `bytes` likewise; `false` if the stream refuses them (a closed pipe).
    pub(crate) fn write(&self, bytes: &[u8]) -> bool {
        self.write_all(std::iter::once(Cow::Borrowed(bytes))).is_ok()
    }
}
