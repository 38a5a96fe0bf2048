//! What each hook does, one after the other.

use std::sync::Arc;

use threadlink_abi::layout::block as word;
use threadlink_trace::{AcquireOp, EventKind, Mode};

use super::{Asked, Defined, Listener, Observer, Operation, Unseen};
use crate::addresses::AddressEntry;
use crate::clock::Clock;
use crate::guest::origin::OriginWords;
use crate::memory::Memory;
use crate::thread::{Thread, Wait};
use crate::watch::Watch;

/// One hook at work.
///
/// *Acquire* is what `finish_lock` reports and *release* what `start_unlock` reports: at both the lock is held, so an order
/// by time never shows it held twice. The hooks for reading are the same in this. *Wake* is what `finish_wait` reports,
/// *notify* what its hook reports before anyone is woken.
pub(super) struct Step<'a, M, C, L> {
    pub(super) observer: &'a mut Observer,
    pub(super) watch: &'a Watch<M, C>,
    pub(super) listener: &'a mut L,
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
    pub(super) fn acquire(&mut self, lock: u32) {
        if self.observer.asked.op == word::OP_ENDED {
            return;
        }
        let (site, instance) = self.acquired(lock, Mode::Exclusive);
        let (watch, id) = (self.watch, self.thread().id);
        if watch.is_guarded() {
            // The lock's memory says so.
            return;
        }
        if let Some(entry) = self.entry(lock) {
            if let Some(instance) = instance.filter(|instance| *instance != entry.instance()) {
                watch.addresses.renew(lock, instance);
            }
            entry.acquired(id, site);
        }
    }

    /// `start_unlock`: the lock is about to be released.
    #[inline(always)]
    pub(super) fn release(&mut self, lock: u32) {
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
    pub(super) fn acquire_read(&mut self, lock: u32) {
        let (site, instance) = self.acquired(lock, Mode::Shared);
        let watch = self.watch;
        // Side by side: a copy of the thread's pointer would cost as much as the rest.
        let Observer { thread, cache, .. } = &mut *self.observer;
        let Some(entry) = cache.entry(&watch.addresses, lock) else {
            return;
        };
        if let Some(instance) = instance.filter(|instance| *instance != entry.instance()) {
            watch.addresses.renew(lock, instance);
        }
        if thread
            .reads
            .lock()
            .add((lock, entry.instance()), site, &watch.budget)
        {
            entry.reader_came();
        } else {
            self.listener.unseen(Unseen::Reads);
        }
    }

    /// `start_read_unlock`: the lock is about to be released by a reader.
    #[inline(always)]
    pub(super) fn release_read(&mut self, lock: u32) {
        let time = self.releasing(lock, Mode::Shared);
        // A guard that another thread made is not in the list, and stays in the name of that thread.
        let mine = self.thread().reads.lock().remove(lock);
        let of_another = mine.is_none() && self.watch.is_of_another(lock, self.thread());
        let Some(entry) = self.entry(lock) else {
            return;
        };
        if mine.is_some_and(|instance| instance == entry.instance()) {
            entry.reader_leaves();
        }
        if of_another {
            entry.reader_leaves_for_another();
        }
        entry.released_at(time);
    }

    /// `start_lock` or `start_read`: a wait begins, an attempt that may have to wait, or one has just succeeded. Whether it
    /// begins to wait.
    #[inline(always)]
    pub(super) fn request(&mut self, lock: u32, mode: Mode) -> bool {
        self.observer.ends(self.watch, self.listener);
        let Operation { site, op, .. } = self.operation();
        self.observer.asked = Asked { site, op };
        if op == word::OP_AT_ONCE {
            self.asks(lock, site, false, mode);
            return false;
        }
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
        let contended = watch.tries_first() || entry.owner().is_some() || entry.readers() > 0;
        self.asks(lock, site, contended, mode);
        contended
    }

    /// Records that the thread asks for a lock; where it has found the lock free, that it has done so.
    #[inline(always)]
    fn asks(&mut self, lock: u32, site: u32, contended: bool, mode: Mode) {
        if !self.is_recording() {
            return;
        }
        let instance = self.instance(lock);
        if let Some(time) = self.tick_at(lock, instance, site) {
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
    /// this is the definition, and its time; it was used first at this site. `None` if there are too many locks to follow this one.
    #[inline(always)]
    fn tick_at(&mut self, address: u32, instance: u32, site: u32) -> Option<u64> {
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
        self.define(address, which, instance, floor, site)
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
    fn define(&mut self, address: u32, which: u64, instance: u32, floor: u64, site: u32) -> Option<u64> {
        let time = self.tick(floor);
        // That it was made in std's source says nothing: whoever used it first says more.
        let mut origin = OriginWords::of(&self.watch.memory, address);
        if let Some(origin) = &mut origin
            && site != 0
            && self.watch.is_of_std(origin.made)
        {
            origin.made = site;
        }
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
                Some(instance) => self.tick_at(lock, instance, site),
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

    /// A time for an event at this condition variable, which is used at this site (0: at none that is known).
    fn tick_condvar(&mut self, condvar: u32, site: u32) -> u64 {
        let instance = self.instance(condvar);
        self.tick_at(condvar, instance, site)
            .unwrap_or_else(|| self.tick(0))
    }

    /// `start_wait`: the thread is about to release `mutex` and to wait for `condvar`.
    #[inline(always)]
    pub(super) fn start_wait(&mut self, condvar: u32, mutex: u32) {
        let Operation { site, op, .. } = self.operation();
        let timed = op == word::OP_TIMED;
        self.thread().step();
        let wait = Wait::Condvar { condvar, timed };
        if self.watch.is_guarded() {
            // No hook tells of the mutex's release.
            self.thread().wait_for(wait, site);
        }
        self.observer.condvar_wait = Some((wait, site));
        if self.is_recording() {
            let time = self.tick_condvar(condvar, site);
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
    pub(super) fn finish_wait(&mut self, condvar: u32, timed_out: bool) {
        self.observer.condvar_wait = None;
        self.thread().step();
        if !self.is_recording() {
            return;
        }
        let time = self.tick_condvar(condvar, 0);
        self.record(time, EventKind::Wake { condvar, timed_out });
    }

    /// `notify`: the thread is about to wake one or all of those that wait for `condvar`.
    #[inline(always)]
    pub(super) fn notify(&mut self, condvar: u32, all: bool) {
        self.thread().step();
        if !self.is_recording() {
            return;
        }
        let site = self.operation().site;
        let time = self.tick_condvar(condvar, site);
        self.record(time, EventKind::Notify { condvar, site, all });
        if let Some(entry) = self.entry(condvar) {
            entry.released_at(time);
        }
    }

    /// `start_park`: the thread is about to wait for its token. What it sleeps at shows whether it does.
    #[inline(always)]
    pub(super) fn start_park(&mut self, token: u32, timed: bool) {
        let site = self.operation().site;
        self.thread().step();
        self.thread().park(Some((token, site)));
        if self.is_recording() {
            let time = self.tick(0);
            self.record(time, EventKind::Park { token, site, timed });
        }
    }

    /// `finish_park`: it has its token, or the time is over. Later than each `unpark` before it.
    #[inline(always)]
    pub(super) fn finish_park(&mut self, token: u32, timed_out: bool) {
        self.thread().step();
        self.thread().park(None);
        if self.is_recording() {
            let floor = self.entry(token).map_or(0, AddressEntry::released);
            let time = self.tick(floor);
            self.record(time, EventKind::ParkEnd { token, timed_out });
        }
    }

    /// `unpark`: the thread is about to leave a token, be it there already.
    #[inline(always)]
    pub(super) fn unpark(&mut self, token: u32) {
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
