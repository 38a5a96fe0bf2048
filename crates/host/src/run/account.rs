//! What is said of a run that was ended from outside: what each of its threads was doing.

use std::sync::Arc;

use threadlink_trace::{DeadlockReport, Mode};
use threadlink_watch::guest::site;
use threadlink_watch::{Thread, Wait};

use super::shared::Run;
use crate::backtrace;

/// Threads that a message about the whole run names.
const NAMED: usize = 16;

/// What each of the first threads that still run is doing: taken down before they are stopped.
pub(super) fn of_threads(run: &Run) -> Vec<(Arc<Thread>, String)> {
    let mut threads = run.watch.threads.running();
    threads.sort_by_key(|thread| thread.id);
    threads.truncate(NAMED);
    let doing = |thread: Arc<Thread>| (thread.clone(), doing(run, &thread));
    threads.into_iter().map(doing).collect()
}

/// The same in lines, with the places that the threads have told as they stopped.
pub(super) fn in_lines(run: &Run, account: Vec<(Arc<Thread>, String)>) -> Vec<String> {
    let line = |(thread, mut line): (Arc<Thread>, String)| {
        for place in places(run, thread.id) {
            line.push_str("\n    ");
            line.push_str(&place);
        }
        line
    };
    account.into_iter().map(line).collect()
}

/// Adds the places of waits that no hook told.
pub(super) fn add_places(run: &Run, report: &mut DeadlockReport) {
    for edge in &mut report.edges {
        edge.places = places(run, edge.thread.id);
    }
}

fn places(run: &Run, thread: u32) -> Vec<String> {
    let trace = run.whereabouts.take(thread);
    trace.map_or_else(Vec::new, |trace| backtrace::of_wait(&run.program, &trace))
}

fn doing(run: &Run, thread: &Thread) -> String {
    let watch = &run.watch;
    let at = site::read(run.memory(), watch.location_layout(), thread.waiting_site())
        .map_or_else(String::new, |site| format!(" at {site}"));
    let who = thread.label();
    match thread.waits_for() {
        Some(Wait::Lock(lock, mode)) => {
            let what_for = match mode {
                Mode::Shared => " for reading",
                Mode::Exclusive if watch.was_read(lock) => " for writing",
                Mode::Exclusive => "",
            };
            format!("thread {who} waits for lock {}{what_for}{at}", watch.lock(lock))
        }
        Some(Wait::Condvar { condvar, timed }) => {
            let limit = if timed { ", with a time limit" } else { "" };
            format!(
                "thread {who} waits for condition variable {}{at}{limit}",
                watch.lock(condvar)
            )
        }
        Some(Wait::Thread(id)) => {
            let other = watch
                .threads
                .get(id)
                .map_or_else(|| format!("#{id}"), |other| other.label());
            format!("thread {who} waits for the end of thread {other}{at}")
        }
        _ => match thread.sleeps_at() {
            Some(address) => format!("thread {who} waits at address {address:#x}"),
            None => format!("thread {who} runs"),
        },
    }
}
