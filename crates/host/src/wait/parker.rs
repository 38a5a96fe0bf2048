//! One blocked thread of the host: how it sleeps and is woken. All parkers of a run stand in one register, so that its
//! end wakes them for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::Instant;

use parking_lot::Mutex;

/// All parkers of a run.
pub(super) struct Parkers {
    over: AtomicBool,
    known: Mutex<Vec<Arc<Sleeper>>>,
}

/// What a guest thread, or an idle worker, blocks with. One wait at a time: that is what `&mut` is for.
pub(crate) struct Parker {
    sleeper: Arc<Sleeper>,
    register: Arc<Parkers>,
}

/// The part of a parker that others see.
pub(super) struct Sleeper {
    /// Whether the wait that it is in has been ended by another. Set under the lock of the queue that it stood in.
    woken: AtomicBool,
    /// When that was, by the clock of whoever ended it. Written before `woken`.
    woken_at: AtomicU64,
    /// The operating system's thread. An instance, and its parker with it, is made on another than it runs on.
    thread: Mutex<Thread>,
}

/// How a sleep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slept {
    Woken,
    TimedOut,
    Over,
}

impl Parkers {
    pub(super) fn new() -> Self {
        Self {
            over: AtomicBool::new(false),
            known: Mutex::default(),
        }
    }

    /// Wakes everyone, for good.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        // A copy: whoever is woken may want to leave the register.
        let known = self.known.lock().clone();
        for sleeper in known {
            sleeper.kick();
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
}

impl Parker {
    pub(super) fn new(register: &Arc<Parkers>) -> Self {
        let sleeper = Arc::new(Sleeper {
            woken: AtomicBool::new(false),
            woken_at: AtomicU64::new(0),
            thread: Mutex::new(thread::current()),
        });
        register.known.lock().push(sleeper.clone());
        Self {
            sleeper,
            register: register.clone(),
        }
    }

    /// Gets ready for a wait of the thread that calls this. What the queue holds is the result.
    pub(super) fn ready(&mut self) -> &Arc<Sleeper> {
        let here = thread::current();
        let mut known = self.sleeper.thread.lock();
        if known.id() != here.id() {
            *known = here;
        }
        drop(known);
        // Nobody looks at it between two waits.
        self.sleeper.woken.store(false, Ordering::Relaxed);
        &self.sleeper
    }

    /// The time that the one gave who has ended the last wait, if one did.
    pub(crate) fn woken_at(&self) -> u64 {
        self.sleeper.woken_at.load(Ordering::Relaxed)
    }

    /// Whether a place in a queue is this parker's.
    pub(super) fn is(&self, sleeper: &Arc<Sleeper>) -> bool {
        Arc::ptr_eq(&self.sleeper, sleeper)
    }

    /// Sleeps until it is woken, the deadline has passed or the run is over.
    pub(super) fn sleep(&mut self, deadline: Option<Instant>) -> Slept {
        // No spinning: guests' locks have done that before they wait, and on a busy machine it takes time from whoever is
        // waited for.
        // Looked at again after each waking: the operating system and earlier waits may wake without a reason.
        loop {
            if self.sleeper.woken.load(Ordering::Acquire) {
                return Slept::Woken;
            }
            if self.register.is_over() {
                return Slept::Over;
            }
            let Some(at) = deadline else {
                thread::park();
                continue;
            };
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Slept::TimedOut;
            }
            thread::park_timeout(left);
        }
    }
}

impl Drop for Parker {
    fn drop(&mut self) {
        let mut known = self.register.known.lock();
        if let Some(at) = known.iter().position(|sleeper| self.is(sleeper)) {
            known.swap_remove(at);
        }
    }
}

impl Sleeper {
    /// Ends its wait. The caller holds the lock of the queue that it took it out of, and kicks it once it does not.
    pub(super) fn wake(&self, time: u64) {
        self.woken_at.store(time, Ordering::Relaxed);
        self.woken.store(true, Ordering::Release);
    }

    /// Makes its thread look whether it may go on.
    pub(super) fn kick(&self) {
        self.thread.lock().unpark();
    }
}
