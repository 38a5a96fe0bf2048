//! What a test prints: both of its streams in one, in the order in which it wrote.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes kept of one test; a test that prints for ever must not take the host's memory.
const MOST: usize = 16 << 20;

/// A sink that can be given away and read later; clones share what was written.
#[derive(Clone, Default)]
pub(super) struct Capture(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    lost: usize,
}

impl Capture {
    /// What was written so far.
    pub(super) fn text(&self) -> String {
        let kept = self.kept();
        let mut text = String::from_utf8_lossy(&kept.bytes).into_owned();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        if kept.lost > 0 {
            text.push_str(&format!("({} more bytes were not kept)\n", kept.lost));
        }
        text
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.kept();
        let fits = bytes.len().min(MOST - kept.bytes.len());
        kept.bytes.extend_from_slice(&bytes[..fits]);
        kept.lost += bytes.len() - fits;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_kept_up_to_a_limit() {
        let capture = Capture::default();
        let mut sink = capture.clone();
        sink.write_all(b"text").expect("it takes everything");
        assert_eq!(capture.text(), "text\n");
        sink.write_all(&vec![b'x'; MOST]).expect("it takes everything");
        let text = capture.text();
        assert!(text.ends_with("\n(4 more bytes were not kept)\n"));
        assert!(text.len() < MOST + 100);
    }
}
