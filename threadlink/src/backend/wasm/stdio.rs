//! The standard streams: std's names over the host's `write`.
//!
//! Nothing is buffered here. The lock of a stream is only for those who ask for several writes in a row; the host
//! keeps single writes apart by itself.

use std::fmt;
use std::io::{self, ErrorKind, Write};

use super::super::stream::Stream;
use super::stream_lock::{StreamGuard, StreamLock};
use crate::hooks;
use threadlink_abi::{errno, imports as abi};
use threadlink_rt::imports;

// Reentrant, as in std: a thread that has a lock still prints.
static STDOUT: StreamLock = StreamLock::new(0);
static STDERR: StreamLock = StreamLock::new(1);

fn lock_of(stream: Stream) -> StreamGuard<'static> {
    let (lock, what) = match stream {
        Stream::Stdout => (&STDOUT, "output"),
        Stream::Stderr => (&STDERR, "error"),
    };
    let guard = lock.lock(|name| news(name, what));
    if hooks::ENABLED
        && let Some(news) = lock.news()
    {
        // Here, because who prints has the import that it takes: those who find out may not.
        let _ = write_unlocked(Stream::Stderr, news.as_bytes());
    }
    guard
}

/// A thread has died or runs no more of the program's code: what it had locked is free. Traced builds tell of that.
pub(super) fn has_died(thread: u32, name: Option<&[u8]>) {
    for (lock, what) in [(&STDOUT, "output"), (&STDERR, "error")] {
        lock.take_from(thread, || news(name, what));
    }
}

/// What traced builds tell of a thread with this name that has died with a stream locked.
fn news(name: Option<&[u8]>, what: &str) -> Option<String> {
    hooks::ENABLED.then(|| {
        let name = name.map_or_else(
            || "a thread".to_owned(),
            |name| format!("thread '{}'", String::from_utf8_lossy(name)),
        );
        format!("{name} died while it had the standard {what} locked: others can use it again\n")
    })
}

/// Writes bytes in one piece, when nobody else has the stream's lock; 0 or an error number.
pub(super) fn write(stream: Stream, bytes: &[u8]) -> i32 {
    let _lock = lock_of(stream);
    write_unlocked(stream, bytes)
}

/// Writes bytes in one piece, whoever has the stream's lock; 0 or an error number.
pub(super) fn write_unlocked(stream: Stream, bytes: &[u8]) -> i32 {
    let number = match stream {
        Stream::Stdout => abi::STDOUT,
        Stream::Stderr => abi::STDERR,
    };
    // SAFETY: the bytes are borrowed during the call.
    unsafe { imports::write(number, bytes.as_ptr(), bytes.len()) }
}

/// What a number of the host's is in std's terms.
fn checked(code: i32, written: usize) -> io::Result<usize> {
    let kind = match code {
        errno::OK => return Ok(written),
        errno::OUTPUT_CLOSED => ErrorKind::BrokenPipe,
        _ => ErrorKind::Other,
    };
    Err(io::Error::new(
        kind,
        format!("{} (error {code})", errno::describe(code)),
    ))
}

macro_rules! stream {
    ($stream:expr, $handle:ident, $lock:ident, $get:ident, $what:literal) => {
        #[doc = concat!("A handle to the program's standard ", $what, ".")]
        ///
        /// Bytes go to the host as they are, one call a write; nothing is buffered.
        pub struct $handle {
            _private: (),
        }

        #[doc = concat!("The program's standard ", $what, ".")]
        #[must_use]
        pub fn $get() -> $handle {
            $handle { _private: () }
        }

        impl $handle {
            /// Waits for everybody else's output to the stream, and keeps it waiting until the lock is dropped.
            ///
            /// A thread may lock a stream that it has locked already.
            #[must_use]
            pub fn lock(&self) -> $lock<'static> {
                $lock {
                    _guard: lock_of($stream),
                }
            }
        }

        impl fmt::Debug for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($handle)).finish_non_exhaustive()
            }
        }

        impl Write for $handle {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                (&*self).write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
            fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
                (&*self).write_fmt(text)
            }
        }

        impl Write for &$handle {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.lock().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
            fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
                // Formatted before the lock is taken: what is formatted may print, or wait for one who does.
                let text = fmt::format(text);
                self.write_all(text.as_bytes())
            }
        }

        #[doc = concat!("Sole use of the program's standard ", $what, ", until it is dropped.")]
        pub struct $lock<'a> {
            _guard: StreamGuard<'a>,
        }

        impl fmt::Debug for $lock<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($lock)).finish_non_exhaustive()
            }
        }

        impl Write for $lock<'_> {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if bytes.is_empty() {
                    return Ok(0);
                }
                checked(write_unlocked($stream, bytes), bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
            fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
                self.write_all(fmt::format(text).as_bytes())
            }
        }
    };
}

stream!(Stream::Stdout, Stdout, StdoutLock, stdout, "output");
stream!(Stream::Stderr, Stderr, StderrLock, stderr, "error");
