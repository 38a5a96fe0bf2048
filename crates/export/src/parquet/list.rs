//! The tables of what a trace tells of: locks, threads, places.

use std::collections::HashSet;
use std::io;

use threadlink_trace::{EndKind, EventKind, Trace};

use super::file::Rows;
use crate::columns::{Column, Value, number, text};
use crate::walk::Walk;

pub(super) const LOCKS: [Column; 5] = [
    number("lock"),
    text("kind"),
    number("address"),
    text("name"),
    text("made"),
];

pub(super) const THREADS: [Column; 8] = [
    number("thread"),
    text("name"),
    number("parent"),
    number("events"),
    number("first_ns"),
    number("last_ns"),
    number("life_ns"),
    text("ended"),
];

pub(super) const PLACES: [Column; 4] = [
    text("place"),
    text("file"),
    number("line"),
    // Databases keep the whole word to themselves.
    number("col"),
];

/// The locks and condition variables, in the order of their first appearance.
pub(super) fn locks(trace: &Trace, rows: &mut Rows<'_>) -> io::Result<()> {
    let mut walk = Walk::of(trace);
    let mut condvars = HashSet::new();
    for step in walk.by_ref() {
        let is_condvar = matches!(
            step.event.kind,
            EventKind::Wait { .. } | EventKind::Wake { .. } | EventKind::Notify { .. }
        );
        if is_condvar {
            condvars.extend(step.lock);
        }
    }
    for (known, lock) in walk.numbers.all().iter().zip(0..) {
        let kind = if condvars.contains(&lock) {
            "condvar"
        } else {
            "lock"
        };
        let made = trace.site(known.made).filter(|_| known.made != 0);
        rows.push(&[
            Some(Value::Number(lock.into())),
            Some(Value::Text(kind)),
            Some(Value::Number(known.address.into())),
            known.name.as_deref().map(Value::Text),
            made.map(Value::Place),
        ])?;
    }
    Ok(())
}

/// The threads, by their numbers.
pub(super) fn threads(trace: &Trace, rows: &mut Rows<'_>) -> io::Result<()> {
    let mut walk = Walk::of(trace);
    let mut end = 0;
    for step in walk.by_ref() {
        end = step.event.time.max(end);
    }
    let waiting: HashSet<u32> = walk.waits().map(|wait| wait.thread).collect();
    for info in trace.threads() {
        // One that has no end is there to the end of the trace, if that is known.
        let goes_on = waiting.contains(&info.id) || (info.ended.is_none() && !trace.truncated());
        let until = if goes_on { Some(end) } else { info.last };
        let life = info.first.zip(until);
        let ended = info.ended.map(|how| match how {
            EndKind::Died => "died",
            _ => "returned",
        });
        rows.push(&[
            Some(Value::Number(info.id.into())),
            info.name.as_deref().map(Value::Text),
            info.parent.map(|parent| Value::Number(parent.into())),
            Some(Value::Number(info.events)),
            info.first.map(Value::Number),
            info.last.map(Value::Number),
            life.map(|(first, until)| Value::Number(until.saturating_sub(first))),
            ended.map(Value::Text),
        ])?;
    }
    Ok(())
}

/// The places, each once: a compiler may give one several addresses.
pub(super) fn places(trace: &Trace, rows: &mut Rows<'_>) -> io::Result<()> {
    let mut told = HashSet::new();
    for site in trace.sites().iter().filter(|site| site.address != 0) {
        if told.insert((&site.file, site.line, site.column)) {
            rows.push(&[
                Some(Value::Place(site)),
                Some(Value::Text(&site.file)),
                Some(Value::Number(site.line.into())),
                Some(Value::Number(site.column.into())),
            ])?;
        }
    }
    Ok(())
}
