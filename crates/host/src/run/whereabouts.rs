//! Where the threads of a run were when it was ended from outside: their backtraces, for the report.

use std::collections::HashMap;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};
use threadlink_watch::Thread;
use wasmtime::WasmBacktrace;

/// Backtraces that are kept. A report shows no more threads than that.
const MOST: usize = 64;

/// The backtraces that a report wants, left by the threads themselves as they stop.
#[derive(Default)]
pub(crate) struct Whereabouts {
    wanted: Mutex<HashMap<u32, Wanted>>,
    told: Condvar,
}

/// A thread that is asked for.
struct Wanted {
    /// Whether it answers soon: it slept when it was asked, and is woken, or its code looks up now and then.
    soon: bool,
    backtrace: Option<WasmBacktrace>,
}

impl Whereabouts {
    /// Asks these threads where they are. Before they are stopped; an answer that is there already stays. `running` says
    /// that those answer as well that do not sleep.
    pub(super) fn ask<'a>(&self, threads: impl Iterator<Item = &'a Thread>, running: bool) {
        let mut wanted = self.wanted.lock();
        for thread in threads.take(MOST) {
            wanted.entry(thread.id).or_insert_with(|| Wanted {
                soon: running || thread.is_asleep(),
                backtrace: None,
            });
        }
    }

    /// Called by a thread on its way out; `capture` is called only if somebody wants to know.
    pub(crate) fn tell(&self, thread: u32, capture: impl FnOnce() -> WasmBacktrace) {
        let mut all = self.wanted.lock();
        if let Some(wanted) = all.get_mut(&thread)
            && wanted.backtrace.is_none()
        {
            wanted.backtrace = Some(capture());
            drop(all);
            self.told.notify_all();
        }
    }

    /// Waits until those have answered who can do so soon, or the deadline; `false` if it was that.
    pub(super) fn await_answers(&self, deadline: Instant) -> bool {
        let mut wanted = self.wanted.lock();
        while wanted.values().any(|one| one.soon && one.backtrace.is_none()) {
            if self.told.wait_until(&mut wanted, deadline).timed_out() {
                return false;
            }
        }
        true
    }

    /// Where the thread was, if it said so.
    pub(super) fn take(&self, thread: u32) -> Option<WasmBacktrace> {
        self.wanted.lock().remove(&thread)?.backtrace
    }
}
