//! What stands once in the document, however often it is meant: where places are ([`Places`]), what threads are called
//! ([`ThreadNames`]). [`Tables`] finds both in a report.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use threadlink_trace::{DeadlockReport, LockOrigin, Site, ThreadLabel, Waiting};

use super::parts::cut;
use crate::place::Place;
use crate::report::{EndReport, Report};

/// The tables of one report.
#[derive(Debug, Default)]
pub(super) struct Tables<'a> {
    pub(super) places: Places<'a>,
    pub(super) thread_names: ThreadNames<'a>,
}

/// Where places are, by what the trace calls them.
#[derive(Debug, Default)]
pub(super) struct Places<'a>(BTreeMap<u32, Location<'a>>);

/// What threads are called, by their ids.
#[derive(Debug, Default)]
pub(super) struct ThreadNames<'a>(BTreeMap<u32, &'a str>);

#[derive(Debug, Clone, Copy, Serialize)]
struct Location<'a> {
    site: u32,
    file: &'a str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct ThreadName<'a> {
    thread: u32,
    name: &'a str,
}

impl Serialize for Places<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.values())
    }
}

impl Serialize for ThreadNames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = self.0.iter();
        serializer.collect_seq(names.map(|(&thread, &name)| ThreadName { thread, name }))
    }
}

impl<'a> Tables<'a> {
    /// Those of all that the report names.
    pub(super) fn of(report: &'a Report) -> Self {
        let mut tables = Self::default();
        for lock in &report.locks {
            tables.origin(&lock.origin);
            lock.sites.iter().for_each(|site| tables.place(&site.place));
            let held = lock.held_at_end.as_deref().into_iter();
            let ends = held.chain(&lock.read_at_end).chain(&lock.waiting_at_end);
            ends.for_each(|end| tables.end(end));
            if let Some(contention) = &lock.contention {
                contention
                    .blame
                    .iter()
                    .for_each(|blame| tables.place(&blame.place));
                for held in &contention.held_while_waiting {
                    tables.place(&held.place);
                    tables.place(&held.waited_at);
                }
            }
        }
        for group in &report.groups {
            tables.site(Some(&group.made));
        }
        for thread in &report.thread_times {
            tables.name(thread.thread, thread.name.as_deref());
        }
        for condvar in &report.condvars {
            tables.origin(&condvar.origin);
            condvar.sites.iter().for_each(|site| tables.place(&site.place));
            condvar.waiting_at_end.iter().for_each(|end| tables.end(end));
        }
        for finding in &report.deadlocks.findings {
            tables.deadlock(&finding.deadlock);
            finding.others.iter().for_each(|other| tables.deadlock(other));
        }
        tables
    }

    fn deadlock(&mut self, deadlock: &'a DeadlockReport) {
        deadlock.locks.iter().for_each(|lock| self.origin(lock));
        for edge in &deadlock.edges {
            self.thread(&edge.thread);
            if let Some(hold) = &edge.holds {
                self.site(hold.taken.as_ref());
            }
            match &edge.waits {
                Waiting::Lock(_, site)
                | Waiting::Read(_, site)
                | Waiting::Write(_, site)
                | Waiting::Condvar(_, site)
                | Waiting::Address(_, site) => self.site(site.as_ref()),
                Waiting::Thread(thread, site) => {
                    self.thread(thread);
                    self.site(site.as_ref());
                }
                _ => {}
            }
        }
    }

    fn origin(&mut self, origin: &'a LockOrigin) {
        self.site(origin.made.as_ref());
    }

    fn end(&mut self, end: &'a EndReport) {
        self.place(&end.place);
        self.name(end.thread, end.thread_name.as_deref());
    }

    fn thread(&mut self, thread: &'a ThreadLabel) {
        self.name(thread.id, thread.name.as_deref());
    }

    fn name(&mut self, thread: u32, name: Option<&'a str>) {
        if let Some(name) = name {
            self.thread_names.0.entry(thread).or_insert_with(|| cut(name));
        }
    }

    fn place(&mut self, place: &'a Place) {
        if let (Some(file), Some(line), Some(column)) = (place.file.as_deref(), place.line, place.column) {
            self.location(place.site, file, line, column);
        }
    }

    fn site(&mut self, site: Option<&'a Site>) {
        if let Some(site) = site {
            self.location(site.address, &site.file, site.line, site.column);
        }
    }

    fn location(&mut self, site: u32, file: &'a str, line: u32, column: u32) {
        self.places.0.entry(site).or_insert_with(|| Location {
            site,
            file: cut(file),
            line,
            column,
        });
    }
}
