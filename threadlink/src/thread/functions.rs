//! Functions about threads that need no handle.

use std::io;
use std::num::NonZero;
use std::time::Duration;

use super::stats::Stats;
use crate::backend;

/// Puts the thread that calls to sleep for at least `duration`.
///
/// ```
/// threadlink::thread::sleep(std::time::Duration::from_millis(1));
/// ```
pub fn sleep(duration: Duration) {
    // std's works on every target that we support.
    std::thread::sleep(duration);
}

/// Puts the thread that calls to sleep for at least this many milliseconds.
///
/// ```
/// # #![allow(deprecated)]
/// threadlink::thread::sleep_ms(1);
/// ```
#[deprecated(since = "0.1.0", note = "replaced by `threadlink::thread::sleep`, as in std")]
pub fn sleep_ms(ms: u32) {
    sleep(Duration::from_millis(u64::from(ms)));
}

/// Gives other threads a chance to run.
///
/// On wasm, where std's does nothing, this is a wait of no length.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// static READY: AtomicBool = AtomicBool::new(false);
/// let worker = threadlink::spawn(|| READY.store(true, Ordering::Release));
/// while !READY.load(Ordering::Acquire) {
///     threadlink::thread::yield_now();
/// }
/// worker.join().unwrap();
/// ```
pub fn yield_now() {
    backend::yield_now();
}

/// How many threads can run at the same time on the host.
///
/// On wasm this imports a function that only hosts with Threadlink's extensions have.
///
/// # Errors
/// Where the system doesn't tell.
///
/// ```
/// assert!(threadlink::thread::available_parallelism().is_ok_and(|n| n.get() >= 1));
/// ```
pub fn available_parallelism() -> io::Result<NonZero<usize>> {
    backend::available_parallelism()
}

/// Counters of the memory that threads use.
///
/// Natively std owns that memory: all counts are 0 and destructors run.
///
/// ```
/// threadlink::spawn(|| ()).join().unwrap();
/// let stats = threadlink::thread::stats();
/// assert_eq!(stats.leaked_blocks, 0);
/// assert_eq!(stats.tls_destructors, Some(true));
/// ```
#[must_use]
pub fn stats() -> Stats {
    backend::stats()
}
