//! The one who waits for the end of a run, and looks meanwhile, when asked, whether the threads can still go on.

use std::time::{Duration, Instant};

use threadlink_watch::Suspicions;

use super::account;
use super::ending::Cause;
use super::shared::Run;
use super::stop_handle::StopHandle;

/// How long a look is after the one before.
const LOOK: Duration = Duration::from_millis(200);

/// Waits for the end of the run, or brings it about: when somebody stops it, at the deadline, or when nothing moves any
/// more; returns the cause.
pub(super) fn wait_for_end(run: &Run, deadline: Option<Instant>, stop: &StopHandle) -> Cause {
    let mut suspicions = Suspicions::new();
    loop {
        let looks = run.is_look_due() || !suspicions.is_empty();
        let next = looks.then(|| Instant::now() + LOOK);
        let until = [deadline, next].into_iter().flatten().min();
        if let Some(cause) = run.ending.wait(until) {
            return cause;
        }
        if stop.is_stopped() {
            run.end(Cause::Stopped(account::of_threads(run)));
        } else if run.waits.is_still() {
            run.end_by(run.watch.standstill());
        } else if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            run.end(Cause::TimeLimit(account::of_threads(run)));
        } else if next.is_some_and(|next| Instant::now() >= next)
            // Cleared before the look: whoever asks for one after this gets another one.
            && (run.take_look() | !suspicions.is_empty())
            && let Some(verdict) = run.watch.look(&mut suspicions)
        {
            run.end_by(verdict);
        }
    }
}
