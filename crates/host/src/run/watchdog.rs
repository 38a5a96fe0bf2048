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
    /// Changes of turn when it was looked at last, and how often they were as many.
    turns: u64,
    looks: u32,
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
            turns: 0,
            looks: 0,
        });
    }
}

fn look(all: &Mutex<Vec<Watched>>) {
    for watched in &mut *all.lock() {
        let Some(run) = watched.run.upgrade() else {
            continue;
        };
        let turns = run.turns.get().map_or(0, Turns::count);
        if turns != watched.turns {
            (watched.turns, watched.looks) = (turns, 0);
            continue;
        }
        watched.looks += 1;
        if watched.looks >= MOST {
            run.end(Cause::Stopped(account::of_threads_in_turns(&run)));
            run.program.wasmtime().increment_epoch();
        }
    }
}
