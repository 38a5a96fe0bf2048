//! The report as a text for a terminal: what is wrong first, then the locks and the condition variables that cost
//! most.

use std::fmt;

use threadlink_trace::{LockOrigin, Mode, Printable};

use crate::report::{CondvarFigures, CondvarReport, EndReport, LockFigures, LockReport, Report};
use crate::units::{ThreadName, count, percent, table, things, time};

/// Locks, and condition variables, in their tables; the JSON has all.
const SHOWN_LOCKS: usize = 20;

/// Deadlocks, and such that could happen.
const SHOWN_FINDINGS: usize = 10;

/// Places in the source a lock.
const SHOWN_SITES: usize = 3;

/// Lines in each list of what was still held or waited for at the end.
const SHOWN_AT_END: usize = 20;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let threads = things(self.threads, "thread");
        let died = match self.died {
            0 => String::new(),
            died => format!(" ({} died)", count(died)),
        };
        writeln!(
            f,
            "{threads}{died}, {}, {} over {}",
            things(self.locks.len() as u64, "lock"),
            things(self.events, "event"),
            time(self.duration_ns)
        )?;
        for warning in &self.warnings {
            writeln!(f, "warning: {}", Printable(warning))?;
        }
        for finding in self.deadlocks.findings.iter().take(SHOWN_FINDINGS) {
            write!(f, "\n{finding}")?;
        }
        match self.deadlocks.findings.len().saturating_sub(SHOWN_FINDINGS) {
            0 => {}
            hidden => writeln!(
                f,
                "\n({} more; --json lists all)",
                things(hidden as u64, "finding")
            )?,
        }
        for bound in &self.deadlocks.bounds {
            writeln!(f, "\nbound: {bound}")?;
        }
        if self.locks.is_empty() && self.condvars.is_empty() {
            return writeln!(
                f,
                "\nNo traced lock was used: build the program with the feature `tracing`, and use traced locks."
            );
        }
        if !self.locks.is_empty() {
            write!(f, "\nLocks, most waited for first\n{}", self.lock_table())?;
            more(f, self.locks.len(), "lock")?;
        }
        if !self.condvars.is_empty() {
            write!(
                f,
                "\nCondition variables, most waited for first\n{}",
                self.condvar_table()
            )?;
            more(f, self.condvars.len(), "condition variable")?;
        }
        let held = self.locks.iter().flat_map(|lock| {
            let holders = lock.held_at_end.as_deref().into_iter().chain(&lock.read_at_end);
            holders.map(move |holder| (Waited::of(lock), holder))
        });
        self.at_end(f, "Still held when the trace ends", "held", "taken", held)?;
        let locks = self.locks.iter().flat_map(|lock| {
            let waiters = lock.waiting_at_end.iter();
            waiters.map(move |waiter| (Waited::of(lock), waiter))
        });
        let condvars = self.condvars.iter().flat_map(|condvar| {
            let waited = Waited {
                kind: "condition variable",
                origin: &condvar.origin,
                read: false,
            };
            let waiters = condvar.waiting_at_end.iter();
            waiters.map(move |waiter| (waited, waiter))
        });
        self.at_end(
            f,
            "Still waited for when the trace ends",
            "waited for",
            "asked for",
            locks.chain(condvars),
        )
    }
}

/// What somebody has or waits for.
#[derive(Clone, Copy)]
struct Waited<'a> {
    kind: &'static str,
    origin: &'a LockOrigin,
    /// It is a read-write lock.
    read: bool,
}

impl<'a> Waited<'a> {
    fn of(lock: &'a LockReport) -> Self {
        Self {
            kind: "lock",
            origin: &lock.origin,
            read: lock.reads.is_some(),
        }
    }
}

/// Says what a table leaves out.
fn more(f: &mut fmt::Formatter<'_>, all: usize, thing: &str) -> fmt::Result {
    match all.saturating_sub(SHOWN_LOCKS) {
        0 => Ok(()),
        hidden => writeln!(f, "({} more; --json lists all)", things(hidden as u64, thing)),
    }
}

impl Report {
    fn lock_table(&self) -> String {
        let header = [
            "  lock, and where it was taken",
            "acquired",
            "contended",
            "wait",
            "mean",
            "max",
            "held",
            "mean",
            "max",
            "others waited",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for lock in self.locks.iter().take(SHOWN_LOCKS) {
            let blocked = lock
                .sites
                .iter()
                .fold(0, |sum: u64, site| sum.saturating_add(site.blocked_others_ns));
            rows.push(lock_row(format!("  {}", lock.origin), &lock.total, time(blocked)));
            rows.extend(made_row(&lock.origin));
            for (mode, part) in [(Mode::Shared, &lock.reads), (Mode::Exclusive, &lock.writes)] {
                let label = format!("   {}", purpose(mode));
                rows.extend(
                    part.iter()
                        .map(|part| lock_row(label.clone(), part, String::new())),
                );
            }
            rows.extend(site_rows(lock));
        }
        table(&rows)
    }

    fn condvar_table(&self) -> String {
        let header = [
            "  condition variable, and where",
            "waits",
            "timeouts",
            "waited",
            "mean",
            "max",
            "notify one",
            "notify all",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for condvar in self.condvars.iter().take(SHOWN_LOCKS) {
            rows.push(condvar_row(format!("  {}", condvar.origin), &condvar.total));
            rows.extend(made_row(&condvar.origin));
            rows.extend(condvar_site_rows(condvar));
        }
        table(&rows)
    }

    fn at_end<'a>(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        by: &str,
        done: &str,
        mut list: impl Iterator<Item = (Waited<'a>, &'a EndReport)>,
    ) -> fmt::Result {
        for (index, (Waited { kind, origin, read }, report)) in list.by_ref().take(SHOWN_AT_END).enumerate() {
            if index == 0 {
                writeln!(f, "\n{title}")?;
            }
            let thread = ThreadName(report.thread, report.thread_name.as_deref());
            let ended = if report.thread_ended {
                ", which has ended"
            } else {
                ""
            };
            let purpose = report.mode.filter(|_| read).map_or("", purpose);
            let since = self.duration_ns.saturating_sub(report.since_ns);
            writeln!(
                f,
                "  {kind} {origin} {by}{purpose} by {thread}{ended} ({done} at {}, {} before the end)",
                report.place,
                time(since)
            )?;
        }
        match list.count() {
            0 => Ok(()),
            more => writeln!(f, "  ({} more; --json lists all)", count(more as u64)),
        }
    }
}

/// The row that says where a lock or condition variable was made.
fn made_row(origin: &LockOrigin) -> Option<Vec<String>> {
    let made = origin.made.as_ref()?;
    Some(vec![format!("    made at {made}")])
}

/// The row of a lock, or of what it was used for in one of its modes or at one place.
fn lock_row(label: String, part: &LockFigures, blocked: String) -> Vec<String> {
    vec![
        label,
        count(part.acquisitions),
        contended(part.contended, part.acquisitions),
        time(part.wait_ns),
        time(part.mean_wait_ns),
        time(part.max_wait_ns),
        time(part.hold_ns),
        time(part.mean_hold_ns),
        time(part.max_hold_ns),
        blocked,
    ]
}

/// The row of a condition variable, or of one place where it was waited for or notified.
fn condvar_row(label: String, part: &CondvarFigures) -> Vec<String> {
    vec![
        label,
        count(part.waits),
        count(part.timeouts),
        time(part.wait_ns),
        time(part.mean_wait_ns),
        time(part.max_wait_ns),
        count(part.notify_one),
        count(part.notify_all),
    ]
}

fn purpose(mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => " for writing",
        Mode::Shared => " for reading",
    }
}

/// The rows of the places where a condition variable was waited for and notified.
fn condvar_site_rows(condvar: &CondvarReport) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = condvar
        .sites
        .iter()
        .take(SHOWN_SITES)
        .map(|site| condvar_row(format!("    {}", site.place), &site.figures))
        .collect();
    rows.extend(hidden_places(condvar.sites.len()));
    rows
}

/// The row that says how many places are not shown.
fn hidden_places(all: usize) -> Option<Vec<String>> {
    let hidden = all.saturating_sub(SHOWN_SITES);
    (hidden > 0).then(|| vec![format!("    ({})", things(hidden as u64, "more place"))])
}

/// The rows of the places where a lock was taken.
fn site_rows(lock: &LockReport) -> Vec<Vec<String>> {
    let what_for = |mode| if lock.reads.is_some() { purpose(mode) } else { "" };
    let mut rows: Vec<Vec<String>> = lock
        .sites
        .iter()
        .take(SHOWN_SITES)
        .map(|site| {
            let label = format!("    {}{}", site.place, what_for(site.mode));
            lock_row(label, &site.figures, time(site.blocked_others_ns))
        })
        .collect();
    rows.extend(hidden_places(lock.sites.len()));
    rows
}

fn contended(contended: u64, acquisitions: u64) -> String {
    match contended {
        0 => "0".to_owned(),
        _ => format!("{} ({})", count(contended), percent(contended, acquisitions)),
    }
}
