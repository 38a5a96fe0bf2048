//! From a trace to lines: locks, variables and places get numbers in the order of their first appearance.
//!
//! What the lines have no word for but can say otherwise: a notification and an unpark write a variable, which the wake
//! and the end of the park read.

use threadlink_trace::{Event, EventKind, Events, Mode, Trace};

use super::line::{Line, Op};
use crate::left_out::LeftOut;
use crate::locks::Locks;
use crate::numbers::Numbers;

/// What is written of a trace.
///
/// # Examples
/// ```
/// let options = threadlink_export::RapidOptions { requests: true };
/// assert_ne!(options, Default::default());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RapidOptions {
    /// Also that a thread asks for a lock, which Wasmgrind reads and RAPID does not.
    pub requests: bool,
}

/// What lets threads wait for each other, besides locks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Variable {
    /// By its number in `Locks`.
    Condvar(u32),
    /// By its address.
    Token(u32),
}

/// The lines of a trace, whose threads have the numbers that they have there.
pub(super) struct Lines<'a> {
    trace: &'a Trace,
    events: Events<'a>,
    options: RapidOptions,
    pub(super) table: Locks,
    /// By their numbers in `table`.
    pub(super) locks: Numbers<u32>,
    pub(super) variables: Numbers<Variable>,
    /// 0 is the unknown one.
    pub(super) sites: Numbers<u32>,
    pub(super) left_out: LeftOut,
}

impl<'a> Lines<'a> {
    pub(super) fn of(trace: &'a Trace, options: RapidOptions) -> Self {
        let mut sites = Numbers::default();
        sites.of(0);
        Self {
            trace,
            events: trace.events(),
            options,
            table: Locks::default(),
            locks: Numbers::default(),
            variables: Numbers::default(),
            sites,
            left_out: LeftOut::default(),
        }
    }

    fn line(&mut self, event: Event) -> Option<Line> {
        let Event {
            time, thread, kind, ..
        } = event;
        let (op, what, site) = match kind {
            EventKind::Fork { child } => (Op::Fork, child, 0),
            EventKind::Join {
                child, reaped: false, ..
            } => (Op::Join, child, 0),
            EventKind::Request {
                mode: Mode::Shared, ..
            }
            | EventKind::Acquire {
                mode: Mode::Shared, ..
            }
            | EventKind::Release {
                mode: Mode::Shared, ..
            } => {
                self.left_out.reading += 1;
                return None;
            }
            EventKind::Request { lock, site, .. } if self.options.requests => {
                (Op::Request, self.lock(lock, time), site)
            }
            EventKind::Acquire { lock, site, .. } => (Op::Acquire, self.lock(lock, time), site),
            EventKind::Release { lock, .. } => (Op::Release, self.lock(lock, time), 0),
            EventKind::Notify { condvar, site, .. } => (Op::Write, self.condvar(condvar, time), site),
            EventKind::Wake {
                condvar,
                timed_out: false,
            } => (Op::Read, self.condvar(condvar, time), 0),
            EventKind::Unpark { token, site } => (Op::Write, self.variables.of(Variable::Token(token)), site),
            EventKind::ParkEnd {
                token,
                timed_out: false,
            } => (Op::Read, self.variables.of(Variable::Token(token)), 0),
            EventKind::Sleep { .. } | EventKind::Awake { .. } | EventKind::Waken { .. } => {
                self.left_out.addresses += 1;
                return None;
            }
            EventKind::Unknown { .. } => {
                self.left_out.unknown += 1;
                return None;
            }
            // Begins and ends of threads, joins that nobody waited for, waits whose ends say it all.
            _ => return None,
        };
        let site = self.sites.of(site);
        Some(Line {
            thread,
            op,
            what,
            site,
        })
    }

    fn lock(&mut self, address: u32, time: u64) -> u32 {
        let number = self.table.number(self.trace, address, time);
        self.locks.of(number)
    }

    fn condvar(&mut self, address: u32, time: u64) -> u32 {
        let number = self.table.number(self.trace, address, time);
        self.variables.of(Variable::Condvar(number))
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        loop {
            let event = self.events.next()?;
            if let Some(line) = self.line(event) {
                return Some(line);
            }
        }
    }
}
