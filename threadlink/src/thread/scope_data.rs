//! What a scope knows of its threads.
//!
//! # How a scope knows that its threads are gone
//! A *count* says how many closures are still running; each thread lowers it when its result is stored or dropped.
//! That alone would do where threads end by returning or unwinding. On wasm a thread can also die by a trap, and
//! then only joining it tells. So a handle that the program drops goes to the scope, which joins it:
//!
//! - each spawn looks at some of these handles and joins those whose thread has finished, so that the memory of the
//!   threads is used again however many a scope starts;
//! - at its end, the scope joins the rest. Threads may drop more handles meanwhile, and start more threads;
//! - what is left then are threads whose handle was forgotten (`mem::forget`) or is held by such a thread. For those
//!   it waits until the count is zero.

use std::panic::Location;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::current::{Thread, current};
use crate::backend;

/// How many handles a spawn looks at: each look is one load.
pub(super) const LOOKS: usize = 16;

/// What the threads of a scope share with it.
pub(super) struct ScopeData {
    /// Closures that are running.
    pub(super) running: AtomicUsize,
    /// Panics that no join has taken.
    pub(super) unhandled: AtomicUsize,
    pub(super) owner: Thread,
    // The lock is std's, not ours: it must not be traced.
    pub(super) let_go: Mutex<LetGo>,
}

/// The handles that the program has dropped.
#[derive(Default)]
pub(super) struct LetGo {
    pub(super) handles: Vec<backend::Handle>,
    /// Where the next look begins.
    next: usize,
    /// Whether the scope's own thread wants to know of new ones.
    waiting: bool,
}

impl ScopeData {
    pub(super) fn new() -> Self {
        Self {
            running: AtomicUsize::new(0),
            unhandled: AtomicUsize::new(0),
            owner: current(),
            let_go: Mutex::default(),
        }
    }

    pub(super) fn start_one(&self) {
        // Lowering it is what orders; and there is no memory for as many threads as would overflow it.
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    /// The closure of a thread has ended and its result is where it belongs. A release: the scope sees all of it.
    pub(super) fn finish_one(&self) {
        if self.running.fetch_sub(1, Ordering::Release) == 1 {
            self.owner.token().unpark();
        }
    }

    /// A thread has panicked; said before its result is stored.
    pub(super) fn panicked(&self) {
        self.unhandled.fetch_add(1, Ordering::Relaxed);
    }

    /// A join has taken the payload of a panic.
    pub(super) fn handled(&self) {
        self.unhandled.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn let_go(&self) -> MutexGuard<'_, LetGo> {
        // Nothing inside panics; whoever panicked before is no reason to stop.
        self.let_go.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a handle that the program has dropped.
    pub(super) fn keep(&self, native: backend::Handle) {
        native.keep();
        let mut let_go = self.let_go();
        let_go.handles.push(native);
        let waiting = let_go.waiting;
        drop(let_go);
        if waiting {
            self.owner.token().unpark();
        }
    }

    /// Joins some of the threads that have finished, among those whose handle was dropped.
    pub(super) fn sweep(&self, site: &'static Location<'static>) {
        backend::await_ending();
        for _ in 0..LOOKS {
            let Some(finished) = self.let_go().look() else {
                return;
            };
            if let Some(finished) = finished {
                finished.take_back(site);
            }
        }
    }

    /// Waits until no thread of the scope is left.
    pub(super) fn wait(&self, site: &'static Location<'static>) {
        self.let_go().waiting = true;
        loop {
            // First the count: if it is zero, whatever the threads let go of is there.
            let done = self.running.load(Ordering::Acquire) == 0;
            let last = self.let_go().handles.pop();
            match last {
                // A native thread that died outside of its closure has stored its result before.
                Some(native) => drop(native.join(site)),
                None if done => return,
                None => _ = self.owner.token().park(None),
            }
        }
    }
}

impl LetGo {
    /// Looks at the next handle: takes it if its thread has finished. None if there is none.
    #[allow(clippy::option_option)]
    pub(super) fn look(&mut self) -> Option<Option<backend::Handle>> {
        if self.next >= self.handles.len() {
            self.next = 0;
        }
        if !self.handles.get(self.next)?.has_finished() {
            self.next += 1;
            return Some(None);
        }
        Some(Some(self.handles.swap_remove(self.next)))
    }
}
