//! One blocked thread of the host: how it sleeps and is woken. All parkers of a run stand in one register, so that its
//! end wakes them for good.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::eagerness::{self, Eagerness};

/// How long a thread looks at most before it sleeps.
const LONGEST: Duration = Duration::from_micros(50);
/// How long it does not look at first, once it is in a queue. Threads that want one lock for a moment each, time and again, get
/// on best if one of them has it many times over: who waits for it would be woken after a few nanoseconds, only to be in the
/// other's way. Where two threads take turns, it costs them less than a microsecond each.
const GRACE: Duration = Duration::from_micros(1);

/// All parkers of a run.
pub(super) struct Parkers {
    over: AtomicBool,
    known: Mutex<Vec<Arc<Sleeper>>>,
    /// How many of them do not sleep: their threads run, or look whether they may. A hint, so nothing is ordered by it.
    awake: AtomicUsize,
    /// How many can run at once.
    processors: usize,
}

/// What a guest thread, or an idle worker, blocks with. One wait at a time: that is what `&mut` is for.
pub(crate) struct Parker {
    sleeper: Arc<Sleeper>,
    register: Arc<Parkers>,
    eagerness: Eagerness,
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

/// How many there are for this process. Systems say it in several files, which takes longer than a short execution.
fn processors() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

impl Parkers {
    pub(super) fn new() -> Self {
        Self {
            over: AtomicBool::new(false),
            known: Mutex::default(),
            awake: AtomicUsize::new(0),
            processors: processors(),
        }
    }

    /// Whether there is a processor for each thread that is awake.
    fn has_room(&self) -> bool {
        self.awake.load(Ordering::Relaxed) <= self.processors
    }

    /// Looks until then, or the thread should do so no more, whether `ended` says so.
    fn look_until(&self, eagerness: &mut Eagerness, until: Instant, ended: impl Fn() -> bool) -> bool {
        let ceases = || !self.has_room() || self.is_over();
        if eagerness::look(until, || ended() || ceases()) && ended() {
            eagerness.rewarded();
            return true;
        }
        if !ceases() {
            eagerness.disappointed();
        }
        ended()
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
        register.awake.fetch_add(1, Ordering::Relaxed);
        Self {
            sleeper,
            register: register.clone(),
            eagerness: Eagerness::default(),
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

    /// Looks for a while, if that has been worth it, whether the wait that it has got ready for has been ended.
    pub(super) fn look_if_woken(&mut self, deadline: Option<Instant>) -> bool {
        let sleeper = &self.sleeper;
        if !self.register.has_room() || !self.eagerness.looks() {
            return sleeper.is_woken();
        }
        let now = Instant::now();
        let until = deadline.map_or(now + LONGEST, |at| at.min(now + LONGEST));
        // Nothing is looked at yet, so only the time counts.
        eagerness::look(until.min(now + GRACE), || false);
        self.register
            .look_until(&mut self.eagerness, until, || sleeper.is_woken())
    }

    /// The same of something else.
    pub(super) fn look(&mut self, ended: impl Fn() -> bool) -> bool {
        if !self.eagerness.looks() {
            return ended();
        }
        self.register
            .look_until(&mut self.eagerness, Instant::now() + LONGEST, ended)
    }

    /// Sleeps until it is woken, the deadline has passed or the run is over.
    pub(super) fn sleep(&mut self, deadline: Option<Instant>) -> Slept {
        self.register.awake.fetch_sub(1, Ordering::Relaxed);
        let slept = self.park(deadline);
        self.register.awake.fetch_add(1, Ordering::Relaxed);
        slept
    }

    fn park(&self, deadline: Option<Instant>) -> Slept {
        // Looked at again after each waking: the operating system and earlier waits may wake without a reason.
        loop {
            if self.sleeper.is_woken() {
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
        drop(known);
        self.register.awake.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Sleeper {
    /// Whether the wait that it is in has been ended.
    pub(super) fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Acquire)
    }

    /// Ends its wait. The caller holds the lock of the queue that it took it out of, and kicks it once it does not.
    pub(super) fn wake(&self, time: u64) {
        self.woken_at.store(time, Ordering::Relaxed);
        self.woken.store(true, Ordering::Release);
    }

    /// Makes its thread look whether it may go on.
    pub(super) fn kick(&self) {
        // Not under the lock: where there is one processor only, the thread runs at once, and may want the lock for its next wait.
        let thread = self.thread.lock().clone();
        thread.unpark();
    }
}
