//! Standard output, which scripts read, and standard error, which people read.

use std::io::{self, BufWriter, ErrorKind, Write};

use crate::failure::Failure;

/// Writes `text` to standard output and flushes it. A reader that has gone away (`| head`) is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    stream(|out| out.write_all(text.as_bytes()))
}

/// Lets `write` write to standard output, and flushes it. As [`print`].
pub(crate) fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
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
