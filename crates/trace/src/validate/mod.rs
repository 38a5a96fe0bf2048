//! Whether a trace tells something that can have happened: [`validate`].

mod locks;
mod violation;

pub use violation::{Problem, Violation};

use crate::event::{AcquireOp, EndKind, Event, EventKind, Mode};
use crate::hash::Map;
use crate::reader::Trace;
use locks::Locks;

/// Violations after which a validator stops.
pub const MAX_VIOLATIONS: usize = 100;

/// What a well-formed trace holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Checked {
    /// Events.
    pub events: u64,
    /// Threads that have events.
    pub threads: u64,
    /// Threads that have not ended.
    pub running: u64,
    /// Different locks that were acquired.
    pub locks: u64,
    /// Acquires, for reading too.
    pub acquisitions: u64,
    /// Locks that are held at the end.
    pub held: u64,
    /// Threads whose last event is a request for a lock, or the begin of a wait for a thread or for a condition
    /// variable.
    pub waiting: u64,
    /// Waits for condition variables that began.
    pub waits: u64,
}

/// Checks that a trace, in canonical order, tells something that can have happened:
///
/// - Within a thread, times strictly increase. Its first event is `Start`, and nothing follows `End`.
/// - Every thread but the main one (0) starts after it was forked, and is forked once.
/// - No lock is acquired while it is held, and only its holder releases it. Holding it for reading keeps only writers
///   out: several threads may, and one thread several times.
/// - After a `Request` the thread's next event is the `Acquire` of that lock for the same purpose, and a blocking
///   `Acquire` has such a `Request` right before it. Likewise `JoinRequest` and `Join`, where a reaping join needs none. A thread may
///   die while it waits, and it may wait when the trace ends.
/// - A thread is joined after its `End`, and at most once.
/// - A thread that waits for a condition variable holds the mutex. Its next events are the `Release` of that, the
///   `Wake`, and the `Request` or `Acquire` of the mutex, where it may die or the trace end in between. The time is
///   over only in a timed wait. A wake without a notification is fine: condition variables may do that.
///
/// Threads need not have ended at the end of the trace, nor locks been released: a program may end at any time,
/// and a thread may die or forget a guard.
///
/// In a [truncated](Trace#truncated-traces) trace, what can be explained by the missing last events of a thread
/// is no violation: a lock whose holder has no more events may be acquired by another thread, a thread without
/// more events may be joined, and a thread may start without a fork.
///
/// Locks are told apart by their address and [instance](EventKind::Instance). In a trace that does not tell of instances,
/// as those of the versions 1 and 2, a lock that was freed while it was held (its guard was forgotten) and a new one at the
/// same address are taken for one, so that the new lock's first acquire looks like a second one.
///
/// # Errors
/// What can't have happened, in canonical order, [`MAX_VIOLATIONS`] at most. Only the first one is sure to be a
/// cause; others may follow from it.
///
/// # Examples
/// ```
/// use threadlink_trace::{EventKind, Mode, Problem, Trace, TraceWriter, validate};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("run.trace");
/// let writer = TraceWriter::create(&path)?;
/// let main = writer.recorder(0);
/// main.record(1, EventKind::Start);
/// main.record(2, EventKind::Release { lock: 0x1000, mode: Mode::Exclusive });
/// writer.finish()?;
///
/// let violations = validate(&Trace::open(&path)?).unwrap_err();
/// assert_eq!(violations[0].problem, Problem::NotHeld);
/// assert_eq!(
///     violations[0].to_string(),
///     "event 1 (thread 0, 2 ns): release of lock 0x1000, but nobody holds it"
/// );
/// # Ok(())
/// # }
/// ```
pub fn validate(trace: &Trace) -> Result<Checked, Vec<Violation>> {
    let known = trace.truncated().then(|| {
        let counts = trace.threads().iter().map(|info| (info.id, info.events));
        counts.collect()
    });
    Validator::new(known).run(trace.events())
}

/// Like [`validate`], for the events of a complete run that need not come from a file. They have to come in
/// canonical order: that they do is checked too.
///
/// # Errors
/// As [`validate`].
pub fn validate_events(events: impl IntoIterator<Item = Event>) -> Result<Checked, Vec<Violation>> {
    Validator::new(None).run(events)
}

struct Validator {
    /// For a truncated trace: how many events of each thread are known.
    known: Option<Map<u32, u64>>,
    threads: Map<u32, Thread>,
    locks: Locks,
    previous: Option<(u64, u32)>,
    index: u64,
    acquisitions: u64,
    waits: u64,
    violations: Vec<Violation>,
}

#[derive(Default)]
struct Thread {
    events: u64,
    last: u64,
    forked: bool,
    ended: bool,
    joined: bool,
    pending: Option<Pending>,
}

/// What a thread waits for, and since which event.
#[derive(Clone, Copy)]
enum Pending {
    Lock(u32, Mode, u64),
    Thread(u32, u64),
    Condvar(CondvarWait),
}

/// A wait for a condition variable, begun in event `begun`.
#[derive(Clone, Copy)]
struct CondvarWait {
    condvar: u32,
    mutex: u32,
    timed: bool,
    begun: u64,
    next: Next,
}

/// What a thread that waits for a condition variable does next.
#[derive(Clone, Copy)]
enum Next {
    Release,
    Wake,
    Relock,
}

impl Validator {
    fn new(known: Option<Map<u32, u64>>) -> Validator {
        Validator {
            known,
            threads: Map::default(),
            locks: Locks::default(),
            previous: None,
            index: 0,
            acquisitions: 0,
            waits: 0,
            violations: Vec::new(),
        }
    }

    fn run(mut self, events: impl IntoIterator<Item = Event>) -> Result<Checked, Vec<Violation>> {
        for event in events {
            self.event(event);
            self.index += 1;
            if self.violations.len() >= MAX_VIOLATIONS {
                break;
            }
        }
        if !self.violations.is_empty() {
            self.violations.truncate(MAX_VIOLATIONS);
            return Err(self.violations);
        }
        let seen = || self.threads.values().filter(|thread| thread.events > 0);
        Ok(Checked {
            events: self.index,
            threads: seen().count() as u64,
            running: seen().filter(|thread| !thread.ended).count() as u64,
            locks: self.locks.len() as u64,
            acquisitions: self.acquisitions,
            held: self.locks.held() as u64,
            waiting: seen().filter(|thread| thread.pending.is_some()).count() as u64,
            waits: self.waits,
        })
    }

    fn event(&mut self, event: Event) {
        self.order(event);
        if event.kind.is_aside() {
            if let EventKind::Instance { lock, instance } = event.kind {
                self.locks.begins(lock, instance);
            }
            return;
        }
        self.pending(event);
        let problem = match event.kind {
            EventKind::Start | EventKind::End { .. } => None,
            EventKind::Fork { child } => self.fork(child),
            EventKind::JoinRequest { .. } | EventKind::Request { .. } => None,
            EventKind::Join { child, .. } => self.join(child),
            EventKind::Acquire { lock, mode, .. } => self.acquire(event.thread, lock, mode),
            EventKind::Release { lock, mode } => self.locks.release(lock, event.thread, mode),
            EventKind::Wait { mutex, .. } => {
                self.waits += 1;
                let held = self.locks.holds(mutex, event.thread);
                (!held).then_some(Problem::WaitWithoutMutex { mutex })
            }
            _ => None,
        };
        self.report(event, problem);
    }

    fn report(&mut self, event: Event, problem: Option<Problem>) {
        self.violations.extend(problem.map(|problem| Violation {
            index: self.index,
            event,
            problem,
        }));
    }

    /// Times, and the place of `Start` and `End` among a thread's events.
    fn order(&mut self, event: Event) {
        let key = (event.time, event.thread);
        let main = event.thread == 0;
        let complete = self.known.is_none();
        let thread = self.threads.entry(event.thread).or_default();
        let last = thread.last;
        let first = thread.events == 0;
        let is_start = event.kind == EventKind::Start;
        let time = if !first && event.time <= last {
            Some(Problem::TimeNotIncreasing { last })
        } else {
            match self.previous {
                Some((time, thread)) if (time, thread) > key => Some(Problem::OutOfOrder { time, thread }),
                _ => None,
            }
        };
        let place = match (first, is_start) {
            _ if thread.ended => Some(Problem::AfterEnd),
            (true, false) => Some(Problem::NotStarted),
            (false, true) => Some(Problem::StartedTwice),
            (true, true) if !main && !thread.forked && complete => Some(Problem::NotForked),
            _ => None,
        };
        thread.events += 1;
        thread.last = event.time;
        thread.ended |= matches!(event.kind, EventKind::End { .. });
        self.previous = Some(key);
        self.report(event, time);
        self.report(event, place);
    }

    /// What has to follow a request, and what a request has to precede.
    fn pending(&mut self, event: Event) {
        let thread = self.threads.entry(event.thread).or_default();
        let pending = thread.pending.take();
        thread.pending = match event.kind {
            EventKind::Request { lock, mode, .. } => Some(Pending::Lock(lock, mode, self.index)),
            EventKind::JoinRequest { child, .. } => Some(Pending::Thread(child, self.index)),
            EventKind::Wait {
                condvar,
                mutex,
                timed,
                ..
            } => Some(Pending::Condvar(CondvarWait {
                condvar,
                mutex,
                timed,
                begun: self.index,
                next: Next::Release,
            })),
            _ => match pending {
                Some(Pending::Condvar(wait)) => wait.after(event.kind).map(Pending::Condvar),
                _ => None,
            },
        };
        let died = event.kind == EventKind::End { how: EndKind::Died };
        let problem = match (pending, event.kind) {
            (Some(Pending::Lock(lock, wanted, _)), EventKind::Acquire { lock: got, mode, .. })
                if (lock, wanted) == (got, mode) =>
            {
                None
            }
            (Some(Pending::Thread(child, _)), EventKind::Join { child: got, .. }) if child == got => None,
            (Some(_), _) if died => None,
            (Some(Pending::Condvar(wait)), kind) => wait.problem(kind),
            (Some(Pending::Lock(lock, _, request)), _) => Some(Problem::RequestPending { lock, request }),
            (Some(Pending::Thread(child, request)), _) => Some(Problem::JoinPending { child, request }),
            (
                None,
                EventKind::Acquire {
                    op: AcquireOp::Blocking,
                    ..
                },
            ) => Some(Problem::NotRequested),
            (None, EventKind::Join { reaped: false, .. }) => Some(Problem::JoinNotRequested),
            (None, EventKind::Wake { .. }) => Some(Problem::NotWaiting),
            (None, _) => None,
        };
        self.report(event, problem);
    }

    fn fork(&mut self, child: u32) -> Option<Problem> {
        let thread = self.threads.entry(child).or_default();
        let problem = if thread.forked {
            Some(Problem::ForkedTwice { child })
        } else if thread.events > 0 {
            Some(Problem::ForkAfterStart { child })
        } else {
            None
        };
        thread.forked = true;
        problem
    }

    fn join(&mut self, child: u32) -> Option<Problem> {
        let may_have_ended = self.is_cut_off(child);
        let thread = self.threads.entry(child).or_default();
        let problem = if thread.joined {
            Some(Problem::JoinedTwice { child })
        } else if !thread.ended && !may_have_ended {
            Some(Problem::JoinBeforeEnd { child })
        } else {
            None
        };
        thread.joined = true;
        problem
    }

    fn acquire(&mut self, thread: u32, lock: u32, mode: Mode) -> Option<Problem> {
        self.acquisitions += 1;
        let before = self.locks.acquire(lock, thread, mode, self.index);
        let may_have_released = |holder: u32| holder != thread && self.is_cut_off(holder);
        before.into_iter().find(|problem| match *problem {
            Problem::Held { holder, .. } | Problem::HeldForReading { holder, .. } => {
                !may_have_released(holder)
            }
            _ => true,
        })
    }

    /// Whether the trace is truncated and may lack events of this thread from here on.
    fn is_cut_off(&self, thread: u32) -> bool {
        self.known.as_ref().is_some_and(|known| {
            let seen = self.threads.get(&thread);
            let ended = seen.is_some_and(|thread| thread.ended);
            let events = seen.map_or(0, |thread| thread.events);
            !ended && known.get(&thread).is_none_or(|&known| events >= known)
        })
    }
}

impl CondvarWait {
    /// The wait after this event of the thread; `None` if the event ends it.
    fn after(self, kind: EventKind) -> Option<CondvarWait> {
        let next = match (self.next, kind) {
            (Next::Release, EventKind::Release { .. }) => Next::Wake,
            (Next::Wake, EventKind::Wake { .. }) => Next::Relock,
            _ => return None,
        };
        Some(CondvarWait { next, ..self })
    }

    /// What is wrong with this event as the thread's next one.
    fn problem(self, kind: EventKind) -> Option<Problem> {
        let (condvar, mutex, wait) = (self.condvar, self.mutex, self.begun);
        let exclusive = Mode::Exclusive;
        match (self.next, kind) {
            (Next::Release, EventKind::Release { lock, mode }) if (lock, mode) == (mutex, exclusive) => None,
            (Next::Release, _) => Some(Problem::MutexKept { mutex, wait }),
            (Next::Wake, EventKind::Wake { timed_out: true, .. }) if !self.timed => {
                Some(Problem::NotTimed { wait })
            }
            (Next::Wake, EventKind::Wake { condvar: woken, .. }) if woken == condvar => None,
            (Next::Wake, _) => Some(Problem::WaitPending { condvar, wait }),
            (
                Next::Relock,
                EventKind::Request { lock, mode, .. }
                | EventKind::Acquire {
                    lock,
                    mode,
                    op: AcquireOp::Try | AcquireOp::Timed,
                    ..
                },
            ) if (lock, mode) == (mutex, exclusive) => None,
            (Next::Relock, _) => Some(Problem::MutexNotLockedAgain { mutex, wait }),
        }
    }
}

#[cfg(test)]
mod tests;
