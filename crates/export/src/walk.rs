//! A trace event by event, each with what it ends: a wait, or a hold. Waits and holds are those of `threadlink analyze`.

use std::collections::HashMap;

use threadlink_trace::{AwakeKind, Event, EventKind, Events, Mode, Trace};

use crate::locks::Locks;

/// An event, and what is known of it from those before.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) event: Event,
    /// The number of the lock or condition variable.
    pub(crate) lock: Option<u32>,
    /// Where; of what ends a wait or a hold, where that began. 0: unknown.
    pub(crate) site: u32,
    /// Somebody had the lock when it was asked for.
    pub(crate) contended: bool,
    /// Since when it has waited for what it now has.
    pub(crate) asked: Option<u64>,
    /// It did wait: what recording takes is no wait.
    pub(crate) waited: bool,
    /// Of a release: since when it had the lock.
    pub(crate) acquired: Option<u64>,
}

impl Step {
    /// How long it has waited.
    pub(crate) fn wait(&self) -> Option<u64> {
        let since = self.asked?;
        Some(if self.waited {
            self.event.time.saturating_sub(since)
        } else {
            0
        })
    }

    fn over(&mut self, wait: Option<Wait>) {
        self.waited = true;
        if let Some(wait) = wait {
            (self.asked, self.site) = (Some(wait.since), wait.site);
        }
    }

    /// How long it had the lock.
    pub(crate) fn hold(&self) -> Option<u64> {
        Some(self.event.time.saturating_sub(self.acquired?))
    }
}

/// Who has a lock.
#[derive(Clone, Copy)]
struct Holder {
    thread: u32,
    site: u32,
    since: u64,
}

#[derive(Default)]
struct Lock {
    owner: Option<Holder>,
    /// The latest last, of each thread.
    readers: HashMap<u32, Vec<Holder>>,
    /// How often it was acquired, and how often of these alone.
    acquired: u64,
    written: u64,
}

impl Lock {
    /// Whether somebody keeps out who wants it so.
    fn is_held(&self, mode: Mode) -> bool {
        self.owner.is_some() || (mode == Mode::Exclusive && !self.readers.is_empty())
    }

    /// How often it was acquired so that who wants it so was kept out.
    fn others(&self, mode: Mode) -> u64 {
        match mode {
            Mode::Exclusive => self.acquired,
            Mode::Shared => self.written,
        }
    }

    fn acquire(&mut self, holder: Holder, mode: Mode) {
        self.acquired += 1;
        match mode {
            Mode::Exclusive => {
                self.written += 1;
                self.readers = HashMap::new();
                self.owner = Some(holder);
            }
            Mode::Shared => {
                self.owner = None;
                self.readers.entry(holder.thread).or_default().push(holder);
            }
        }
    }

    fn release(&mut self, thread: u32, mode: Mode) -> Option<Holder> {
        match mode {
            Mode::Exclusive => self.owner.take_if(|holder| holder.thread == thread),
            Mode::Shared => {
                let own = self.readers.get_mut(&thread)?;
                let latest = own.pop();
                if own.is_empty() {
                    self.readers.remove(&thread);
                }
                latest
            }
        }
    }
}

/// What a thread waits for.
#[derive(Clone, Copy)]
struct Waiter {
    what: What,
    since: u64,
    site: u32,
    contended: bool,
    /// Somebody had it then.
    held: bool,
    others: u64,
}

/// What threads wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// By its number, as condition variables.
    Lock(u32),
    Condvar(u32),
    /// Its end.
    Thread(u32),
    Token,
    Address,
}

/// A wait that is not over.
#[derive(Clone, Copy)]
pub(crate) struct Wait {
    pub(crate) thread: u32,
    pub(crate) what: What,
    pub(crate) since: u64,
    pub(crate) site: u32,
}

/// A trace, step by step.
pub(crate) struct Walk<'a> {
    trace: &'a Trace,
    events: Events<'a>,
    pub(crate) numbers: Locks,
    locks: Vec<Lock>,
    waiters: HashMap<u32, Waiter>,
    /// Threads that wait for a condition variable, for their token, or at an address.
    notified: HashMap<u32, Wait>,
    parked: HashMap<u32, Wait>,
    asleep: HashMap<u32, Wait>,
}

impl<'a> Walk<'a> {
    pub(crate) fn of(trace: &'a Trace) -> Self {
        Self {
            trace,
            events: trace.events(),
            numbers: Locks::default(),
            locks: Vec::new(),
            waiters: HashMap::new(),
            notified: HashMap::new(),
            parked: HashMap::new(),
            asleep: HashMap::new(),
        }
    }

    fn number(&mut self, address: u32, time: u64) -> u32 {
        let number = self.numbers.number(self.trace, address, time);
        if number as usize >= self.locks.len() {
            self.locks.resize_with(number as usize + 1, Lock::default);
        }
        number
    }

    /// Whether a wait at an address, or for a token, is part of another one of its thread.
    pub(crate) fn is_within(&self, thread: u32, what: What) -> bool {
        let outer = self.waiters.contains_key(&thread) || self.notified.contains_key(&thread);
        match what {
            What::Address => outer || self.parked.contains_key(&thread),
            What::Token => outer,
            _ => false,
        }
    }

    /// The waits that are not over, without those that are parts of others.
    pub(crate) fn waits(&self) -> impl Iterator<Item = Wait> {
        let plain = self.waiters.iter().map(|(&thread, waiter)| Wait {
            thread,
            what: waiter.what,
            since: waiter.since,
            site: waiter.site,
        });
        let others = self
            .notified
            .values()
            .chain(self.parked.values())
            .chain(self.asleep.values());
        plain
            .chain(others.copied())
            .filter(|wait| !self.is_within(wait.thread, wait.what))
    }

    fn step(&mut self, event: Event) -> Step {
        let Event {
            time, thread, kind, ..
        } = event;
        let mut step = Step {
            event,
            lock: None,
            site: 0,
            contended: false,
            asked: None,
            waited: false,
            acquired: None,
        };
        let wait = |what, site| Wait {
            thread,
            what,
            since: time,
            site,
        };
        match kind {
            EventKind::Request {
                lock,
                site,
                contended,
                mode,
            } => {
                let number = self.number(lock, time);
                let lock = &self.locks[number as usize];
                let waiter = Waiter {
                    what: What::Lock(number),
                    since: time,
                    site,
                    contended,
                    held: lock.is_held(mode),
                    others: lock.others(mode),
                };
                self.waiters.insert(thread, waiter);
                (step.lock, step.site, step.contended) = (Some(number), site, contended);
            }
            EventKind::Acquire { lock, site, mode, .. } => {
                let number = self.number(lock, time);
                (step.lock, step.site) = (Some(number), site);
                let waiter = self.waiters.remove(&thread);
                let lock = &mut self.locks[number as usize];
                if let Some(waiter) = waiter.filter(|waiter| waiter.what == What::Lock(number)) {
                    step.asked = Some(waiter.since);
                    step.contended = waiter.contended;
                    step.waited = waiter.contended || waiter.held || waiter.others != lock.others(mode);
                }
                let holder = Holder {
                    thread,
                    site,
                    since: time,
                };
                lock.acquire(holder, mode);
            }
            EventKind::Release { lock, mode } => {
                let number = self.number(lock, time);
                step.lock = Some(number);
                self.waiters.remove(&thread);
                if let Some(holder) = self.locks[number as usize].release(thread, mode) {
                    (step.acquired, step.site) = (Some(holder.since), holder.site);
                }
            }
            EventKind::JoinRequest { child, site } => {
                let waiter = Waiter {
                    what: What::Thread(child),
                    since: time,
                    site,
                    contended: false,
                    held: false,
                    others: 0,
                };
                self.waiters.insert(thread, waiter);
                step.site = site;
            }
            EventKind::Join { child, .. } => {
                let waiter = self.waiters.remove(&thread);
                let waiter = waiter.filter(|waiter| waiter.what == What::Thread(child));
                if let Some(waiter) = waiter {
                    (step.asked, step.site) = (Some(waiter.since), waiter.site);
                }
                step.waited = true;
            }
            EventKind::Wait { condvar, site, .. } => {
                let number = self.number(condvar, time);
                (step.lock, step.site) = (Some(number), site);
                self.waiters.remove(&thread);
                self.notified.insert(thread, wait(What::Condvar(number), site));
            }
            EventKind::Wake { condvar, .. } => {
                step.lock = Some(self.number(condvar, time));
                self.waiters.remove(&thread);
                step.over(self.notified.remove(&thread));
            }
            EventKind::Notify { condvar, site, .. } => {
                (step.lock, step.site) = (Some(self.number(condvar, time)), site);
                self.waiters.remove(&thread);
            }
            EventKind::Park { site, .. } => {
                step.site = site;
                self.parked.insert(thread, wait(What::Token, site));
            }
            EventKind::ParkEnd { .. } => step.over(self.parked.remove(&thread)),
            EventKind::Unpark { site, .. } => step.site = site,
            EventKind::Sleep { .. } => {
                self.asleep.insert(thread, wait(What::Address, 0));
            }
            EventKind::Awake { how, .. } => {
                step.over(self.asleep.remove(&thread));
                step.waited = how != AwakeKind::NotEqual;
            }
            EventKind::Instance { lock, .. } | EventKind::InstanceEnd { lock, .. } => {
                step.lock = Some(self.number(lock, time));
            }
            other if other.is_aside() => {}
            // Whatever else a thread does, it waits no more.
            _ => {
                self.waiters.remove(&thread);
            }
        }
        step
    }
}

impl Iterator for Walk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let event = self.events.next()?;
        Some(self.step(event))
    }
}
