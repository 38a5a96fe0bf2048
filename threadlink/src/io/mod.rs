//! Output: [`println!`](crate::println) and its siblings for text, [`stdout`] and [`stderr`] for bytes.
//!
//! Names and signatures are std's, and natively the streams *are* std's. On wasm, where std's write nowhere,
//! they pass bytes to the host as they are, so that a program can write a file of any kind:
//!
//! ```
//! use std::io::Write;
//!
//! fn write_image(pixels: &[u8]) -> std::io::Result<()> {
//!     let mut out = std::io::BufWriter::new(threadlink::io::stdout().lock());
//!     out.write_all(b"P6 2 1 255\n")?;
//!     out.write_all(pixels)?;
//!     out.flush()
//! }
//! # let _ = write_image;
//! ```
//!
//! and `threadlink run image.wasm > image.ppm` keeps it.
//!
//! # What is buffered
//! On wasm nothing is. Each call of `write`, and each `write!` as a whole, is one call of the host, which passes
//! it on before it returns: output of different threads mixes at these borders only, and what was written is out,
//! whatever ends the program. Such a call costs a system call, so many small writes want a
//! [`BufWriter`](std::io::BufWriter). Natively std's standard output keeps the beginning of a line until its
//! newline, or until `flush`: a program that runs on both flushes when it is done.
//!
//! # Locks
//! While a thread has a [`StdoutLock`] or [`StderrLock`], everybody else's output to that stream waits. On wasm, a thread that
//! dies meanwhile gives the lock back: at once if it panics, when it is joined if it traps or the program has replaced the
//! panic hook. A program that was built with the feature `tracing` then says so on its standard error.
//!
//! # Errors on wasm
//! [`BrokenPipe`](std::io::ErrorKind::BrokenPipe) if nobody reads the stream any more, as after `| head`;
//! [`Other`](std::io::ErrorKind::Other) for all else that can keep a host from writing, a full disk for one.
//! What was written before the error may have got through in part.
//!
//! A program that uses any of this imports `threadlink.write`, which only hosts with Threadlink's extensions have.

mod print;

#[doc(hidden)]
pub use self::print::{__eprint, __eprint_args, __eprintln, __print, __print_args, __println};
#[doc(inline)]
pub use crate::backend::stdio::{Stderr, StderrLock, Stdout, StdoutLock, stderr, stdout};
