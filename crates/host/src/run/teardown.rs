//! Stopping guest threads when a program is over.

use std::time::{Duration, Instant};

use super::shared::Run;

/// How long the threads of a program that is over may take to stop, before they are given up.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long those that slept may take to say where they were, where nobody waits for the others.
const ANSWER: Duration = Duration::from_millis(250);
/// How often code that runs is told to stop: it may have been in a function of the host before.
const STEP: Duration = Duration::from_millis(1);

/// Stops what still runs. Who slept in the host has been woken by the end itself; other code stops at its next loop or
/// call (epochs). When this returns, the threads of the operating system are gone as well, but for those that would not
/// stop; returns how many these are. Where the engine is not interruptible, nothing is waited for: all of that is left to
/// the end of the process.
pub(super) fn stop_leftovers(run: &Run) -> u64 {
    run.pool.dismiss_idle(&run.waits);
    let engine = &run.program.engine;
    let deadline = Instant::now() + PATIENCE;
    if engine.interruptible() {
        while run.pool.busy() > 0 && Instant::now() < deadline {
            engine.wasmtime.increment_epoch();
            run.pool.wait_until_busy(0, Instant::now() + STEP);
        }
    } else {
        // The others run on until the process ends; who slept is on its way out, and says where it was if asked.
        run.whereabouts.await_sleepers(Instant::now() + ANSWER);
    }
    let busy = run.pool.busy();
    if busy == 0 {
        run.pool.handles.join_all();
    } else {
        run.pool.handles.leave_to(engine.left_threads());
    }
    busy
}
