//! The queues: who waits for which word or event, first come, first served.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use threadlink_watch::Thread;

use super::active::{Active, WasLast};
use super::key::Key;
use super::parker::{Parker, Parkers, Sleeper, Slept};

/// Buckets: queues of different keys that share a lock. A power of two.
const BUCKETS: usize = 64;

/// All queues of a run.
pub(crate) struct WaitQueues {
    parkers: Arc<Parkers>,
    active: Active,
    buckets: Box<[Bucket]>,
}

/// On cache lines of its own: two waits that have nothing to do with each other do not slow each other.
#[derive(Default)]
#[repr(align(128))]
struct Bucket(Mutex<VecDeque<Place>>);

/// A place in a queue.
struct Place {
    key: Key,
    sleeper: Arc<Sleeper>,
    /// The guest thread that sleeps here.
    thread: Option<Arc<Thread>>,
    /// Whether it is not active while it is here.
    passive: bool,
}

impl Place {
    /// Called under the lock of the queue that it was taken out of.
    fn left(&self, active: &Active) {
        if let Some(thread) = &self.thread {
            thread.awakes();
        }
        if self.passive {
            active.raise();
        }
    }
}

/// Who waits.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who<'a> {
    /// A guest thread: while it waits without a limit, it cannot go on unless another one wakes it.
    Guest(&'a Arc<Thread>),
    /// A guest thread that goes on being counted as one that can go on: a start function's, which is not known yet; or one that
    /// is woken from outside.
    Active(&'a Arc<Thread>),
    /// Someone who is not counted, or not for this: an idle worker.
    Other,
}

impl<'a> Who<'a> {
    fn thread(self) -> Option<&'a Arc<Thread>> {
        match self {
            Self::Guest(thread) | Self::Active(thread) => Some(thread),
            Self::Other => None,
        }
    }
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A notification came.
    Woken,
    /// There was nothing to wait for.
    NotEqual,
    /// The deadline passed, and no notification has counted this thread.
    TimedOut,
    /// The run is over: the thread must not go on as a guest.
    Over,
}

impl WaitQueues {
    /// Empty queues. `none_left` is called whenever no guest thread can go on by itself any more, by the thread that
    /// was the last.
    pub(crate) fn new(none_left: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            parkers: Arc::new(Parkers::new()),
            active: Active::new(Box::new(none_left)),
            buckets: std::iter::repeat_with(Bucket::default).take(BUCKETS).collect(),
        }
    }

    /// What a thread needs to wait here.
    pub(crate) fn parker(&self) -> Parker {
        Parker::new(&self.parkers)
    }

    /// A guest thread comes. Whoever starts it calls this before it can run.
    pub(crate) fn enter(&self) {
        self.active.raise();
    }

    /// A guest thread has ended, and has woken who waited for that.
    pub(crate) fn leave(&self) {
        let was_last = self.active.lower();
        self.active.tell(was_last);
    }

    /// Whether no guest thread can go on by itself, for good.
    pub(crate) fn is_still(&self) -> bool {
        self.active.count() == 0 && !self.parkers.is_over()
    }

    /// Guest threads that can go on by themselves.
    #[cfg(test)]
    pub(crate) fn active(&self) -> usize {
        self.active.count()
    }

    /// Ends all waits, and those that are still to come.
    pub(crate) fn end(&self) {
        self.parkers.end();
    }

    /// Waits for a notification of `key`, if `still` says that there is something to wait for. That question and the
    /// place in the queue are one step against every [`notify`](Self::notify) of the same key.
    pub(crate) fn wait(
        &self,
        key: Key,
        who: Who<'_>,
        deadline: Option<Instant>,
        parker: &mut Parker,
        still: impl FnOnce() -> bool,
    ) -> Outcome {
        self.enter_and_wait(key, who, deadline, parker, true, still)
    }

    /// The same without a limit, but the thread looks for a while before it enters the queue, not in it: whoever ends the wait
    /// then finds nobody to wake, which is cheaper for both. `ended` says whether there is nothing to wait for, as a hint;
    /// `still` says for good whether there is.
    pub(crate) fn look_and_wait(
        &self,
        key: Key,
        who: Who<'_>,
        parker: &mut Parker,
        ended: impl Fn() -> bool,
        still: impl FnOnce() -> bool,
    ) -> Outcome {
        if parker.look(ended) {
            return Outcome::NotEqual;
        }
        self.enter_and_wait(key, who, None, parker, false, still)
    }

    fn enter_and_wait(
        &self,
        key: Key,
        who: Who<'_>,
        deadline: Option<Instant>,
        parker: &mut Parker,
        looks: bool,
        still: impl FnOnce() -> bool,
    ) -> Outcome {
        if self.parkers.is_over() {
            return Outcome::Over;
        }
        let passive = matches!(who, Who::Guest(_)) && deadline.is_none();
        let mut queue = self.bucket(key).lock();
        if !still() {
            return Outcome::NotEqual;
        }
        if let Some(thread) = who.thread() {
            thread.sleeps_for(key, !passive);
        }
        queue.push_back(Place {
            key,
            sleeper: parker.ready().clone(),
            thread: who.thread().cloned(),
            passive,
        });
        let was_last = if passive { self.active.lower() } else { WasLast::NO };
        drop(queue);
        self.active.tell(was_last);
        let slept = if looks && parker.look_if_woken(deadline) {
            Slept::Woken
        } else {
            parker.sleep(deadline)
        };
        let counted = slept == Slept::Woken || !self.take_out(key, parker);
        if self.parkers.is_over() {
            return Outcome::Over;
        }
        // A notification that came in the last moment has counted this thread.
        if counted {
            Outcome::Woken
        } else {
            Outcome::TimedOut
        }
    }

    /// Takes a thread that has not been woken out of its queue; `false` if a notification did in this moment.
    fn take_out(&self, key: Key, parker: &Parker) -> bool {
        let mut queue = self.bucket(key).lock();
        let Some(at) = queue.iter().position(|place| parker.is(&place.sleeper)) else {
            return false;
        };
        if let Some(place) = queue.remove(at) {
            place.left(&self.active);
        }
        true
    }

    /// Wakes the first `count` of those that wait for `key`, and returns how many that were.
    pub(crate) fn notify(&self, key: Key, count: u32) -> u32 {
        self.notify_at(key, count, 0)
    }

    /// The same, at a time that those who are woken get to know.
    pub(crate) fn notify_at(&self, key: Key, count: u32, time: u64) -> u32 {
        let mut woken = 0;
        // Kicked once the lock is free. Mostly there is one, and a vector for it would have to be allocated.
        let mut first = None;
        let mut others = Vec::new();
        let mut queue = self.bucket(key).lock();
        while woken < count
            && let Some(at) = queue.iter().position(|place| place.key == key)
            && let Some(place) = queue.remove(at)
        {
            woken += 1;
            place.left(&self.active);
            place.sleeper.wake(time);
            match first {
                None => first = Some(place.sleeper),
                Some(_) => others.push(place.sleeper),
            }
        }
        drop(queue);
        for sleeper in first.into_iter().chain(others) {
            sleeper.kick();
        }
        woken
    }

    /// How many wait for `key`.
    #[cfg(test)]
    pub(super) fn waiting(&self, key: Key) -> usize {
        let queue = self.bucket(key).lock();
        queue.iter().filter(|place| place.key == key).count()
    }

    fn bucket(&self, key: Key) -> &Mutex<VecDeque<Place>> {
        // Fibonacci hashing: neighbouring words, and words a power of two apart, go to different buckets.
        let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - BUCKETS.ilog2());
        &self.buckets[usize::try_from(hash).unwrap_or_default() % BUCKETS].0
    }
}
