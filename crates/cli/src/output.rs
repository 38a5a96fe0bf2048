//! Standard output, which scripts read, and standard error, which people read.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::sync::mpsc;
use std::time::Duration;

use crate::failure::Failure;

/// Writes `text` to standard output and flushes it. A reader that has gone away (`| head`) is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    stream(|out| out.write_all(text.as_bytes()))
}

/// Lets `write` write to standard output, and flushes it. As [`print`].
pub(crate) fn stream(write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure {
            code: 1,
            message: format!("cannot write to standard output: {error}"),
        }),
        _ => Ok(()),
    }
}

/// Writes a line to standard error. If that cannot be written to, the exit code still says what happened.
pub(crate) fn tell(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The same before the process exits that was told to end: standard error may be a pipe that nobody reads, or be held by a
/// thread that waits for one, and the end comes all the same.
pub(crate) fn tell_at_last(text: &str) {
    const PATIENCE: Duration = Duration::from_secs(1);
    let (done, told) = mpsc::channel::<()>();
    let text = text.to_owned();
    let telling = std::thread::Builder::new().spawn(move || {
        tell(text);
        drop(done);
    });
    if telling.is_ok() {
        // It ends when `done` is dropped.
        let _ = told.recv_timeout(PATIENCE);
    }
}
