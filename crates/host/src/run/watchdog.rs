//! [`Watchdog`]: ends executions in which a thread has its turn and comes to no point any more. Nothing else can: it is in a
//! loop of its own.

use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use super::account;
use super::ending::Cause;
use super::shared::Run;
use super::turns::Turns;

/// How long a look is after the one before.
const LOOK: Duration = Duration::from_millis(500);
/// Looks at which an execution has come no further, after which it counts as one that never does.
const MOST: u32 = 20;

/// Looks after executions, from a thread of its own.
pub(crate) struct Watchdog(Arc<Mutex<Vec<Watched>>>);

struct Watched {
    run: Weak<Run>,
    progress: Progress,
}

/// How far an execution has come.
#[derive(Default)]
struct Progress {
    /// Changes of turn when it was looked at last, and how often they were as many.
    turns: u64,
    looks: u32,
}

impl Progress {
    /// Looks at so many changes of turn; whether it comes no further any more.
    fn is_over(&mut self, turns: u64) -> bool {
        if turns != self.turns {
            (self.turns, self.looks) = (turns, 0);
            return false;
        }
        self.looks = self.looks.saturating_add(1);
        self.looks >= MOST
    }
}

impl Watchdog {
    /// One that looks from now on.
    pub(crate) fn new() -> std::io::Result<Self> {
        let all: Arc<Mutex<Vec<Watched>>> = Arc::default();
        let looking = Arc::downgrade(&all);
        std::thread::Builder::new()
            .name("threadlink-watchdog".to_owned())
            .spawn(move || {
                while let Some(all) = looking.upgrade() {
                    look(&all);
                    drop(all);
                    std::thread::sleep(LOOK);
                }
            })?;
        Ok(Self(all))
    }

    /// Looks after this execution, until it is no more.
    pub(super) fn watch(&self, run: &Arc<Run>) {
        let mut all = self.0.lock();
        all.retain(|watched| watched.run.strong_count() > 0);
        all.push(Watched {
            run: Arc::downgrade(run),
            progress: Progress::default(),
        });
    }
}

fn look(all: &Mutex<Vec<Watched>>) {
    for watched in &mut *all.lock() {
        let Some(run) = watched.run.upgrade() else {
            continue;
        };
        let turns = run.turns.get().map_or(0, Turns::count);
        if watched.progress.is_over(turns) {
            run.end(Cause::Stopped(account::of_threads_in_turns(&run)));
            run.program.wasmtime().increment_epoch();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_no_further_for_long_is_over_and_stays_so() {
        let mut progress = Progress::default();
        assert!(!progress.is_over(7));
        for look in 1..MOST {
            assert!(!progress.is_over(7), "{look}");
        }
        assert!(progress.is_over(7) && progress.is_over(7));
    }

    #[test]
    fn one_turn_is_enough_to_go_on() {
        let mut progress = Progress::default();
        for turns in 1..=3 {
            for _ in 0..MOST {
                assert!(!progress.is_over(turns), "{turns}");
            }
        }
        // Nor does one count that has not begun as one that has.
        let mut progress = Progress::default();
        assert!((1..MOST).all(|_| !progress.is_over(0)) && progress.is_over(0));
    }

    #[test]
    fn it_looks_no_more_when_nobody_has_it() {
        let watchdog = Watchdog::new().expect("a thread starts");
        let all = Arc::downgrade(&watchdog.0);
        drop(watchdog);
        // Its thread holds it for a look at most.
        let since = std::time::Instant::now();
        while all.strong_count() > 0 {
            assert!(since.elapsed() < Duration::from_secs(60), "somebody still has it");
            std::thread::yield_now();
        }
    }
}
