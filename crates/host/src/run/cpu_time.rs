//! The CPU time of a run: what the operating system says that its threads have used together, those that have ended
//! included. A guest's thread and what the host does for it when it calls are one thread of the system.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod none;

use std::marker::PhantomData;
use std::time::Duration;

use parking_lot::Mutex;

#[cfg(target_os = "linux")]
use linux::ThreadClock;
#[cfg(not(target_os = "linux"))]
use none::ThreadClock;

/// What the threads of a run have used.
#[derive(Default)]
pub(super) struct CpuTime {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    ended: Duration,
    running: Vec<Running>,
    next: u64,
}

struct Running {
    number: u64,
    clock: ThreadClock,
    /// What it had used before it was counted.
    before: Duration,
}

impl Running {
    fn used(&self) -> Duration {
        let now = self.clock.now().unwrap_or_default();
        now.saturating_sub(self.before)
    }
}

/// The thread is counted as long as this lives. It stays on that thread: the system knows the clock of a thread only until
/// the thread ends.
pub(super) struct Counted<'a> {
    time: &'a CpuTime,
    number: u64,
    not_send: PhantomData<*const ()>,
}

impl CpuTime {
    /// Whether this system has clocks for it.
    pub(super) fn is_known() -> bool {
        ThreadClock::of_this_thread().is_some_and(|clock| clock.now().is_some())
    }

    /// Counts what the thread that calls uses from here on.
    pub(super) fn count(&self) -> Counted<'_> {
        let mut inner = self.inner.lock();
        let number = inner.next;
        inner.next += 1;
        if let Some(clock) = ThreadClock::of_this_thread() {
            let before = clock.now().unwrap_or_default();
            inner.running.push(Running {
                number,
                clock,
                before,
            });
        }
        Counted {
            time: self,
            number,
            not_send: PhantomData,
        }
    }

    /// What all of them have used so far.
    pub(super) fn used(&self) -> Duration {
        let inner = self.inner.lock();
        inner.running.iter().map(Running::used).sum::<Duration>() + inner.ended
    }

    /// How many are counted now.
    pub(super) fn threads(&self) -> usize {
        self.inner.lock().running.len()
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let mut inner = self.time.inner.lock();
        if let Some(at) = inner.running.iter().position(|one| one.number == self.number) {
            let ended = inner.running.swap_remove(at);
            inner.ended += ended.used();
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::Instant;

    use super::*;

    /// Uses this much CPU time of the thread that calls.
    fn burn(much: Duration) {
        let time = CpuTime::default();
        let _counted = time.count();
        while time.used() < much {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn threads_count_together_while_they_run_and_when_they_have_ended() {
        let much = Duration::from_millis(20);
        burn(much);
        let time = CpuTime::default();
        // What a thread used before is not the run's.
        let here = time.count();
        assert!(time.used() < much);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let _counted = time.count();
                    burn(much);
                });
            }
        });
        assert_eq!(time.threads(), 1);
        let ended = time.used();
        assert!(ended >= 3 * much, "{ended:?}");
        burn(much);
        assert!(time.used() >= 4 * much);
        drop(here);
        let all = time.used();
        burn(much);
        assert_eq!((time.used(), time.threads()), (all, 0));
    }

    #[test]
    fn a_thread_that_sleeps_uses_next_to_nothing() {
        let time = CpuTime::default();
        let counted = time.count();
        let started = Instant::now();
        std::thread::sleep(Duration::from_millis(200));
        drop(counted);
        assert!(time.used() < started.elapsed() / 2, "{:?}", time.used());
    }
}
