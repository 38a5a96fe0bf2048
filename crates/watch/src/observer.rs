//! What a guest thread carries along on its instance, and what a lock event does.
//!
//! # The order of events
//! Each thread stamps its events with a hybrid logical clock (Kulkarni et al., *Logical Physical Clocks*, 2014):
//! the machine's monotonic clock, pushed forward where needed so that an event is later than everything that
//! happened before it: the thread's own last event, the last release of the lock that it acquires, the last
//! notification of the condition variable from which it wakes, the fork of the thread, the end of the thread that it
//! joins. Sorting by time therefore never puts an acquire before the
//! release that it waited for, whatever the clocks of two cores say.

use std::sync::Arc;
use std::time::Instant;

use threadlink_abi::Hook;
use threadlink_abi::layout::block as word;
use threadlink_trace::{AcquireOp, EndKind, EventKind, Mode, Recorder};

use super::Run;
use super::deadlock;
use super::locks::LockCache;
use super::threads::{Thread, Wait};
use crate::guest::lock::OriginWords;
use crate::guest::memory::GuestMemory;
use crate::wait::{GuestThread, Outcome, Parker, Who};

/// The data of a store: the run, and the thread that the instance runs now.
pub(crate) struct Context {
    pub(crate) run: Arc<Run>,
    pub(crate) thread: Arc<Thread>,
    /// Whether the instance is still being made: its start function may spawn nothing, or instances would be made
    /// inside each other without end.
    pub(crate) starting: bool,
    parker: Parker,
    recorder: Option<Recorder>,
    locks: LockCache,
    /// The wait for a condition variable that it is in, from `start_wait` to `finish_wait`, and its site.
    condvar_wait: Option<(Wait, u32)>,
    /// Time of this thread's last event.
    last: u64,
    /// The site that was written to the trace last; most events come from the same few.
    last_site: u32,
}

impl Context {
    pub(crate) fn new(run: Arc<Run>, thread: Arc<Thread>) -> Self {
        let parker = run.waits.parker();
        Self {
            run,
            thread,
            starting: true,
            parker,
            recorder: None,
            locks: LockCache::default(),
            condvar_wait: None,
            last: 0,
            last_site: 0,
        }
    }

    /// Makes this the context of another thread, which was forked at time `forked_at`.
    pub(crate) fn begin(&mut self, thread: Arc<Thread>, forked_at: u64) {
        self.last = forked_at;
        self.thread = thread;
        self.condvar_wait = None;
        self.recorder = self.run.trace.as_ref().map(|trace| {
            trace.define_thread(self.thread.id, self.thread.name.as_deref(), self.thread.parent);
            trace.recorder(self.thread.id)
        });
        let time = self.tick(0);
        self.record(time, EventKind::Start);
    }

    /// The thread's last event; returns its time.
    pub(crate) fn end(&mut self, died: bool) -> u64 {
        let time = self.tick(0);
        self.record(
            time,
            EventKind::End {
                how: if died { EndKind::Died } else { EndKind::Returned },
            },
        );
        self.recorder = None;
        time
    }

    /// A time later than this thread's last event and than `floor`.
    pub(crate) fn tick(&mut self, floor: u64) -> u64 {
        self.last = self.run.now().max(self.last.max(floor) + 1);
        self.last
    }

    pub(crate) fn record(&self, time: u64, kind: EventKind) {
        if let Some(recorder) = &self.recorder {
            recorder.record(time, kind);
        }
    }

    /// What the guest says of the operation that it is about to do: its site, and one of the `OP_*`.
    pub(crate) fn operation(&mut self) -> (u32, u32) {
        let Some(block) = self.thread.block else {
            return (0, word::OP_BLOCKING);
        };
        let site = block.word(&self.run.memory, word::SITE);
        if site != self.last_site && self.recorder.is_some() {
            self.run.define_site(site);
            self.last_site = site;
        }
        (site, block.word(&self.run.memory, word::OP))
    }

    /// What a hook tells: `address` is the lock's or condition variable's, `second` what some hooks add.
    pub(crate) fn hook(&mut self, hook: Hook, address: u32, second: u32) {
        match hook {
            Hook::StartLock => self.request(address, Mode::Exclusive),
            Hook::FinishLock => self.acquire(address),
            Hook::StartUnlock => self.release(address),
            Hook::StartRead => self.request(address, Mode::Shared),
            Hook::FinishRead => self.acquire_read(address),
            Hook::StartReadUnlock => self.release_read(address),
            // The release was reported while the lock was still held.
            Hook::FinishUnlock | Hook::FinishReadUnlock => {}
            Hook::StartWait => self.start_wait(address, second),
            Hook::FinishWait => self.finish_wait(address, second != 0),
            Hook::Notify => self.notify(address, second != 0),
        }
    }

    /// `finish_lock`: the lock is held.
    fn acquire(&mut self, lock: u32) {
        let site = self.acquired(lock, Mode::Exclusive);
        if let Some(entry) = self.locks.entry(&self.run.locks, lock) {
            entry.acquired(self.thread.id, site);
        }
    }

    /// `start_unlock`: the lock is about to be released.
    fn release(&mut self, lock: u32) {
        let time = self.releasing(lock, Mode::Exclusive);
        if let Some(entry) = self.locks.entry(&self.run.locks, lock) {
            entry.release(time);
        }
        // The mutex of a wait: from here on the thread waits for the condition variable.
        if let Some((wait, site)) = self.condvar_wait {
            self.thread.wait_for(wait, site);
        }
    }

    /// `finish_read`: the lock is held for reading.
    fn acquire_read(&mut self, lock: u32) {
        let site = self.acquired(lock, Mode::Shared);
        let Some(entry) = self.locks.entry(&self.run.locks, lock) else {
            return;
        };
        if self.thread.reads.lock().add(lock, site, &self.run.read_budget) {
            entry.reader_came();
        } else {
            self.run.warn_of_unseen_reads();
        }
    }

    /// `start_read_unlock`: the lock is about to be released by a reader.
    fn release_read(&mut self, lock: u32) {
        let time = self.releasing(lock, Mode::Shared);
        let Some(entry) = self.locks.entry(&self.run.locks, lock) else {
            return;
        };
        // A guard that another thread made is not in the list, and stays in the name of that thread.
        if self.thread.reads.lock().remove(lock) {
            entry.reader_leaves();
        }
        entry.released_at(time);
    }

    /// `start_lock` or `start_read`: the attempt begins, or has just succeeded.
    fn request(&mut self, lock: u32, mode: Mode) {
        let (site, op) = self.operation();
        // What was only tried for never waited. A timed attempt gives up by itself, without a word to the host: it
        // waits for nobody as far as deadlocks go, and a request of it might never be answered.
        if op != word::OP_BLOCKING {
            return;
        }
        self.thread.wait_for(Wait::Lock(lock, mode), site);
        let Some(entry) = self.locks.entry(&self.run.locks, lock) else {
            return self.run.warn_of_unseen_locks();
        };
        if mode == Mode::Shared {
            entry.wanted_for_reading();
        }
        let contended = entry.owner().is_some() || entry.readers() > 0;
        if self.recorder.is_some()
            && let Some(time) = self.tick_at(lock)
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
        if contended {
            deadlock::suspect(&self.run, &self.thread);
        }
    }

    /// A time for an event at this lock or condition variable: later than the last release or notification of it, and
    /// not before the definition by which the trace knows it. If something else stood at this address so far, or nothing,
    /// this is the definition, and its time. `None` if there are too many locks to follow this one.
    fn tick_at(&mut self, address: u32) -> Option<u64> {
        let origin = self
            .run
            .has_holder_words()
            .then(|| OriginWords::of(&self.run.memory, address))
            .flatten();
        // The same table for locks and condition variables: two things have two addresses.
        let entry = self.locks.entry(&self.run.locks, address)?;
        let floor = entry.released().max(entry.defined());
        match origin.filter(|origin| !entry.is_known(origin.packed())) {
            None => Some(self.tick(floor)),
            Some(origin) => self.define(address, origin, floor),
        }
    }

    /// The same where the trace was told of something else at this address, or of nothing.
    #[cold]
    fn define(&mut self, address: u32, origin: OriginWords, floor: u64) -> Option<u64> {
        let time = self.tick(floor);
        let entry = self.locks.entry(&self.run.locks, address)?;
        if entry.define(origin.packed(), time) {
            self.run.define_lock(address, time, origin);
            return Some(time);
        }
        // Another thread was faster.
        let floor = entry.defined();
        Some(self.tick(floor))
    }

    /// Records an acquire, which is later than all releases before it; returns where.
    fn acquired(&mut self, lock: u32, mode: Mode) -> u32 {
        let (site, op) = self.operation();
        self.thread.step();
        if self.recorder.is_some()
            && let Some(time) = self.tick_at(lock)
        {
            let op = match op {
                word::OP_TRY => AcquireOp::Try,
                word::OP_TIMED => AcquireOp::Timed,
                _ => AcquireOp::Blocking,
            };
            self.record(time, EventKind::Acquire { lock, site, op, mode });
        }
        site
    }

    /// Records a release. The caller marks it in the lock's entry after that, and so before the release itself:
    /// nobody can be later in getting the lock and earlier in the trace.
    fn releasing(&mut self, lock: u32, mode: Mode) -> u64 {
        self.thread.step();
        if self.recorder.is_none() || self.locks.entry(&self.run.locks, lock).is_none() {
            return 0;
        }
        let time = self.tick(0);
        self.record(time, EventKind::Release { lock, mode });
        time
    }

    /// `start_wait`: the thread is about to release `mutex` and to wait for `condvar`.
    fn start_wait(&mut self, condvar: u32, mutex: u32) {
        let (site, op) = self.operation();
        let timed = op == word::OP_TIMED;
        self.thread.step();
        self.condvar_wait = Some((Wait::Condvar { condvar, timed }, site));
        let notifications = self.run.has_holder_words().then(|| self.run.memory.load(condvar));
        self.thread.saw_notifications(notifications.flatten());
        if !timed {
            self.run.watch_condvars();
        }
        if self.recorder.is_some() {
            let time = self.tick_at(condvar).unwrap_or_else(|| self.tick(0));
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
    fn finish_wait(&mut self, condvar: u32, timed_out: bool) {
        self.condvar_wait = None;
        self.thread.step();
        if self.recorder.is_none() {
            return;
        }
        let time = self.tick_at(condvar).unwrap_or_else(|| self.tick(0));
        self.record(time, EventKind::Wake { condvar, timed_out });
    }

    /// `notify`: the thread is about to wake one or all of those that wait for `condvar`.
    fn notify(&mut self, condvar: u32, all: bool) {
        self.thread.step();
        if self.recorder.is_none() {
            return;
        }
        let (site, _) = self.operation();
        let time = self.tick_at(condvar).unwrap_or_else(|| self.tick(0));
        self.record(time, EventKind::Notify { condvar, site, all });
        if let Some(entry) = self.locks.entry(&self.run.locks, condvar) {
            entry.released_at(time);
        }
    }
}

impl GuestThread for Context {
    fn is_over(&self) -> bool {
        self.run.ending.is_over()
    }

    fn memory(&self) -> &GuestMemory {
        &self.run.memory
    }

    fn notify(&self, key: u64, count: u32) -> u32 {
        self.run.waits.notify(key, count)
    }

    fn wait(
        &mut self,
        key: u64,
        deadline: Option<Instant>,
        still: impl FnOnce(&GuestMemory) -> bool,
    ) -> Outcome {
        let who = if self.starting { Who::Other } else { Who::Guest };
        let run = &self.run;
        run.waits
            .wait(key, who, deadline, &mut self.parker, || still(&run.memory))
    }
}
