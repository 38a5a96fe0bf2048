//! What one thread's hooks do: they keep the tables, order its events, and look for deadlocks where it begins to wait.

use std::sync::Arc;

use threadlink_abi::Hook;
use threadlink_abi::layout::block as word;
use threadlink_trace::{AcquireOp, EventKind, Mode};

use crate::addresses::{AddressCache, AddressEntry};
use crate::clock::{Clock, Stamp};
use crate::guest::origin::OriginWords;
use crate::memory::Memory;
use crate::thread::{Thread, Wait};
use crate::verdict::Suspicion;
use crate::watch::Watch;

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
    /// What it says of itself.
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

/// One hook at work.
///
/// *Acquire* is what `finish_lock` reports and *release* what `start_unlock` reports: at both the lock is held, so an order
/// by time never shows it held twice. The hooks for reading are the same in this. *Wake* is what `finish_wait` reports,
/// *notify* what its hook reports before anyone is woken.
struct Step<'a, M, C, L> {
    observer: &'a mut Observer,
    watch: &'a Watch<M, C>,
    listener: &'a mut L,
}

impl<M: Memory, C: Clock, L: Listener> Step<'_, M, C, L> {
    #[inline(always)]
    fn thread(&self) -> &Arc<Thread> {
        &self.observer.thread
    }

    #[inline(always)]
    fn entry(&mut self, address: u32) -> Option<&AddressEntry> {
        self.observer.cache.entry(&self.watch.addresses, address)
    }

    #[inline(always)]
    fn is_recording(&self) -> bool {
        self.observer.recording
    }

    #[inline(always)]
    fn tick(&mut self, floor: u64) -> u64 {
        self.observer.tick(self.watch, floor)
    }

    #[inline(always)]
    fn operation(&mut self) -> Operation {
        let operation = self.observer.operation(self.watch);
        if let Some(site) = operation.new_site {
            self.listener.site(site);
        }
        operation
    }

    #[inline(always)]
    fn record(&mut self, time: u64, kind: EventKind) {
        self.listener.event(time, kind);
    }

    /// `finish_lock`: the lock is held.
    #[inline(always)]
    fn acquire(&mut self, lock: u32) {
        if self.observer.asked.op == word::OP_ENDED {
            return;
        }
        let (site, instance) = self.acquired(lock, Mode::Exclusive);
        let (watch, id) = (self.watch, self.thread().id);
        if let Some(entry) = self.entry(lock) {
            if let Some(instance) = instance.filter(|instance| *instance != entry.instance()) {
                watch.addresses.renew(lock, instance);
            }
            entry.acquired(id, site);
        }
    }

    /// `start_unlock`: the lock is about to be released.
    #[inline(always)]
    fn release(&mut self, lock: u32) {
        if self.observer.asked.op == word::OP_ENDED {
            self.observer.asked = Asked::NOTHING;
            return;
        }
        let time = self.releasing(lock, Mode::Exclusive);
        if let Some(entry) = self.entry(lock) {
            entry.release(time);
        }
        // The mutex of a wait: from here on the thread waits for the condition variable.
        if let Some((wait, site)) = self.observer.condvar_wait {
            self.thread().wait_for(wait, site);
        }
    }

    /// `finish_read`: the lock is held for reading.
    #[inline(always)]
    fn acquire_read(&mut self, lock: u32) {
        let (site, instance) = self.acquired(lock, Mode::Shared);
        let (watch, thread) = (self.watch, self.thread().clone());
        let budget = &self.watch.budget;
        let Some(entry) = self.entry(lock) else {
            return;
        };
        if let Some(instance) = instance.filter(|instance| *instance != entry.instance()) {
            watch.addresses.renew(lock, instance);
        }
        if thread.reads.lock().add((lock, entry.instance()), site, budget) {
            entry.reader_came();
        } else {
            self.listener.unseen(Unseen::Reads);
        }
    }

    /// `start_read_unlock`: the lock is about to be released by a reader.
    #[inline(always)]
    fn release_read(&mut self, lock: u32) {
        let time = self.releasing(lock, Mode::Shared);
        // A guard that another thread made is not in the list, and stays in the name of that thread.
        let mine = self.thread().reads.lock().remove(lock);
        let Some(entry) = self.entry(lock) else {
            return;
        };
        if mine.is_some_and(|instance| instance == entry.instance()) {
            entry.reader_leaves();
        }
        entry.released_at(time);
    }

    /// `start_lock` or `start_read`: the attempt begins, or has just succeeded. Whether it begins to wait.
    #[inline(always)]
    fn request(&mut self, lock: u32, mode: Mode) -> bool {
        self.observer.ends(self.watch, self.listener);
        let Operation { site, op, .. } = self.operation();
        self.observer.asked = Asked { site, op };
        // What was only tried for never waited. A timed attempt gives up by itself, without a word to the host: it
        // waits for nobody as far as deadlocks go, and a request of it might never be answered.
        if op != word::OP_BLOCKING {
            return false;
        }
        let (watch, instance) = (self.watch, self.instance(lock));
        self.thread().wait_for(Wait::Lock(lock, mode), site);
        let Some(entry) = self.entry(lock) else {
            self.listener.unseen(Unseen::Locks);
            return false;
        };
        if entry.instance() != instance {
            // Another one stood there so far: what was known of that is forgotten.
            watch.addresses.renew(lock, instance);
        }
        if mode == Mode::Shared {
            entry.wanted_for_reading();
        }
        let contended = entry.owner().is_some() || entry.readers() > 0;
        if self.is_recording()
            && let Some(time) = self.tick_at(lock, instance)
        {
            self.record(
                time,
                EventKind::Request {
                    lock,
                    site,
                    contended,
                    mode,
                },
            );
        }
        contended
    }

    /// The number of the lock at this address, if locks have such.
    #[inline(always)]
    fn instance(&self, lock: u32) -> u32 {
        if self.watch.has_instances() {
            self.watch.instance(lock)
        } else {
            0
        }
    }

    /// A time for an event at this lock or condition variable: later than the last release or notification of it, and
    /// not before the definition by which the trace knows it. If something else stood at this address so far, or nothing,
    /// this is the definition, and its time. `None` if there are too many locks to follow this one.
    #[inline(always)]
    fn tick_at(&mut self, address: u32, instance: u32) -> Option<u64> {
        // Which one it is: its number, or else its origin.
        let which = if instance != 0 {
            u64::from(instance)
        } else if self.watch.has_holder_words() {
            OriginWords::of(&self.watch.memory, address).map_or(0, OriginWords::packed)
        } else {
            0
        };
        let entry = self.entry(address)?;
        let floor = entry.released().max(entry.defined());
        if which == 0 || entry.is_known(which) {
            return Some(self.tick(floor));
        }
        self.define(address, which, instance, floor)
    }

    /// The same for a lock that the thread has requested, so that it is known which one it is.
    #[inline(always)]
    fn tick_again(&mut self, lock: u32) -> Option<u64> {
        let entry = self.entry(lock)?;
        let floor = entry.released().max(entry.defined());
        Some(self.tick(floor))
    }

    /// The same where the trace was told of something else at this address, or of nothing.
    #[cold]
    fn define(&mut self, address: u32, which: u64, instance: u32, floor: u64) -> Option<u64> {
        let time = self.tick(floor);
        let origin = OriginWords::of(&self.watch.memory, address);
        let entry = self.entry(address)?;
        if !entry.define(which, time) {
            // Another thread was faster.
            let floor = entry.defined();
            return Some(self.tick(floor));
        }
        if let Some(origin) = origin.filter(|origin| entry.define_origin(origin.packed())) {
            self.listener.defined(Defined {
                address,
                since: time,
                origin,
            });
        }
        if instance == 0 {
            return Some(time);
        }
        let lock = address;
        self.record(time, EventKind::Instance { lock, instance });
        Some(self.tick(0))
    }

    /// Records an acquire, which is later than all releases before it; returns where, and the lock's number if that was not
    /// looked at when the lock was requested.
    #[inline(always)]
    fn acquired(&mut self, lock: u32, mode: Mode) -> (u32, Option<u32>) {
        let Asked { site, op } = self.observer.asked;
        self.thread().step();
        let instance = (op != word::OP_BLOCKING).then(|| self.instance(lock));
        if self.is_recording()
            && let Some(time) = match instance {
                None => self.tick_again(lock),
                Some(instance) => self.tick_at(lock, instance),
            }
        {
            let op = match op {
                word::OP_TRY => AcquireOp::Try,
                word::OP_TIMED => AcquireOp::Timed,
                _ => AcquireOp::Blocking,
            };
            self.record(time, EventKind::Acquire { lock, site, op, mode });
        }
        (site, instance)
    }

    /// Records a release; returns its time. The caller marks that in the lock's entry, and so before the release itself:
    /// nobody can be later in getting the lock and earlier in the trace.
    #[inline(always)]
    fn releasing(&mut self, lock: u32, mode: Mode) -> u64 {
        self.thread().step();
        if !self.is_recording() || self.entry(lock).is_none() {
            return 0;
        }
        let time = self.tick(0);
        self.record(time, EventKind::Release { lock, mode });
        time
    }

    /// A time for an event at this condition variable.
    fn tick_condvar(&mut self, condvar: u32) -> u64 {
        let instance = self.instance(condvar);
        self.tick_at(condvar, instance).unwrap_or_else(|| self.tick(0))
    }

    /// `start_wait`: the thread is about to release `mutex` and to wait for `condvar`.
    #[inline(always)]
    fn start_wait(&mut self, condvar: u32, mutex: u32) {
        let Operation { site, op, .. } = self.operation();
        let timed = op == word::OP_TIMED;
        self.thread().step();
        self.observer.condvar_wait = Some((Wait::Condvar { condvar, timed }, site));
        if self.is_recording() {
            let time = self.tick_condvar(condvar);
            self.record(
                time,
                EventKind::Wait {
                    condvar,
                    mutex,
                    site,
                    timed,
                },
            );
        }
    }

    /// `finish_wait`: it has been woken, or its time is over. Later than all notifications before it.
    #[inline(always)]
    fn finish_wait(&mut self, condvar: u32, timed_out: bool) {
        self.observer.condvar_wait = None;
        self.thread().step();
        if !self.is_recording() {
            return;
        }
        let time = self.tick_condvar(condvar);
        self.record(time, EventKind::Wake { condvar, timed_out });
    }

    /// `notify`: the thread is about to wake one or all of those that wait for `condvar`.
    #[inline(always)]
    fn notify(&mut self, condvar: u32, all: bool) {
        self.thread().step();
        if !self.is_recording() {
            return;
        }
        let site = self.operation().site;
        let time = self.tick_condvar(condvar);
        self.record(time, EventKind::Notify { condvar, site, all });
        if let Some(entry) = self.entry(condvar) {
            entry.released_at(time);
        }
    }

    /// `start_park`: the thread is about to wait for its token. What it sleeps at shows whether it does.
    #[inline(always)]
    fn start_park(&mut self, token: u32, timed: bool) {
        self.thread().step();
        if self.is_recording() {
            let site = self.operation().site;
            let time = self.tick(0);
            self.record(time, EventKind::Park { token, site, timed });
        }
    }

    /// `finish_park`: it has its token, or the time is over. Later than each `unpark` before it.
    #[inline(always)]
    fn finish_park(&mut self, token: u32, timed_out: bool) {
        self.thread().step();
        if self.is_recording() {
            let floor = self.entry(token).map_or(0, AddressEntry::released);
            let time = self.tick(floor);
            self.record(time, EventKind::ParkEnd { token, timed_out });
        }
    }

    /// `unpark`: the thread is about to leave a token, be it there already.
    #[inline(always)]
    fn unpark(&mut self, token: u32) {
        self.thread().step();
        if self.is_recording() {
            let site = self.operation().site;
            let time = self.tick(0);
            self.record(time, EventKind::Unpark { token, site });
            if let Some(entry) = self.entry(token) {
                entry.released_at(time);
            }
        }
    }
}
