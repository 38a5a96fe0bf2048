//! Where the threads of a run were when it was ended from outside: their backtraces, for the report.

use std::collections::HashMap;

use parking_lot::Mutex;
use wasmtime::WasmBacktrace;

/// Backtraces that are kept. A report shows no more threads than that.
const MOST_PLACES: usize = 64;

/// The backtraces that a report wants, left by the threads themselves as they stop.
#[derive(Default)]
pub(crate) struct Places {
    /// The threads that are asked for.
    wanted: Mutex<HashMap<u32, Option<WasmBacktrace>>>,
}

impl Places {
    /// Asks these threads where they are. Before they are stopped.
    pub(super) fn ask(&self, threads: impl Iterator<Item = u32>) {
        let mut wanted = self.wanted.lock();
        wanted.extend(threads.take(MOST_PLACES).map(|thread| (thread, None)));
    }

    /// Called by a thread on its way out; `capture` is called only if somebody wants to know.
    pub(crate) fn tell(&self, thread: u32, capture: impl FnOnce() -> WasmBacktrace) {
        if let Some(place @ None) = self.wanted.lock().get_mut(&thread) {
            *place = Some(capture());
        }
    }

    /// Where the thread was, if it said so.
    pub(super) fn take(&self, thread: u32) -> Option<WasmBacktrace> {
        self.wanted.lock().remove(&thread).flatten()
    }
}
