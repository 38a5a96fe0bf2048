//! What a guest thread carries along on its instance, and what a lock event does.
//!
//! # The order of events
//! Each thread stamps its events with a hybrid logical clock (Kulkarni et al., *Logical Physical Clocks*, 2014):
//! the machine's monotonic clock, pushed forward where needed so that an event is later than everything that
//! happened before it: the thread's own last event, the last release of the lock that it acquires, the fork of
//! the thread, the end of the thread that it joins. Sorting by time therefore never puts an acquire before the
//! release that it waited for, whatever the clocks of two cores say.

use std::sync::Arc;

use threadlink_abi::layout::block as word;
use threadlink_trace::{AcquireOp, EndKind, EventKind, Recorder};

use super::Run;
use super::deadlock;
use super::locks::LockCache;
use super::threads::{Thread, Wait};

/// The data of a store: the run, and the thread that the instance runs now.
pub(crate) struct Context {
    pub(crate) run: Arc<Run>,
    pub(crate) thread: Arc<Thread>,
    /// Whether the instance is still being made: its start function may spawn nothing, or instances would be made
    /// inside each other without end.
    pub(crate) starting: bool,
    recorder: Option<Recorder>,
    locks: LockCache,
    /// Time of this thread's last event.
    last: u64,
    /// The site that was written to the trace last; most events come from the same few.
    last_site: u32,
}

impl Context {
    pub(crate) fn new(run: Arc<Run>, thread: Arc<Thread>) -> Self {
        Self {
            run,
            thread,
            starting: true,
            recorder: None,
            locks: LockCache::default(),
            last: 0,
            last_site: 0,
        }
    }

    /// Makes this the context of another thread, which was forked at time `forked_at`.
    pub(crate) fn begin(&mut self, thread: Arc<Thread>, forked_at: u64) {
        self.last = forked_at;
        self.thread = thread;
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

    /// `start_lock`: the attempt begins.
    pub(crate) fn request(&mut self, lock: u32) {
        let (site, op) = self.operation();
        // What was only tried for never waited. A timed attempt gives up by itself, without a word to the host: it
        // waits for nobody as far as deadlocks go, and a request of it might never be answered.
        if op != word::OP_BLOCKING {
            return;
        }
        self.thread.wait_for(Wait::Lock(lock), site);
        let Some(entry) = self.locks.entry(&self.run.locks, lock) else {
            return self.run.warn_of_unseen_locks();
        };
        let owner = entry.owner();
        if self.recorder.is_some() {
            let time = self.tick(0);
            self.record(
                time,
                EventKind::Request {
                    lock,
                    site,
                    contended: owner.is_some(),
                },
            );
        }
        if owner.is_some() {
            deadlock::suspect(&self.run, &self.thread);
        }
    }

    /// `finish_lock`: the lock is held.
    pub(crate) fn acquire(&mut self, lock: u32) {
        let (site, op) = self.operation();
        self.thread.step();
        let Some(entry) = self.locks.entry(&self.run.locks, lock) else {
            return;
        };
        let released = entry.released();
        entry.acquired(self.thread.id, site);
        if self.recorder.is_some() {
            let time = self.tick(released);
            let op = match op {
                word::OP_TRY => AcquireOp::Try,
                word::OP_TIMED => AcquireOp::Timed,
                _ => AcquireOp::Blocking,
            };
            self.record(time, EventKind::Acquire { lock, site, op });
        }
    }

    /// `start_unlock`: the lock is about to be released.
    pub(crate) fn release(&mut self, lock: u32) {
        self.thread.step();
        let time = if self.recorder.is_some() { self.tick(0) } else { 0 };
        let Some(entry) = self.locks.entry(&self.run.locks, lock) else {
            return;
        };
        // Before the owner is cleared, and so before the release itself: nobody can be later in getting the lock
        // and earlier in the trace.
        if let Some(recorder) = &self.recorder {
            recorder.record(time, EventKind::Release { lock });
        }
        entry.release(time);
    }
}
