//! Stopping guest threads when a program is over.

use std::time::{Duration, Instant};

use super::shared::Run;

/// How many steps in a row may pass without any thread having stopped, before the rest is given up: two seconds at least.
/// Not counted by a clock, so that a machine that stands still meanwhile gives nobody up.
const PATIENCE: u32 = 2_000;
/// How long threads may take to say where they were, where nobody waits for their end.
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
    if engine.interruptible() {
        let mut left = run.pool.busy();
        let mut waited = 0;
        while left > 0 && waited < PATIENCE {
            run.program.wasmtime().increment_epoch();
            run.pool.wait_until_busy(0, Instant::now() + STEP);
            let now = run.pool.busy();
            waited = if now < left { 0 } else { waited + 1 };
            left = now;
        }
    } else {
        // The others run on until the process ends; who slept is on its way out, and says where it was if asked. So does
        // code that looks up.
        let given_up = Instant::now() + ANSWER;
        while !run.whereabouts.await_answers(Instant::now() + STEP) && Instant::now() < given_up {
            if engine.checks_epochs() {
                run.program.wasmtime().increment_epoch();
            }
        }
    }
    let busy = run.pool.busy();
    if busy == 0 {
        run.pool.handles.join_all();
    } else {
        run.pool.handles.leave_to(engine.left_threads());
    }
    let reads = run.stdin.close(engine.left_threads());
    busy + u64::from(reads)
}
