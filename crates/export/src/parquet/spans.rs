//! The tables of waits and of holds: each with its begin and its end, those too that are not over when the trace ends.

use std::collections::HashMap;
use std::io;

use threadlink_trace::{EventKind, Mode, Trace};

use super::file::Rows;
use crate::columns::{Column, Value, flag, number, text};
use crate::table::mode_name;
use crate::walk::{Holder, Step, Wait, Walk, What};

pub(super) const WAITS: [Column; 11] = [
    number("thread"),
    text("kind"),
    number("lock"),
    text("mode"),
    number("other_thread"),
    text("place"),
    number("since_ns"),
    number("until_ns"),
    text("ended"),
    number("holder"),
    text("holder_place"),
];

pub(super) const HOLDS: [Column; 9] = [
    number("lock"),
    number("thread"),
    text("mode"),
    text("place"),
    number("since_ns"),
    number("until_ns"),
    flag("released"),
    number("within_lock"),
    text("within_place"),
];

/// Locks that a thread holds at once and that are remembered: the latest ones.
const MOST_HELD: usize = 64;

/// The waits, in the order of their ends.
pub(super) fn waits(trace: &Trace, rows: &mut Rows<'_>) -> io::Result<()> {
    let mut walk = Walk::of(trace);
    let mut now = 0;
    while let Some(step) = walk.next() {
        let time = step.event.time;
        now = time.max(now);
        if let Some(wait) = step.given_up.filter(|wait| wait.waited) {
            rows.push(&wait_row(trace, &wait, time, Some("given up")))?;
        }
        let had = finished(&step).filter(|wait| wait.waited && !walk.is_within(wait.thread, wait.what));
        if let Some(wait) = had {
            rows.push(&wait_row(trace, &wait, time, Some("had")))?;
        }
    }
    let mut open: Vec<Wait> = walk.waits().collect();
    // In an order that is the same each time.
    open.sort_unstable_by_key(|wait| (wait.thread, wait.since));
    open.iter()
        .try_for_each(|wait| rows.push(&wait_row(trace, wait, now, None)))
}

/// The wait that a step ends with what was waited for.
fn finished(step: &Step) -> Option<Wait> {
    let (what, mode) = match (step.event.kind, step.lock) {
        (EventKind::Acquire { mode, .. }, Some(lock)) => (What::Lock(lock), Some(mode)),
        (EventKind::Join { child, .. }, _) => (What::Thread(child), None),
        (EventKind::Wake { .. }, Some(condvar)) => (What::Condvar(condvar), None),
        (EventKind::ParkEnd { .. }, _) => (What::Token, None),
        (EventKind::Awake { .. }, _) => (What::Address, None),
        _ => return None,
    };
    Some(Wait {
        thread: step.event.thread,
        what,
        since: step.asked?,
        site: step.site,
        mode,
        waited: step.waited,
        behind: step.behind,
    })
}

fn wait_row<'a>(
    trace: &'a Trace,
    wait: &Wait,
    until: u64,
    ended: Option<&'static str>,
) -> [Option<Value<'a>>; WAITS.len()] {
    let (kind, lock, other) = match wait.what {
        What::Lock(lock) => ("lock", Some(lock), None),
        What::Condvar(condvar) => ("condvar", Some(condvar), None),
        What::Thread(child) => ("join", None, Some(child)),
        What::Token => ("park", None, None),
        What::Address => ("address", None, None),
    };
    let number = |number: u32| Value::Number(number.into());
    [
        Some(number(wait.thread)),
        Some(Value::Text(kind)),
        lock.map(number),
        wait.mode.map(mode_name),
        other.map(number),
        place(trace, wait.site),
        Some(Value::Number(wait.since)),
        Some(Value::Number(until)),
        ended.map(Value::Text),
        wait.behind.map(|holder| number(holder.thread)),
        wait.behind.and_then(|holder| place(trace, holder.site)),
    ]
}

/// A lock that a thread has, and the one that it had taken last before it and still had: number and site.
#[derive(Clone, Copy)]
struct Held {
    lock: u32,
    mode: Mode,
    site: u32,
    within: Option<(u32, u32)>,
}

/// What each thread has, the latest last.
#[derive(Default)]
struct Nests(HashMap<u32, Vec<Held>>);

impl Nests {
    fn acquired(&mut self, thread: u32, lock: u32, mode: Mode, site: u32) {
        let held = self.0.entry(thread).or_default();
        let within = held.last().map(|outer| (outer.lock, outer.site));
        if held.len() == MOST_HELD {
            held.remove(0);
        }
        held.push(Held {
            lock,
            mode,
            site,
            within,
        });
    }

    /// What it was taken within.
    fn released(&mut self, thread: u32, lock: u32, mode: Mode) -> Option<(u32, u32)> {
        let held = self.0.get_mut(&thread)?;
        let at = held
            .iter()
            .rposition(|held| (held.lock, held.mode) == (lock, mode))?;
        held.remove(at).within
    }
}

/// The holds, in the order of their ends.
pub(super) fn holds(trace: &Trace, rows: &mut Rows<'_>) -> io::Result<()> {
    let mut walk = Walk::of(trace);
    let mut nests = Nests::default();
    let mut now = 0;
    for step in walk.by_ref() {
        let (time, thread) = (step.event.time, step.event.thread);
        now = time.max(now);
        let Some(lock) = step.lock else { continue };
        match step.event.kind {
            EventKind::Acquire { mode, site, .. } => nests.acquired(thread, lock, mode, site),
            EventKind::Release { mode, .. } => {
                let within = nests.released(thread, lock, mode);
                let Some(since) = step.acquired else { continue };
                let site = step.site;
                let holder = Holder { thread, site, since };
                rows.push(&hold_row(trace, (lock, mode, holder), within, time, true))?;
            }
            _ => {}
        }
    }
    let mut open: Vec<(u32, Mode, Holder)> = walk.holders().collect();
    open.sort_unstable_by_key(|(lock, _, holder)| (*lock, holder.thread, holder.since));
    // The latest first, as they are found so.
    let withins: Vec<Option<(u32, u32)>> = open
        .iter()
        .rev()
        .map(|&(lock, mode, holder)| nests.released(holder.thread, lock, mode))
        .collect();
    for (hold, within) in open.into_iter().zip(withins.into_iter().rev()) {
        // What a forgotten guard held is not held when the lock is no more.
        let ended = walk.numbers.known(hold.0).ended;
        rows.push(&hold_row(
            trace,
            hold,
            within,
            ended.unwrap_or(now).min(now),
            false,
        ))?;
    }
    Ok(())
}

fn hold_row(
    trace: &Trace,
    (lock, mode, holder): (u32, Mode, Holder),
    within: Option<(u32, u32)>,
    until: u64,
    released: bool,
) -> [Option<Value<'_>>; HOLDS.len()] {
    [
        Some(Value::Number(lock.into())),
        Some(Value::Number(holder.thread.into())),
        Some(mode_name(mode)),
        place(trace, holder.site),
        Some(Value::Number(holder.since)),
        Some(Value::Number(until.max(holder.since))),
        Some(Value::Flag(released)),
        within.map(|(lock, _)| Value::Number(lock.into())),
        within.and_then(|(_, site)| place(trace, site)),
    ]
}

fn place(trace: &Trace, site: u32) -> Option<Value<'_>> {
    trace.site(site).filter(|_| site != 0).map(Value::Place)
}
