//! One pass over the events: [`walk`] tells when which thread waited and what it held, and which lock was taken while which
//! other was held.
//!
//! Any trace can be walked, also one that isn't well formed.

use std::collections::HashMap;

use threadlink_trace::{AcquireOp, EventKind, LockInfo, Trace};

/// What a thread does for some time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    /// Waits for a lock that another thread has.
    Lock,
    /// Waits for a condition variable.
    Condvar,
    /// Waits for another thread's end.
    Join,
    /// Is parked, or waits at an address: for a channel, a barrier or the like.
    Park,
    /// Holds a lock.
    Hold,
}

impl Kind {
    /// How many there are.
    pub(crate) const COUNT: usize = 5;
}

/// A time in which a thread waits, or holds a lock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) thread: u32,
    pub(crate) kind: Kind,
    /// The lock or condition variable.
    pub(crate) lock: Option<u32>,
    /// Where in the source, as the trace calls it.
    pub(crate) site: u32,
    /// Who held the lock, or which thread is joined.
    pub(crate) by: Option<u32>,
    /// It lasts until the trace ends.
    pub(crate) open: bool,
}

/// A lock that a thread holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) lock: u32,
    pub(crate) site: u32,
    addr: u32,
    since: u64,
}

/// Of the locks that a thread holds, how many of the last ones are told of when it takes another.
const DEEPEST: usize = 64;

/// Who wants to know.
pub(crate) trait Listener<'a> {
    fn span(&mut self, locks: &Locks<'a>, span: Span);
    /// A thread took the second while it held the first, and would have waited for it as long as it takes.
    fn nested(&mut self, locks: &Locks<'a>, held: Held, taken: Held);
}

/// What tells a lock from others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Key {
    Instance(u32),
    At(u32, u64),
}

/// The locks and condition variables that were met, by numbers from 0.
#[derive(Debug)]
pub(crate) struct Locks<'a> {
    trace: &'a Trace,
    numbers: HashMap<Key, u32>,
    met: Vec<(u32, Option<&'a LockInfo>)>,
}

impl<'a> Locks<'a> {
    fn new(trace: &'a Trace) -> Self {
        Self {
            trace,
            numbers: HashMap::new(),
            met: Vec::new(),
        }
    }

    fn number(&mut self, addr: u32, time: u64) -> u32 {
        let info = self.trace.lock(addr, time);
        let key = match info {
            Some(info) if info.instance != 0 => Key::Instance(info.instance),
            info => Key::At(addr, info.map_or(0, |info| info.since)),
        };
        let next = self.met.len() as u32;
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.met.push((addr, info));
        } else {
            // One that has moved is known by where it was last.
            self.met[number as usize] = (addr, info);
        }
        number
    }

    /// Where a lock was last, and what the trace says of it.
    pub(crate) fn get(&self, number: u32) -> (u32, Option<&'a LockInfo>) {
        self.met[number as usize]
    }
}

#[derive(Default)]
struct Thread {
    held: Vec<Held>,
    waits: Option<Wait>,
    /// A request that found the lock free: if the thread sleeps before it has it, it waits after all.
    asks: Option<(u32, u32)>,
}

impl Thread {
    /// The thread waits no more, if it waited for this.
    fn ended<'a>(
        &mut self,
        kind: Kind,
        (id, time): (u32, u64),
        locks: &Locks<'a>,
        listener: &mut impl Listener<'a>,
    ) {
        if let Some(wait) = self.waits.take_if(|wait| wait.kind == kind) {
            listener.span(locks, wait.until(time, id, false));
        }
    }
}

#[derive(Clone, Copy)]
struct Wait {
    kind: Kind,
    since: u64,
    lock: Option<u32>,
    site: u32,
    by: Option<u32>,
}

impl Wait {
    fn until(self, end: u64, thread: u32, open: bool) -> Span {
        Span {
            start: self.since,
            end: end.max(self.since),
            thread,
            kind: self.kind,
            lock: self.lock,
            site: self.site,
            by: self.by,
            open,
        }
    }
}

/// Walks all events. `end` is when the trace ends. Gives back what the numbers in the spans mean.
pub(crate) fn walk<'a>(trace: &'a Trace, end: u64, listener: &mut impl Listener<'a>) -> Locks<'a> {
    let mut locks = Locks::new(trace);
    let mut threads: HashMap<u32, Thread> = HashMap::new();
    let mut owners: HashMap<u32, u32> = HashMap::new();
    for event in trace.events() {
        let (time, id) = (event.time, event.thread);
        let thread = threads.entry(id).or_default();
        let begin = |kind, lock, site, by| Wait {
            kind,
            since: time,
            lock,
            site,
            by,
        };
        match event.kind {
            EventKind::Request {
                lock,
                site,
                contended,
                ..
            } => {
                let lock = locks.number(lock, time);
                thread.asks = Some((lock, site));
                if contended {
                    let by = owners.get(&lock).copied();
                    thread.waits = Some(begin(Kind::Lock, Some(lock), site, by));
                }
            }
            EventKind::Acquire { lock, site, op, .. } => {
                thread.ended(Kind::Lock, (id, time), &locks, listener);
                thread.asks = None;
                let taken = Held {
                    lock: locks.number(lock, time),
                    site,
                    addr: lock,
                    since: time,
                };
                owners.insert(taken.lock, id);
                if op == AcquireOp::Blocking {
                    for &held in thread.held.iter().rev().take(DEEPEST) {
                        listener.nested(&locks, held, taken);
                    }
                }
                thread.held.push(taken);
            }
            EventKind::Release { lock, .. } => {
                // An attempt that was given up.
                thread.ended(Kind::Lock, (id, time), &locks, listener);
                thread.asks = None;
                if let Some(at) = thread.held.iter().rposition(|held| held.addr == lock) {
                    let held = thread.held.remove(at);
                    if owners.get(&held.lock) == Some(&id) {
                        owners.remove(&held.lock);
                    }
                    listener.span(&locks, hold(held, time, id, false));
                }
            }
            EventKind::Wait { condvar, site, .. } => {
                let condvar = locks.number(condvar, time);
                thread.waits = Some(begin(Kind::Condvar, Some(condvar), site, None));
            }
            EventKind::Wake { .. } => thread.ended(Kind::Condvar, (id, time), &locks, listener),
            EventKind::JoinRequest { child, site } => {
                thread.waits = Some(begin(Kind::Join, None, site, Some(child)));
            }
            EventKind::Join { .. } => thread.ended(Kind::Join, (id, time), &locks, listener),
            EventKind::Park { site, .. } if thread.waits.is_none() => {
                thread.waits = Some(begin(Kind::Park, None, site, None));
            }
            EventKind::Sleep { .. } if thread.waits.is_none() => {
                let wait = match thread.asks {
                    Some((lock, site)) => begin(Kind::Lock, Some(lock), site, owners.get(&lock).copied()),
                    None => begin(Kind::Park, None, 0, None),
                };
                thread.waits = Some(wait);
            }
            // What a thread was parked for at a place goes on until it is told that it is over.
            EventKind::Awake { .. } if thread.waits.is_some_and(|wait| wait.site == 0) => {
                thread.ended(Kind::Park, (id, time), &locks, listener);
            }
            EventKind::ParkEnd { .. } => thread.ended(Kind::Park, (id, time), &locks, listener),
            EventKind::End { .. } => {
                for kind in [Kind::Lock, Kind::Condvar, Kind::Join, Kind::Park] {
                    thread.ended(kind, (id, time), &locks, listener);
                }
                if thread.held.is_empty() {
                    threads.remove(&id);
                }
            }
            _ => {}
        }
    }
    let mut left: Vec<(u32, Thread)> = threads.into_iter().collect();
    left.sort_unstable_by_key(|(id, _)| *id);
    for (id, thread) in left {
        let holds = thread.held.iter().map(|&held| hold(held, end, id, true));
        let waits = thread.waits.map(|wait| wait.until(end, id, true));
        for span in holds.chain(waits) {
            listener.span(&locks, span);
        }
    }
    locks
}

fn hold(held: Held, end: u64, thread: u32, open: bool) -> Span {
    Span {
        start: held.since,
        end: end.max(held.since),
        thread,
        kind: Kind::Hold,
        lock: Some(held.lock),
        site: held.site,
        by: None,
        open,
    }
}
