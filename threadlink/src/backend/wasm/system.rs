//! What the host does for a program besides threads and locks: output, arguments, exit, clock.

use std::ffi::OsString;
use std::io;
use std::num::NonZero;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use super::super::arguments::split;
use super::super::stream::Stream;
use super::{stdio, tls_dtors};
use crate::thread::stats::Stats;
use threadlink_abi::errno;
use threadlink_rt::{futex, imports};

/// Threads that we did not start have no name, except the main thread: the only one there can be.
pub(crate) fn foreign_name() -> Option<String> {
    Some("main".to_owned())
}

#[track_caller]
pub(crate) fn write(stream: Stream, text: &str) {
    let code = stdio::write(stream, text.as_bytes());
    if code != errno::OK {
        let name = match stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        };
        panic!(
            "failed printing to {name}: {} (error {code})",
            errno::describe(code)
        );
    }
}

/// Writes to the standard error if that is possible.
pub(crate) fn try_write_error(text: &str) {
    // There is no other place to say that it was not.
    // And no time to wait for a lock: its owner may be dead.
    let _ = stdio::write_unlocked(Stream::Stderr, text.as_bytes());
}

/// Hosts have no arguments but texts.
pub(crate) fn args_os() -> Vec<OsString> {
    args().into_iter().map(OsString::from).collect()
}

pub(crate) fn args() -> Vec<String> {
    let mut bytes = vec![0; imports::args_size()];
    // SAFETY: the buffer is as long as it says.
    let code = unsafe { imports::args_get(bytes.as_mut_ptr(), bytes.len()) };
    if code != errno::OK {
        panic!(
            "the host gave no arguments: {} (error {code})",
            errno::describe(code)
        );
    }
    split(&bytes)
}

pub(crate) fn exit(code: i32) -> ! {
    imports::exit(code)
}

/// Says what the program ends with, whose entry point returns next.
pub(crate) fn set_exit_code(code: i32) {
    threadlink_rt::set_exit_code(code);
}

/// Ends the program: a promise that the runtime relies on was broken.
pub(crate) fn fatal(number: i32) -> ! {
    imports::panic(number)
}

/// Ends the thread, and with it the program if the thread is one that must not die. Printing the message would take
/// an import; the host prints that of the panic that led here.
pub(crate) fn abort(_message: &str) -> ! {
    std::process::abort()
}

pub(crate) fn monotonic_nanos() -> u64 {
    imports::clock_monotonic()
}

pub(crate) fn realtime_nanos() -> i64 {
    imports::clock_realtime()
}

pub(crate) fn yield_now() {
    // A word that nobody else knows: the wait ends by its timeout, and lets others run meanwhile.
    futex::wait(&AtomicU32::new(0), 0, Some(Duration::from_nanos(1)));
}

pub(crate) fn available_parallelism() -> io::Result<NonZero<usize>> {
    NonZero::new(imports::available_parallelism() as usize)
        .ok_or_else(|| io::Error::other("the host says that no thread can run"))
}

pub(crate) fn stats() -> Stats {
    let counts = threadlink_rt::counts();
    Stats {
        blocks: counts.blocks,
        leaked_blocks: counts.leaked,
        cached_blocks: counts.cached,
        tls_destructors: tls_dtors::work(),
    }
}
