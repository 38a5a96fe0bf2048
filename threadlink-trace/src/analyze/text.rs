//! The report as a text for a terminal: what is wrong first, then the locks that cost most.

use std::fmt;

use super::units::{ThreadName, count, percent, printable, table, things, time};
use super::{EndReport, LockReport, Report};

/// Locks in the table; the JSON has all.
const SHOWN_LOCKS: usize = 20;

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
            writeln!(f, "warning: {}", printable(warning))?;
        }
        for deadlock in &self.deadlocks {
            write!(f, "\n{deadlock}")?;
        }
        if self.locks.is_empty() {
            return writeln!(
                f,
                "\nNo traced lock was used: build the program with the feature `tracing`, and use traced locks."
            );
        }
        write!(f, "\nLocks, most waited for first\n{}", self.lock_table())?;
        let hidden = self.locks.len().saturating_sub(SHOWN_LOCKS);
        if hidden > 0 {
            writeln!(f, "({} more; --json lists all)", things(hidden as u64, "lock"))?;
        }
        let held = self.locks.iter().filter_map(|lock| {
            let holder = lock.held_at_end.as_ref()?;
            Some((lock, holder))
        });
        self.at_end(f, "Still held when the trace ends", "held by", "taken", held)?;
        let waiting = self
            .locks
            .iter()
            .flat_map(|lock| lock.waiting_at_end.iter().map(move |waiter| (lock, waiter)));
        self.at_end(
            f,
            "Still waited for when the trace ends",
            "waited for by",
            "asked for",
            waiting,
        )
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
            rows.push(vec![
                format!("  {:#x}", lock.id),
                count(lock.acquisitions),
                contended(lock.contended, lock.acquisitions),
                time(lock.wait_ns),
                time(lock.mean_wait_ns),
                time(lock.max_wait_ns),
                time(lock.hold_ns),
                time(lock.mean_hold_ns),
                time(lock.max_hold_ns),
                time(blocked),
            ]);
            rows.extend(site_rows(lock));
        }
        table(&rows)
    }

    fn at_end<'a>(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        by: &str,
        done: &str,
        mut list: impl Iterator<Item = (&'a LockReport, &'a EndReport)>,
    ) -> fmt::Result {
        for (index, (lock, report)) in list.by_ref().take(SHOWN_AT_END).enumerate() {
            if index == 0 {
                writeln!(f, "\n{title}")?;
            }
            let thread = ThreadName(report.thread, report.thread_name.as_deref());
            let ended = if report.thread_ended {
                ", which has ended"
            } else {
                ""
            };
            let since = self.duration_ns.saturating_sub(report.since_ns);
            writeln!(
                f,
                "  lock {:#x} {by} {thread}{ended} ({done} at {}, {} before the end)",
                lock.id,
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

/// The rows of the places where a lock was taken.
fn site_rows(lock: &LockReport) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = lock
        .sites
        .iter()
        .take(SHOWN_SITES)
        .map(|site| {
            vec![
                format!("    {}", site.place),
                count(site.acquisitions),
                contended(site.contended, site.acquisitions),
                time(site.wait_ns),
                time(site.mean_wait_ns),
                time(site.max_wait_ns),
                time(site.hold_ns),
                time(site.mean_hold_ns),
                time(site.max_hold_ns),
                time(site.blocked_others_ns),
            ]
        })
        .collect();
    let hidden = lock.sites.len().saturating_sub(SHOWN_SITES);
    if hidden > 0 {
        rows.push(vec![format!("    ({})", things(hidden as u64, "more place"))]);
    }
    rows
}

fn contended(contended: u64, acquisitions: u64) -> String {
    match contended {
        0 => "0".to_owned(),
        _ => format!("{} ({})", count(contended), percent(contended, acquisitions)),
    }
}
