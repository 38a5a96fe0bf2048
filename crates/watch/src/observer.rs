//! What one thread's hooks do: they keep the tables, order its events, and look for deadlocks where it begins to wait.

mod step;

use std::sync::Arc;

use threadlink_abi::Hook;
use threadlink_abi::layout::block as word;
use threadlink_trace::{EventKind, Mode};

use crate::addresses::AddressCache;
use crate::clock::{Clock, Stamp};
use crate::guest::origin::OriginWords;
use crate::memory::Memory;
use crate::thread::{Thread, Wait};
use crate::verdict::Suspicion;
use crate::watch::Watch;
use step::Step;

/// Who is told what hooks mean, as they come: to record it, mostly. Called by the thread that is observed, and part of each
/// of its lock events, so it should be quick.
///
/// ```
/// use threadlink_trace::EventKind;
/// use threadlink_watch::{Defined, Listener, Unseen};
///
/// struct Print;
/// impl Listener for Print {
///     fn site(&mut self, site: u32) {
///         println!("the next events are of the location at {site:#x}");
///     }
///     fn defined(&mut self, defined: Defined) {
///         println!("{:#x} is another lock since {} ns", defined.address, defined.since);
///     }
///     fn event(&mut self, time: u64, kind: EventKind) {
///         println!("{time} ns: {kind:?}");
///     }
///     fn unseen(&mut self, unseen: Unseen) {
///         println!("no longer watched: {unseen:?}");
///     }
/// }
/// ```
pub trait Listener {
    /// A place that the thread's last events did not name, before the event that does.
    fn site(&mut self, site: u32);
    /// A lock or condition variable that is new at its address, before the event that shows it.
    fn defined(&mut self, defined: Defined);
    /// An event: its time and what it is. Only if the observer records.
    fn event(&mut self, time: u64, kind: EventKind);
    /// Something is not watched from here on.
    fn unseen(&mut self, unseen: Unseen);
}

/// Nobody wants to know, as in a run that only looks for deadlocks.
impl Listener for () {
    fn site(&mut self, _: u32) {}

    fn defined(&mut self, _: Defined) {}

    fn event(&mut self, _: u64, _: EventKind) {}

    fn unseen(&mut self, _: Unseen) {}
}

/// A lock or condition variable that is new at its address.
///
/// ```
/// # fn show(defined: &threadlink_watch::Defined) {
/// println!("{:#x} is another lock since {} ns", defined.address, defined.since);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Defined {
    /// Its address.
    pub address: u32,
    /// From when on it stands there.
    pub since: u64,
    /// What it says of itself. If all that is known is that it was made in std's source, where it was used first stands for that.
    pub origin: OriginWords,
}

/// What a guest has too many of to be watched.
///
/// ```
/// assert_ne!(threadlink_watch::Unseen::Locks, threadlink_watch::Unseen::Reads);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unseen {
    /// More locks and condition variables than the [`Budget`](crate::Budget) has room for.
    Locks,
    /// More locks held for reading than there is room for.
    Reads,
}

/// The operation that a thread is about to do, as its control block says.
///
/// ```
/// # fn show(operation: threadlink_watch::Operation) {
/// println!("at the location {:#x}", operation.site);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// Where in the source: the address of a `Location`, or 0.
    pub site: u32,
    /// One of `OP_*` of `threadlink_abi::layout::block`.
    pub op: u32,
    /// The site, if the thread's last events did not name it and the observer records.
    pub new_site: Option<u32>,
}

/// Observes one thread after the other, for a worker that runs them. Used by that worker alone.
///
/// ```
/// use std::sync::Arc;
/// use threadlink_abi::Hook;
/// use threadlink_watch::{Clock, Memory, Observer, Thread, Watch};
///
/// fn lock_and_unlock<M: Memory, C: Clock>(watch: &Watch<M, C>, thread: Arc<Thread>) {
///     let mut observer = Observer::new(thread);
///     for hook in [Hook::StartLock, Hook::FinishLock, Hook::StartUnlock, Hook::FinishUnlock] {
///         assert!(!observer.hook(watch, hook, 0x1000, 0, &mut ()));
///     }
/// }
/// # let _ = |w: &Watch<N, N>, t| lock_and_unlock(w, t);
/// # struct N;
/// # impl Memory for N {
/// #     fn load(&self, _: u32) -> Option<u32> { None }
/// #     fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> { None }
/// # }
/// # impl Clock for N {
/// #     fn now(&self) -> u64 { 0 }
/// # }
/// ```
#[derive(Debug)]
pub struct Observer {
    thread: Arc<Thread>,
    /// Whether events are wanted; without, a hook does not look at the clock.
    recording: bool,
    cache: AddressCache,
    /// The wait for a condition variable that the thread is in, from `start_wait` to `finish_wait`, and its site.
    condvar_wait: Option<(Wait, u32)>,
    stamp: Stamp,
    /// The site that was named last; most events come from the same few.
    last_site: u32,
    /// How many locks the thread had dropped when that was looked at last.
    ended: u32,
    /// What it said of the lock that it requested last, or has tried to get.
    asked: Asked,
}

/// What a thread said of a lock when it asked for it: until it has the lock this does not change.
#[derive(Debug, Clone, Copy)]
struct Asked {
    site: u32,
    op: u32,
}

impl Asked {
    const NOTHING: Self = Self {
        site: 0,
        op: word::OP_BLOCKING,
    };
}

impl Observer {
    /// Observes `thread`, and records nothing.
    #[must_use]
    pub fn new(thread: Arc<Thread>) -> Self {
        Self {
            thread,
            recording: false,
            cache: AddressCache::default(),
            condvar_wait: None,
            stamp: Stamp::default(),
            last_site: 0,
            ended: 0,
            asked: Asked::NOTHING,
        }
    }

    /// Observes another thread from here on, which was forked at time `forked_at`.
    pub fn begin<M: Memory, C>(
        &mut self,
        watch: &Watch<M, C>,
        thread: Arc<Thread>,
        forked_at: u64,
        recording: bool,
    ) {
        self.thread = thread;
        self.recording = recording;
        self.condvar_wait = None;
        self.stamp = Stamp::from(forked_at);
        self.asked = Asked::NOTHING;
        // The count goes on from the thread before that had this block.
        self.ended = self.ended_now(watch);
    }

    /// How many locks the thread has dropped, where that is kept.
    #[inline(always)]
    fn ended_now<M: Memory, C>(&self, watch: &Watch<M, C>) -> u32 {
        match self.thread.block {
            Some(block) if watch.has_instances() => block.ended(&watch.memory),
            _ => 0,
        }
    }

    /// Tells which locks and condition variables the thread has dropped since this was told last. Each request of a lock does
    /// so as well.
    #[inline(always)]
    pub fn ends<M: Memory, C: Clock>(&mut self, watch: &Watch<M, C>, listener: &mut impl Listener) {
        if self.recording && self.ended_now(watch) != self.ended {
            self.tell_ends(watch, listener);
        }
    }

    #[cold]
    fn tell_ends<M: Memory, C: Clock>(&mut self, watch: &Watch<M, C>, listener: &mut impl Listener) {
        let Some(block) = self.thread.block else { return };
        let now = self.ended_now(watch);
        // More than the list holds are a liar's.
        let new = now.wrapping_sub(self.ended).min(word::ENDED_KEPT);
        for back in (1..=new).rev() {
            if let Some((lock, instance)) = block.ended_as(&watch.memory, now.wrapping_sub(back)) {
                let time = self.tick(watch, 0);
                listener.event(time, EventKind::InstanceEnd { lock, instance });
            }
        }
        self.ended = now;
    }

    /// The thread.
    #[inline]
    #[must_use]
    pub fn thread(&self) -> &Arc<Thread> {
        &self.thread
    }

    /// A time for an event of the thread: later than its last one and than `floor`.
    #[inline]
    pub fn tick<M: Memory, C: Clock>(&mut self, watch: &Watch<M, C>, floor: u64) -> u64 {
        self.stamp.tick(&watch.clock, floor)
    }

    /// The thread's next event is later than `time`: what something between it and the host has recorded, or what comes
    /// before the event.
    #[inline]
    pub fn not_before(&mut self, time: u64) {
        self.stamp.not_before(time);
    }

    /// The time of its last event.
    #[inline]
    #[must_use]
    pub fn last(&self) -> u64 {
        self.stamp.last()
    }

    /// Whether the hooks that the thread calls are about locks that it has dropped, and not about the address that they name.
    #[inline]
    #[must_use]
    pub fn tells_of_ends(&self) -> bool {
        self.asked.op == word::OP_ENDED
    }

    /// How many locks the thread had dropped when its listener was told of that last.
    #[inline]
    #[must_use]
    pub fn ended(&self) -> u32 {
        self.ended
    }

    /// The number of a lock that the thread has just got, and where it asked for it, if its events are told of.
    #[must_use]
    pub fn knows<M: Memory, C>(&self, watch: &Watch<M, C>, lock: u32) -> Option<(u32, u32)> {
        let instance = watch.instance(lock);
        let entry = watch.addresses.known(lock)?;
        entry
            .is_known(instance.into())
            .then_some((instance, self.asked.site))
    }

    /// What the thread says of the operation that it is about to do.
    #[inline(always)]
    pub fn operation<M: Memory, C>(&mut self, watch: &Watch<M, C>) -> Operation {
        let Some(block) = self.thread.block else {
            return Operation {
                site: 0,
                op: word::OP_BLOCKING,
                new_site: None,
            };
        };
        let site = block.word(&watch.memory, word::SITE);
        let new_site = (self.recording && site != self.last_site).then_some(site);
        if new_site.is_some() {
            self.last_site = site;
        }
        Operation {
            site,
            op: block.word(&watch.memory, word::OP),
            new_site,
        }
    }

    /// The thread is about to wait for the end of another one.
    #[inline]
    pub fn joins<M: Memory, C: Clock>(&mut self, watch: &Watch<M, C>, id: u32, site: u32) -> Suspicion {
        self.thread.wait_for(Wait::Thread(id), site);
        watch.suspect(&self.thread)
    }

    /// Whether the thread, which has begun to wait, cannot go on, as far as that is known.
    pub fn suspect<M: Memory, C: Clock>(&self, watch: &Watch<M, C>) -> Suspicion {
        watch.suspect(&self.thread)
    }

    /// What a hook tells: `address` is the lock's or condition variable's, `second` what some hooks add. Returns whether the
    /// thread begins to wait for somebody: then [`suspect`](Self::suspect) tells whether it may wait for ever.
    ///
    /// Inlined, so that a host that knows the hook where it calls this gets the code for that one only.
    #[inline(always)]
    pub fn hook<M: Memory, C: Clock>(
        &mut self,
        watch: &Watch<M, C>,
        hook: Hook,
        address: u32,
        second: u32,
        listener: &mut impl Listener,
    ) -> bool {
        let mut step = Step {
            observer: self,
            watch,
            listener,
        };
        match hook {
            Hook::StartLock => return step.request(address, Mode::Exclusive),
            Hook::FinishLock => step.acquire(address),
            Hook::StartUnlock => step.release(address),
            Hook::StartRead => return step.request(address, Mode::Shared),
            Hook::FinishRead => step.acquire_read(address),
            Hook::StartReadUnlock => step.release_read(address),
            // The release was reported while the lock was still held.
            Hook::FinishUnlock | Hook::FinishReadUnlock => {}
            Hook::StartWait => step.start_wait(address, second),
            Hook::FinishWait => step.finish_wait(address, second != 0),
            Hook::Notify => step.notify(address, second != 0),
            Hook::StartPark => step.start_park(address, second != 0),
            Hook::FinishPark => step.finish_park(address, second != 0),
            Hook::Unpark => step.unpark(address),
        }
        false
    }
}
