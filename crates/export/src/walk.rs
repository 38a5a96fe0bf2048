//! A trace event by event, each with what it ends: a wait, or a hold. Waits and holds are those of `threadlink analyze`.

use std::collections::{HashMap, HashSet};

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
    /// Who had the lock when it was asked for.
    pub(crate) behind: Option<Holder>,
    /// The wait that it ends without what was waited for.
    pub(crate) given_up: Option<Wait>,
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
        if let Some(wait) = wait {
            (self.asked, self.site, self.waited) = (Some(wait.since), wait.site, wait.waited);
        }
    }

    /// How long it had the lock.
    pub(crate) fn hold(&self) -> Option<u64> {
        Some(self.event.time.saturating_sub(self.acquired?))
    }
}

/// Who has a lock.
#[derive(Clone, Copy)]
pub(crate) struct Holder {
    pub(crate) thread: u32,
    pub(crate) site: u32,
    pub(crate) since: u64,
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
    /// Who has it; of those that read it, the one that has done so longest.
    fn head(&self) -> Option<Holder> {
        let readers = || self.readers.values().flatten();
        self.owner.or_else(|| {
            readers()
                .min_by_key(|holder| (holder.since, holder.thread))
                .copied()
        })
    }

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

/// What a thread waits for that it asks for: a lock, or the end of a thread.
#[derive(Clone, Copy)]
struct Waiter {
    what: What,
    since: u64,
    site: u32,
    mode: Option<Mode>,
    contended: bool,
    /// Somebody had it then, or had not ended.
    held: bool,
    behind: Option<Holder>,
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

/// What a thread waits for, since when and where.
#[derive(Clone, Copy)]
pub(crate) struct Wait {
    pub(crate) thread: u32,
    pub(crate) what: What,
    pub(crate) since: u64,
    pub(crate) site: u32,
    /// What it wants the lock for.
    pub(crate) mode: Option<Mode>,
    /// It does wait, and has not what it asks for at once.
    pub(crate) waited: bool,
    /// Who had the lock when the wait began; of those that read it, the one that had done so longest.
    pub(crate) behind: Option<Holder>,
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
    /// Threads that have ended.
    ended: HashSet<u32>,
    /// Tokens that were left for a thread which has not taken them.
    tokens: HashSet<u32>,
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
            ended: HashSet::new(),
            tokens: HashSet::new(),
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

    /// The waits that are not over, without those that are parts of others, and in no order.
    pub(crate) fn waits(&self) -> impl Iterator<Item = Wait> {
        let plain = self.waiters.iter();
        let plain = plain.map(|(&thread, waiter)| self.wait_of(thread, waiter));
        let others = self
            .notified
            .values()
            .chain(self.parked.values())
            .chain(self.asleep.values());
        plain
            .chain(others.copied())
            .filter(|wait| wait.waited && !self.is_within(wait.thread, wait.what))
    }

    /// Who has which lock and what for: by the numbers of the locks, in no other order.
    pub(crate) fn holders(&self) -> impl Iterator<Item = (u32, Mode, Holder)> {
        self.locks.iter().zip(0..).flat_map(|(lock, number)| {
            let readers = lock.readers.values().flatten();
            let readers = readers.map(move |&holder| (number, Mode::Shared, holder));
            let owner = lock.owner.map(|holder| (number, Mode::Exclusive, holder));
            owner.into_iter().chain(readers)
        })
    }

    fn wait_of(&self, thread: u32, waiter: &Waiter) -> Wait {
        Wait {
            thread,
            what: waiter.what,
            since: waiter.since,
            site: waiter.site,
            mode: waiter.mode,
            waited: self.has_waited(waiter),
            behind: waiter.behind,
        }
    }

    /// Whether somebody else had the lock meanwhile, or the thread had not ended.
    fn has_waited(&self, waiter: &Waiter) -> bool {
        let meanwhile = match (waiter.what, waiter.mode) {
            (What::Lock(number), Some(mode)) => waiter.others != self.locks[number as usize].others(mode),
            _ => false,
        };
        waiter.contended || waiter.held || meanwhile
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
            behind: None,
            given_up: None,
            acquired: None,
        };
        let wait = |what, site, waited| Wait {
            thread,
            what,
            since: time,
            site,
            mode: None,
            waited,
            behind: None,
        };
        let (mut before, left) = if kind.is_aside() {
            (None, None)
        } else {
            (self.waiters.remove(&thread), self.leave(thread, kind))
        };
        let had_asked = before.is_some();
        match kind {
            EventKind::Request {
                lock,
                site,
                contended,
                mode,
            } => {
                let number = self.number(lock, time);
                let lock = &self.locks[number as usize];
                let held = lock.is_held(mode);
                let waiter = Waiter {
                    what: What::Lock(number),
                    since: time,
                    site,
                    mode: Some(mode),
                    contended,
                    held,
                    behind: if contended || held { lock.head() } else { None },
                    others: lock.others(mode),
                };
                self.waiters.insert(thread, waiter);
                (step.lock, step.site, step.contended) = (Some(number), site, contended);
            }
            EventKind::Acquire { lock, site, mode, .. } => {
                let number = self.number(lock, time);
                (step.lock, step.site) = (Some(number), site);
                if let Some(waiter) = before.take_if(|waiter| waiter.what == What::Lock(number)) {
                    step.asked = Some(waiter.since);
                    step.contended = waiter.contended;
                    (step.waited, step.behind) = (self.has_waited(&waiter), waiter.behind);
                }
                let holder = Holder {
                    thread,
                    site,
                    since: time,
                };
                self.locks[number as usize].acquire(holder, mode);
            }
            EventKind::Release { lock, mode } => {
                let number = self.number(lock, time);
                step.lock = Some(number);
                if let Some(holder) = self.locks[number as usize].release(thread, mode) {
                    (step.acquired, step.site) = (Some(holder.since), holder.site);
                }
            }
            EventKind::JoinRequest { child, site } => {
                let waiter = Waiter {
                    what: What::Thread(child),
                    since: time,
                    site,
                    mode: None,
                    contended: false,
                    held: !self.ended.contains(&child),
                    behind: None,
                    others: 0,
                };
                self.waiters.insert(thread, waiter);
                step.site = site;
            }
            EventKind::Join { child, .. } => {
                if let Some(waiter) = before.take_if(|waiter| waiter.what == What::Thread(child)) {
                    (step.asked, step.site) = (Some(waiter.since), waiter.site);
                    step.waited = waiter.held;
                }
            }
            EventKind::Wait { condvar, site, .. } => {
                let number = self.number(condvar, time);
                (step.lock, step.site) = (Some(number), site);
                let wait = wait(What::Condvar(number), site, true);
                self.notified.insert(thread, wait);
            }
            EventKind::Wake { condvar, .. } => {
                step.lock = Some(self.number(condvar, time));
                step.over(self.notified.remove(&thread));
            }
            EventKind::Notify { condvar, site, .. } => {
                (step.lock, step.site) = (Some(self.number(condvar, time)), site);
            }
            EventKind::Park { token, site, .. } => {
                step.site = site;
                let wait = wait(What::Token, site, !self.tokens.contains(&token));
                self.parked.insert(thread, wait);
            }
            EventKind::ParkEnd { token, timed_out } => {
                if !timed_out {
                    self.tokens.remove(&token);
                }
                step.over(self.parked.remove(&thread));
            }
            EventKind::Unpark { token, site } => {
                self.tokens.insert(token);
                step.site = site;
            }
            EventKind::Sleep { .. } => {
                self.asleep.insert(thread, wait(What::Address, 0, true));
            }
            EventKind::Awake { how, .. } => {
                step.over(self.asleep.remove(&thread));
                step.waited &= how != AwakeKind::NotEqual;
            }
            EventKind::End { .. } => {
                self.ended.insert(thread);
            }
            EventKind::Instance { lock, .. } | EventKind::InstanceEnd { lock, .. } => {
                step.lock = Some(self.number(lock, time));
            }
            _ => {}
        }
        step.given_up = match before {
            Some(waiter) => Some(self.wait_of(thread, &waiter)),
            // What was within another wait was a part of that.
            None => left.filter(|_| !had_asked),
        };
        step
    }

    /// Whatever else a thread does, it waits no more: says what for. A wait for a condition variable goes on when its mutex is
    /// released.
    fn leave(&mut self, thread: u32, kind: EventKind) -> Option<Wait> {
        let left = |waits: &mut HashMap<u32, Wait>| {
            // Hardly ever is there one.
            if waits.is_empty() {
                None
            } else {
                waits.remove(&thread)
            }
        };
        let within = left(&mut self.asleep);
        let within = left(&mut self.parked).or(within);
        match kind {
            EventKind::Release { .. } | EventKind::Wake { .. } if self.notified.contains_key(&thread) => None,
            _ => left(&mut self.notified).or(within),
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let event = self.events.next()?;
        Some(self.step(event))
    }
}
