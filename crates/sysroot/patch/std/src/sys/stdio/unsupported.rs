//! The standard streams: bytes to and from the host.
//!
//! Writing is reached through a pointer that is set where the program asks for a stream. std itself flushes the standard
//! output when `main` has returned, in every program: so one that never prints doesn't import what it would take.

use crate::hint;
use crate::io;
use crate::mem;
use crate::ptr;
use crate::sync::atomic::{AtomicPtr, Ordering};
use threadlink_abi::{errno, imports as abi};
use threadlink_rt::imports;

pub struct Stdin;
pub struct Stdout;
pub struct Stderr;

type Write = fn(i32, &[u8]) -> i32;

/// `to_host` as a pointer, or null.
static WRITE: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

fn to_host(stream: i32, bytes: &[u8]) -> i32 {
    // SAFETY: the bytes are borrowed during the call.
    unsafe { imports::write(stream, bytes.as_ptr(), bytes.len()) }
}

/// Called where a program asks for one of the streams that it can write to.
pub fn connect() {
    // The optimiser must not conclude that nothing else is ever stored, and call it without looking.
    WRITE.store(hint::black_box(to_host as Write as *mut ()), Ordering::Relaxed);
}

/// What is to be done with the standard output at the program's end, as a pointer to a `fn()`, or null.
static AT_END: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Called where a program asks for the standard output, which is buffered.
pub fn connect_stdout() {
    connect();
    AT_END.store(hint::black_box(io::cleanup as fn() as *mut ()), Ordering::Relaxed);
}

/// Called when `main` has returned, and when its thread-locals are destroyed, which may print: writes what is buffered.
pub fn at_end() {
    let cleanup = AT_END.load(Ordering::Relaxed);
    if !cleanup.is_null() {
        // SAFETY: not null, so it is `io::cleanup`.
        unsafe { mem::transmute::<*mut (), fn()>(cleanup)() };
    }
}

fn write(stream: i32, bytes: &[u8]) -> io::Result<usize> {
    if bytes.is_empty() {
        return Ok(0);
    }
    let write = WRITE.load(Ordering::Relaxed);
    if write.is_null() {
        return Ok(bytes.len());
    }
    // SAFETY: not null, so it is `to_host`.
    let write = unsafe { mem::transmute::<*mut (), Write>(write) };
    match write(stream, bytes) {
        errno::OK => Ok(bytes.len()),
        errno::OUTPUT_CLOSED => Err(io::const_error!(
            io::ErrorKind::BrokenPipe,
            "nobody reads the output stream any more",
        )),
        code => Err(io::Error::new(io::ErrorKind::Other, errno::describe(code))),
    }
}

impl Stdin {
    pub const fn new() -> Stdin {
        Stdin
    }
}

impl io::Read for Stdin {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        // SAFETY: the host writes at most as many bytes as there are.
        let count = unsafe { imports::read(abi::STDIN, bytes.as_mut_ptr(), bytes.len()) };
        // Less than 0 is an error number with its sign changed.
        usize::try_from(count).map_err(|_| io::Error::new(io::ErrorKind::Other, errno::describe(-count)))
    }
}

impl Stdout {
    pub const fn new() -> Stdout {
        Stdout
    }
}

impl io::Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(abi::STDOUT, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stderr {
    pub const fn new() -> Stderr {
        Stderr
    }
}

impl io::Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(abi::STDERR, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub const STDIN_BUF_SIZE: usize = 8 * 1024;

/// A stream that was closed is an error to the program, as it is natively.
pub fn is_ebadf(_error: &io::Error) -> bool {
    false
}

/// Where panics are printed. Where they unwind nothing, the host prints them: it takes no import.
#[cfg(panic = "abort")]
pub fn panic_output() -> Option<Vec<u8>> {
    None
}

#[cfg(not(panic = "abort"))]
pub fn panic_output() -> Option<impl io::Write> {
    connect();
    Some(Stderr::new())
}
