//! What is said of a run that was ended from outside: what each of its threads was doing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use threadlink_trace::{DeadlockReport, Mode};
use threadlink_watch::{Thread, Wait};

use super::seats::Taken;
use super::shared::Run;
use crate::backtrace;
use crate::wait::key;

/// What is said where threads may wait for locks that nobody sees.
const UNTRACED: &str = "this module reports no locks: build it with the feature `tracing` to see which ones are held and \
                        waited for";

/// Threads that a message about the whole run names.
const NAMED: usize = 16;

/// How long a report watches who gets processor time, and how often at most if somebody gets none: the system may have
/// others to serve.
const WATCHED: Duration = Duration::from_millis(100);
const LOOKS: u32 = 4;

/// What stands before the address that a thread waits at.
const WAITS_AT: &str = " waits at address ";

/// What each of the first threads that still run is doing: taken down before they are stopped.
pub(super) fn of_threads(run: &Run) -> Vec<(Arc<Thread>, String)> {
    let mut threads = run.watch.threads.running();
    threads.sort_by_key(|thread| thread.id);
    threads.truncate(NAMED);
    let busy = busy(run, &threads);
    threads
        .into_iter()
        .zip(busy)
        .map(|(thread, busy)| {
            let doing = doing(run, &thread, busy);
            (thread, doing)
        })
        .collect()
}

/// What one thread had of the processors.
struct Busy {
    /// Since the report began to watch.
    watched: Duration,
    /// How long ago that was.
    window: Duration,
    /// In all, if that is known.
    total: Option<Duration>,
}

/// Watches for a moment how much processor time each of these threads gets. A thread that the host has put to sleep gets
/// none; of the others this tells whether they work or are stuck.
fn busy(run: &Run, threads: &[Arc<Thread>]) -> Vec<Option<Busy>> {
    let seat = |thread: &Arc<Thread>| {
        let awake = !thread.is_asleep();
        let taken = awake.then(|| run.seats.of(thread.id)).flatten()?;
        Some((taken.thread.busy()?, taken))
    };
    let started = Instant::now();
    let before: Vec<_> = threads.iter().map(seat).collect();
    let since = |before: &Option<(Duration, Taken)>| {
        let (before, taken) = before.as_ref()?;
        let now = taken.thread.busy()?;
        Some(Busy {
            watched: now.saturating_sub(*before),
            window: started.elapsed(),
            total: taken.first.then_some(now),
        })
    };
    let mut after = Vec::new();
    for _ in 0..LOOKS {
        if before.iter().any(Option::is_some) {
            std::thread::sleep(WATCHED);
        }
        after = before.iter().map(since).collect();
        if after.iter().flatten().all(|busy| !busy.watched.is_zero()) {
            break;
        }
    }
    after
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
    let untraced = !run.program.facts.hooks;
    let asleep = account.iter().any(|(_, line)| line.contains(WAITS_AT));
    let mut lines: Vec<String> = account.into_iter().map(line).collect();
    if untraced && asleep {
        lines.push(UNTRACED.to_owned());
    }
    lines
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

fn doing(run: &Run, thread: &Thread, busy: Option<Busy>) -> String {
    let watch = &run.watch;
    let at = watch
        .site(thread.waiting_site())
        .map_or_else(String::new, |site| format!(" at {site}"));
    let who = thread.label();
    if thread.asleep_for() == Some(key::INPUT) {
        return format!("thread {who} waits for standard input");
    }
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
            Some(address) => format!("thread {who}{WAITS_AT}{address:#x}, asleep"),
            None if thread.is_asleep() => format!("thread {who} is asleep"),
            None => busy.map_or_else(|| format!("thread {who} runs"), |busy| running(&who, &busy)),
        },
    }
}

/// What is said of a thread that is in guest code, or in a function of the host that does not know that it waits.
fn running(who: &str, busy: &Busy) -> String {
    let window = busy.window.as_millis();
    let total = busy.total.map_or_else(String::new, |total| {
        format!(" ({:.1} s in all)", total.as_secs_f64())
    });
    if busy.watched.is_zero() {
        return format!(
            "thread {who} runs, but had no processor time in the last {window} ms{total}: the host or the system holds it up, \
             as with output that nobody takes"
        );
    }
    let watched = busy.watched.as_secs_f64() * 1e3;
    format!("thread {who} runs, busy: {watched:.0} ms of processor time in the last {window} ms{total}")
}
