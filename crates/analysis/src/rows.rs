//! The tables of the text: locks and condition variables, with the places where they are used, and threads.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use threadlink_trace::{LockOrigin, Mode, Printable};

use crate::columns::Columns;
use crate::lives::ThreadReport;
use crate::report::{
    CondvarFigures, CondvarReport, GroupReport, LockFigures, LockReport, Percentiles, Report,
};
use crate::style::Selection;
use crate::units::{ThreadName, count, percent, things, time};

/// Places in the source a lock.
const SHOWN_SITES: usize = 3;

/// A row of the table of locks: one of its own, or several made at one place.
#[derive(Clone, Copy)]
pub(crate) enum Entry<'a> {
    Lock(&'a LockReport),
    Group(&'a GroupReport, &'a LockReport),
}

impl Entry<'_> {
    fn total(&self) -> &LockFigures {
        match self {
            Self::Lock(lock) => &lock.total,
            Self::Group(group, _) => &group.total,
        }
    }
}

/// The entries of all locks that are selected, most waited for first. A group that is selected in part is told lock by lock.
pub(crate) fn entries<'a>(report: &'a Report, selection: &Selection<'_>) -> Vec<Entry<'a>> {
    if !selection.is_all() {
        let locks = report.locks.iter().filter(|lock| selection.has_lock(lock));
        return locks.map(Entry::Lock).collect();
    }
    let places: HashSet<(Arc<str>, u32, u32)> = report
        .groups
        .iter()
        .map(|group| (Arc::clone(&group.made.file), group.made.line, group.made.column))
        .collect();
    // Sites are few, files with long names perhaps many.
    let mut known: HashMap<u32, bool> = HashMap::new();
    let mut is_grouped = |lock: &LockReport| {
        lock.origin.made.as_ref().is_some_and(|made| {
            let grouped = || places.contains(&(Arc::clone(&made.file), made.line, made.column));
            *known.entry(made.address).or_insert_with(grouped)
        })
    };
    let lone = report.locks.iter().filter(|lock| !is_grouped(lock));
    let groups = report
        .groups
        .iter()
        .map(|group| Entry::Group(group, &report.locks[group.worst]));
    let mut all: Vec<Entry<'_>> = lone.map(Entry::Lock).chain(groups).collect();
    let rank = |entry: &Entry<'_>| {
        let total = entry.total();
        (total.wait_ns, total.contended, total.acquisitions)
    };
    all.sort_by_key(|entry| std::cmp::Reverse(rank(entry)));
    all
}

/// The table of these, the first `detailed` of them with all that is to be said of them.
pub(crate) fn locks(entries: &[Entry<'_>], duration: u64, detailed: usize) -> Columns {
    let header = [
        "  lock, and where it was taken",
        "acquired",
        "contended",
        "wait",
        "p50",
        "p99",
        "max",
        "held",
        "p50",
        "p99",
        "max",
        "others waited",
    ];
    let mut table = Columns::new(&header, &[11, 8, 4, 10, 6, 9, 5, 1, 7, 2]);
    for (at, entry) in entries.iter().enumerate() {
        let lock = match entry {
            Entry::Lock(lock) => {
                table.push(own_row(&format!("  {}", lock.origin), lock, duration));
                lock
            }
            Entry::Group(group, worst) => {
                let name = match &group.name {
                    Some(name) => format!("{} ", Printable(name)),
                    None => String::new(),
                };
                let label = format!("  {name}({} made at one place)", things(group.locks, "lock"));
                table.push(row(
                    label,
                    &group.total,
                    Some(&group.percentiles),
                    time(group.total.hold_ns),
                    String::new(),
                ));
                if at < detailed {
                    table.push(own_row(
                        &format!("    the worst: {}", worst.origin),
                        worst,
                        duration,
                    ));
                }
                worst
            }
        };
        if at < detailed {
            made_row(&lock.origin).into_iter().for_each(|row| table.push(row));
            for (mode, part) in [(Mode::Shared, &lock.reads), (Mode::Exclusive, &lock.writes)] {
                if let Some(part) = part {
                    let label = format!("   {}", purpose(mode));
                    table.push(row(label, part, None, time(part.hold_ns), String::new()));
                }
            }
            site_rows(&mut table, lock);
        }
    }
    table
}

/// The row of a lock by itself.
fn own_row(label: &str, lock: &LockReport, duration: u64) -> Vec<String> {
    let blocked = lock.sites.iter().map(|site| site.blocked_others_ns);
    let blocked = blocked.fold(0, u64::saturating_add);
    let held = match lock.held_ns {
        0 => time(0),
        held => format!("{} ({})", time(held), percent(held, duration)),
    };
    row(
        label.to_owned(),
        &lock.total,
        Some(&lock.percentiles()),
        held,
        time(blocked),
    )
}

/// The row of a lock, or of what it was used for in one of its modes or at one place.
fn row(
    label: String,
    part: &LockFigures,
    sizes: Option<&Percentiles>,
    held: String,
    blocked: String,
) -> Vec<String> {
    let size = |of: fn(&Percentiles) -> u64| sizes.map_or_else(String::new, |sizes| time(of(sizes)));
    vec![
        label,
        count(part.acquisitions),
        contended(part.contended, part.acquisitions),
        time(part.wait_ns),
        size(|sizes| sizes.p50_wait_ns),
        size(|sizes| sizes.p99_wait_ns),
        time(part.max_wait_ns),
        held,
        size(|sizes| sizes.p50_hold_ns),
        size(|sizes| sizes.p99_hold_ns),
        time(part.max_hold_ns),
        blocked,
    ]
}

/// The rows of the places where a lock was taken.
fn site_rows(table: &mut Columns, lock: &LockReport) {
    let what_for = |mode| if lock.reads.is_some() { purpose(mode) } else { "" };
    for site in lock.sites.iter().take(SHOWN_SITES) {
        let label = format!("    {}{}", site.place, what_for(site.mode));
        let held = time(site.figures.hold_ns);
        table.push(row(
            label,
            &site.figures,
            None,
            held,
            time(site.blocked_others_ns),
        ));
    }
    hidden_places(table, lock.sites.len());
}

/// The row that says where a lock or condition variable was made.
fn made_row(origin: &LockOrigin) -> Option<Vec<String>> {
    let made = origin.made.as_ref()?;
    Some(vec![format!("    made at {made}")])
}

/// The row that says how many places are not shown.
fn hidden_places(table: &mut Columns, all: usize) {
    let hidden = all.saturating_sub(SHOWN_SITES);
    if hidden > 0 {
        table.push(vec![format!("    ({})", things(hidden as u64, "more place"))]);
    }
}

pub(crate) fn purpose(mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => " for writing",
        Mode::Shared => " for reading",
    }
}

fn contended(contended: u64, acquisitions: u64) -> String {
    match contended {
        0 => "0".to_owned(),
        _ => format!("{} ({})", count(contended), percent(contended, acquisitions)),
    }
}

/// The table of these condition variables, the first `detailed` of them with all that is to be said of them.
pub(crate) fn condvars(condvars: &[&CondvarReport], detailed: usize) -> Columns {
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
    let mut table = Columns::new(&header, &[4, 2, 5, 7, 6]);
    for (at, condvar) in condvars.iter().enumerate() {
        table.push(condvar_row(format!("  {}", condvar.origin), &condvar.total));
        if at < detailed {
            made_row(&condvar.origin)
                .into_iter()
                .for_each(|row| table.push(row));
            for site in condvar.sites.iter().take(SHOWN_SITES) {
                table.push(condvar_row(format!("    {}", site.place), &site.figures));
            }
            hidden_places(&mut table, condvar.sites.len());
        }
    }
    table
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

/// The table of these threads; waits that none of them has are left out.
pub(crate) fn threads(threads: &[&ThreadReport]) -> Columns {
    let header = [
        "  thread",
        "life",
        "running",
        "waiting",
        "locks",
        "condvars",
        "joins",
        "parked",
        "addresses",
        "",
    ];
    let mut table = Columns::new(&header, &[9, 8, 7, 6, 5, 1]);
    let nothing = time(0);
    for thread in threads {
        let end = match (thread.died, thread.ended) {
            (true, _) => "died",
            (_, true) => "",
            _ => "not ended",
        };
        table.push(vec![
            format!("  {}", ThreadName(thread.thread, thread.name.as_deref())),
            time(thread.life_ns),
            format!(
                "{} ({})",
                time(thread.running_ns),
                percent(thread.running_ns, thread.life_ns)
            ),
            format!(
                "{} ({})",
                time(thread.waiting_ns()),
                percent(thread.waiting_ns(), thread.life_ns)
            ),
            time(thread.lock_wait_ns),
            time(thread.condvar_wait_ns),
            time(thread.join_wait_ns),
            time(thread.park_wait_ns),
            time(thread.address_wait_ns),
            end.to_owned(),
        ]);
    }
    (4..9).for_each(|column| table.drop_where_all(column, &nothing));
    table
}
