//! Stopping guest threads: the errors that host functions raise to leave guest code, and the end of those that
//! still run when a program is over.

use std::time::{Duration, Instant};

use thiserror::Error;

use super::Run;
use super::pool::Pool;

/// How long the threads of a program that is over may take to stop, before they are given up.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a host function does not return to the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Stop {
    /// The program is over.
    #[error("the program is over")]
    Over,
    /// The guest's runtime called `panic` with this error number.
    #[error("the guest's runtime gave up with error number {0}")]
    Runtime(i32),
}

/// Stops what still runs: code at its next loop or call (epochs), waits by waking them. Returns how many threads
/// would not stop.
pub(super) fn stop_leftovers(run: &Run, pool: &Pool, engine: &crate::Engine) -> u64 {
    run.waits.end();
    pool.dismiss_idle();
    for thread in run.threads.all() {
        thread.wake_joiner();
    }
    if !engine.interruptible() {
        return pool.busy();
    }
    let deadline = Instant::now() + PATIENCE;
    while pool.busy() > 0 && Instant::now() < deadline {
        engine.wasmtime.increment_epoch();
        if pool.wait_idle(Duration::from_millis(1)) {
            break;
        }
    }
    pool.busy()
}
