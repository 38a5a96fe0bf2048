//! The one who waits for the end of a run, and looks meanwhile, when asked, whether the threads can still go on.

use std::time::{Duration, Instant};

use threadlink_watch::Suspicions;

use super::account;
use super::ending::Cause;
use super::shared::Run;
use super::stop_handle::StopHandle;

/// How long a look is after the one before.
const LOOK: Duration = Duration::from_millis(200);
/// How long a look at the CPU time is after the one before, at least: and so much for each thread that is looked at, which is
/// twenty times what that costs.
const CPU_LOOK: Duration = Duration::from_millis(10);
const CPU_LOOK_EACH: Duration = Duration::from_micros(20);

/// Waits for the end of the run, or brings it about: when somebody stops it, at the deadline, when it has used its CPU time
/// up, or when nothing moves any more; returns the cause.
pub(super) fn wait_for_end(
    run: &Run,
    deadline: Option<Instant>,
    cpu_limit: Option<Duration>,
    stop: &StopHandle,
) -> Cause {
    let mut suspicions = Suspicions::new();
    let mut cpu = cpu_limit.map(CpuLimit::new);
    let ticks = run.recording.tick_interval();
    loop {
        run.recording.tick(&run.watch.clock);
        let looks = run.is_look_due() || !suspicions.is_empty();
        let next = looks.then(|| Instant::now() + LOOK);
        let cpu_next = cpu.as_ref().map(|cpu| cpu.next);
        let tick = ticks.map(|interval| Instant::now() + interval);
        let until = [deadline, next, cpu_next, tick].into_iter().flatten().min();
        if let Some(cause) = run.ending.wait(until) {
            return cause;
        }
        if stop.is_stopped() {
            run.end(Cause::Stopped(account::of_threads(run)));
        } else if run.waits.is_still() {
            run.end_by(run.watch.standstill());
        } else if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            run.end(Cause::TimeLimit(account::of_threads(run)));
        } else if cpu.as_mut().is_some_and(|cpu| cpu.is_reached(run)) {
            run.end(Cause::CpuLimit(account::of_threads(run)));
        } else if next.is_some_and(|next| Instant::now() >= next)
            // Cleared before the look: whoever asks for one after this gets another one.
            && (run.take_look() | !suspicions.is_empty())
        {
            // Work for the guest, unlike the looks at its time.
            let _counted = run.cpu_time.count();
            if let Some(verdict) = run.watch.look(&mut suspicions) {
                run.end_by(verdict);
            }
        }
    }
}

/// How much CPU time a run may use, and when to look at what it has used.
struct CpuLimit {
    limit: Duration,
    next: Instant,
    processors: u32,
}

impl CpuLimit {
    fn new(limit: Duration) -> Self {
        Self {
            limit,
            next: Instant::now(),
            processors: std::thread::available_parallelism()
                .map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        }
    }

    /// Whether the run has used it up, if it is time to look; else the next look is when that can be so.
    fn is_reached(&mut self, run: &Run) -> bool {
        if Instant::now() < self.next {
            return false;
        }
        let left = self.limit.saturating_sub(run.cpu_time.used());
        self.next = Instant::now() + until_look(left, self.processors, run.cpu_time.threads());
        left.is_zero()
    }
}

/// How long the rest of a limit lasts at least. Threads that are not there yet may use all processors before this is over.
fn until_look(left: Duration, processors: u32, threads: usize) -> Duration {
    // A limit of centuries is never reached, and cannot be counted with.
    let soonest = (left / processors.max(1)).min(Duration::from_secs(3600));
    let each = CPU_LOOK_EACH * u32::try_from(threads).unwrap_or(u32::MAX);
    soonest.max(CPU_LOOK).max(each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_look_is_before_all_processors_can_have_used_the_rest() {
        let seconds = Duration::from_secs;
        // However few threads there are now.
        assert_eq!(until_look(seconds(12), 4, 1), seconds(3));
        assert_eq!(until_look(seconds(12), 4, 100), seconds(3));
        assert_eq!(until_look(Duration::ZERO, 4, 1), CPU_LOOK);
        // The looks themselves take a twentieth of a processor at most.
        assert_eq!(until_look(Duration::ZERO, 4, 5_000), Duration::from_millis(100));
        assert_eq!(until_look(Duration::MAX, 1, 1), seconds(3600));
    }
}
