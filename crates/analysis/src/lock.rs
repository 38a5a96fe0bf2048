//! The counting for one lock: [`Lock`], and what a thread that asks for it has in hand ([`Ticket`]).

use threadlink_trace::Mode;

use crate::histogram::Histogram;
use crate::queue::{Head, Meanwhile, Queue};
use crate::readers::{Holder, Readers};
use crate::sites::{Figures, Sites};

#[derive(Default)]
pub(crate) struct Lock {
    /// Somebody asked for it or had it for reading: it is a read-write lock.
    pub(crate) read: bool,
    pub(crate) sites: Sites,
    pub(crate) owner: Option<Holder>,
    pub(crate) readers: Option<Box<Readers>>,
    /// How often it was acquired, and how often of these exclusively; only whether that has changed is asked.
    acquired: u32,
    written: u32,
    /// Of those that were released or waited for, or held in a wait.
    past: Option<Box<Past>>,
}

/// The waits and holds of a lock that are over, and who waits.
#[derive(Default)]
pub(crate) struct Past {
    /// The waits that were some.
    pub(crate) waits: Histogram,
    pub(crate) holds: Histogram,
    /// How long somebody held it.
    held: u64,
    queue: Option<Box<Queue>>,
}

/// An attempt to get a lock that isn't over.
#[derive(Clone, Copy)]
pub(crate) struct Ticket {
    thread: u32,
    since: u64,
    contended: bool,
    mode: Mode,
    /// It waits in the queue, as somebody has the lock.
    queued: bool,
    behind: Option<Head>,
    /// How often the lock had been acquired in ways that this attempt has to wait for.
    others: u32,
}

impl Ticket {
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn since(&self) -> u64 {
        self.since
    }
}

impl Lock {
    /// All that was done with it.
    pub(crate) fn total(&self) -> Figures {
        let [writes, reads] = [Mode::Exclusive, Mode::Shared].map(|mode| self.sites.total(mode));
        writes.plus(reads)
    }

    pub(crate) fn is_held(&self) -> bool {
        self.owner.is_some() || self.readers.is_some()
    }

    /// A thread asks for it.
    pub(crate) fn asked(&mut self, thread: u32, mode: Mode, contended: bool, time: u64) -> Ticket {
        self.read |= mode == Mode::Shared;
        let head = self.head();
        let held = head.is_some_and(|head| mode == Mode::Exclusive || head.mode == Mode::Exclusive);
        let queued = contended || held;
        if queued {
            let queue = self.queue();
            queue.count(head, time);
            queue.enter();
        }
        Ticket {
            thread,
            since: time,
            contended,
            mode,
            queued,
            behind: head.filter(|_| queued),
            others: self.others(mode),
        }
    }

    /// A thread has it, perhaps after it had asked for it. Says how long it really waited: what is recorded about an attempt takes
    /// time as well, and that is no wait.
    pub(crate) fn got(&mut self, holder: Holder, mode: Mode, ticket: Option<Ticket>) -> u64 {
        let time = holder.since;
        self.read |= mode == Mode::Shared;
        let wait = ticket.and_then(|ticket| self.leave(&ticket, time));
        if let Some(wait) = wait {
            self.past().waits.add(wait);
            let since = ticket.map_or(time, |ticket| ticket.since);
            self.queue().acquired(since, time);
        } else {
            self.count_queue(time);
            if let Some(queue) = self.known_queue() {
                queue.end_streak();
            }
        }
        let wait = wait.unwrap_or(0);
        let contended = ticket.is_some_and(|ticket| ticket.contended);
        self.sites.at(holder.site, mode).acquired(wait, contended);
        if let Some(behind) = ticket.and_then(|ticket| ticket.behind) {
            self.sites.at(behind.site, behind.mode).blocked(wait);
        }
        // Who has it lets go of it, whatever the trace says.
        if self.owner.is_some() || (self.readers.is_some() && mode == Mode::Exclusive) {
            self.past().held = self.held_until(time);
        }
        self.acquired = self.acquired.wrapping_add(1);
        match mode {
            Mode::Exclusive => {
                self.written = self.written.wrapping_add(1);
                self.readers = None;
                self.owner = Some(holder);
            }
            Mode::Shared => {
                self.owner = None;
                self.readers
                    .get_or_insert_with(|| Box::new(Readers::since(time)))
                    .add(holder);
            }
        }
        wait
    }

    /// A thread asks no more, or the trace ends. Says how long it waited.
    pub(crate) fn gave_up(&mut self, ticket: &Ticket, time: u64) -> u64 {
        self.leave(ticket, time).unwrap_or(0)
    }

    /// A thread lets go of it.
    pub(crate) fn released(&mut self, thread: u32, mode: Mode, time: u64) {
        self.count_queue(time);
        let held = self.held_until(time);
        let ended = match mode {
            Mode::Exclusive => self.owner.take_if(|holder| holder.thread == thread),
            Mode::Shared => {
                let readers = self.readers.as_mut();
                let holder = readers.and_then(|readers| readers.remove_latest(thread));
                self.readers.take_if(|readers| readers.is_empty());
                holder
            }
        };
        if let Some(holder) = ended {
            let hold = time.saturating_sub(holder.since);
            self.sites.at(holder.site, mode).released(hold);
            let last = !self.is_held();
            let past = self.past();
            past.holds.add(hold);
            if last {
                past.held = held;
            }
        }
    }

    /// A thread that has it has waited for something else.
    pub(crate) fn meanwhile(&mut self, what: Meanwhile, wait: u64) {
        self.queue().meanwhile(what, wait);
    }

    /// How long somebody held it, if it is held no longer than until then.
    pub(crate) fn held_until(&self, time: u64) -> u64 {
        let owner = self.owner.map(|owner| owner.since);
        let since = owner.or_else(|| self.readers.as_ref().map(|readers| readers.begin()));
        let lasts = since.map_or(0, |since| time.saturating_sub(since));
        let before = self.past.as_ref().map_or(0, |past| past.held);
        before.saturating_add(lasts)
    }

    /// The waits and holds that are over, if there are any.
    pub(crate) fn over(&self) -> Option<&Past> {
        self.past.as_deref()
    }

    /// Who waited, if somebody did or waited for something else with the lock held.
    pub(crate) fn take_queue(&mut self) -> Option<Queue> {
        let queue = self.past.as_mut()?.queue.take()?;
        Some(*queue)
    }

    fn known_queue(&mut self) -> Option<&mut Queue> {
        self.past.as_mut()?.queue.as_deref_mut()
    }

    fn queue(&mut self) -> &mut Queue {
        self.past().queue.get_or_insert_default()
    }

    fn past(&mut self) -> &mut Past {
        self.past.get_or_insert_default()
    }

    /// The end of a wait, with the lock or without it; `None` if it was none.
    fn leave(&mut self, ticket: &Ticket, time: u64) -> Option<u64> {
        if ticket.queued {
            self.count_queue(time);
        } else if self.others(ticket.mode) == ticket.others {
            return None;
        }
        let wait = time.saturating_sub(ticket.since);
        let queue = self.queue();
        if ticket.queued {
            queue.leave();
        }
        queue.waited(ticket.thread, wait);
        Some(wait)
    }

    fn count_queue(&mut self, time: u64) {
        let head = self.head();
        if let Some(queue) = self.known_queue() {
            queue.count(head, time);
        }
    }

    /// The thread that holds it, or the first of those that read it.
    fn head(&self) -> Option<Head> {
        let head = |mode| {
            move |holder: Holder| Head {
                site: holder.site,
                mode,
                thread: holder.thread,
            }
        };
        let first = || self.readers.as_ref().and_then(|readers| readers.first());
        let owner = self.owner.map(head(Mode::Exclusive));
        owner.or_else(|| first().map(head(Mode::Shared)))
    }

    fn others(&self, mode: Mode) -> u32 {
        match mode {
            Mode::Exclusive => self.acquired,
            Mode::Shared => self.written,
        }
    }
}
