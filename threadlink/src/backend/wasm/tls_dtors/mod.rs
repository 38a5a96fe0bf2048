//! Runs the destructors of thread-locals when a thread ends, which std doesn't do on this target.
//!
//! std keeps a list of a thread's pending destructors also here, in a thread-local of its own: so it lies in the
//! TLS area that we allocated, at an offset that the linker chose for the whole module. The runtime finds that
//! offset once, by looking for the traces of destructors that it registers itself, and *proves* what it found
//! before it relies on it (`search.rs`). At the end of a thread it takes the destructors off the list and calls
//! them in std's order (`list.rs`); a thread-local that is used afterwards gives an `AccessError`, as natively.
//! The handle that `std::thread::current` keeps is treated likewise (`handle.rs`).
//!
//! Should a proof fail, with another layout of std perhaps, the destructors leak as std would have it, and no
//! TLS area is used for a second thread: the program is as correct as before, and uses more memory.

mod area;
mod handle;
mod list;
mod search;

use std::sync::atomic::{AtomicU64, Ordering};

use self::area::Area;
use self::handle::CurrentHandle;
use self::list::List;
use threadlink_rt::tls;

/// What is known about a place in every TLS area. The values are stored as one word each: everything in it is a
/// constant of the module, so that two threads that look at the same time store the same.
struct Known(AtomicU64);

const UNKNOWN: u64 = 0;
const FAILED: u64 = 1;

impl Known {
    const fn new() -> Self {
        Self(AtomicU64::new(UNKNOWN))
    }

    fn is_unknown(&self) -> bool {
        self.0.load(Ordering::Relaxed) == UNKNOWN
    }

    /// The packed place, if it was found and proved.
    fn get(&self) -> Option<u32> {
        let word = self.0.load(Ordering::Relaxed);
        // Found places are marked in the upper half.
        (word >> 32 != 0).then_some(word as u32)
    }

    fn set(&self, found: Option<u32>) {
        let word = found.map_or(FAILED, |packed| 1 << 32 | u64::from(packed));
        self.0.store(word, Ordering::Relaxed);
    }
}

static LIST: Known = Known::new();
static HANDLE: Known = Known::new();

/// Finds std's places in the TLS area, if no thread has tried before. Runs before the thread's own code does.
pub(super) fn find() {
    if LIST.is_unknown() {
        let area = Area::current();
        let list = search::find_list(&area);
        if list.is_none() {
            tls::never_reuse();
        }
        LIST.set(list.map(List::pack));
        HANDLE.set(handle::find(&area).map(CurrentHandle::pack));
    }
}

/// Runs the destructors of the thread that calls, which uses no thread-local with a destructor afterwards.
pub(super) const RUN: Option<fn()> = Some(run);

fn run() {
    let Some(list) = LIST.get().map(List::unpack) else {
        return;
    };
    let handle = HANDLE.get().map(CurrentHandle::unpack);
    let area = Area::current();
    loop {
        while let Some(pending) = list.pop(&area) {
            pending.run();
        }
        // Last, as in std: destructors may ask which thread they run on.
        if let Some(handle) = &handle {
            handle.drop_it(&area);
        }
        if list.is_empty(&area) {
            break;
        }
    }
    list.free(&area);
}

/// Whether destructors run; None until a thread has found out.
pub(super) fn work() -> Option<bool> {
    (!LIST.is_unknown()).then(|| LIST.get().is_some())
}
