//! How a report is written as text: [`Style`], and what of it ([`Selection`]).

use std::fmt;

use threadlink_trace::{LockOrigin, Printable};

use crate::findings::Finding;
use crate::report::{LockReport, Report};

/// How a report is written as text, and what of it.
///
/// # Examples
/// ```
/// use threadlink_analysis::{NoSuch, Report, Style};
///
/// # fn show(report: &Report) -> Result<(), NoSuch> {
/// let mut style = Style::default();
/// style.width = 160;
/// style.lock = Some("journal".to_owned());
/// print!("{}", report.text(&style)?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Style {
    /// Characters in a line: where a table is wider, it loses columns.
    pub width: usize,
    /// Whether titles and what is wrong have colours.
    pub colors: bool,
    /// How many there are of each thing, in full; `None` for as many as go into less than a hundred lines.
    pub top: Option<usize>,
    /// Only locks and condition variables whose name, address or place of making has this in it.
    pub lock: Option<String>,
    /// Only threads with this number, or whose name has this in it, and the locks at which they met others.
    pub thread: Option<String>,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            width: 100,
            colors: false,
            top: None,
            lock: None,
            thread: None,
        }
    }
}

/// There is nothing of that name. Its `Display` is a sentence with names that are like it.
///
/// # Examples
/// ```
/// # fn show(missing: &threadlink_analysis::NoSuch) {
/// eprintln!("{missing}"); // no lock has "jornal" in its name; there are: Bank.journal
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoSuch {
    kind: &'static str,
    wanted: String,
    near: Vec<String>,
}

impl fmt::Display for NoSuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no {} has \"{}\" in its name",
            self.kind,
            Printable(&self.wanted)
        )?;
        let near: Vec<String> = self.near.iter().map(|name| Printable(name).to_string()).collect();
        match near.is_empty() {
            true => write!(f, "; none has a name"),
            false => write!(f, "; near that are: {}", near.join(", ")),
        }
    }
}

impl std::error::Error for NoSuch {}

/// Names that [`NoSuch`] lists.
const NEAR: usize = 5;
/// Names among which these are looked for, and how much of each is: a program may have millions of locks.
const LOOKED_AT: usize = 10_000;
const LOOKED_INTO: usize = 60;

/// What of a report is written.
pub(crate) struct Selection<'a> {
    lock: Option<&'a str>,
    /// The numbers of the threads, ascending.
    threads: Option<Vec<u32>>,
}

impl<'a> Selection<'a> {
    pub(crate) fn of(report: &Report, style: &'a Style) -> Result<Self, NoSuch> {
        let lock = style.lock.as_deref();
        if let Some(wanted) = lock {
            let origins = || {
                let locks = report.locks.iter().map(|lock| &lock.origin);
                locks.chain(report.condvars.iter().map(|condvar| &condvar.origin))
            };
            if !origins().any(|origin| is_called(origin, wanted)) {
                let names = origins().filter_map(|origin| origin.name.as_deref());
                return Err(no_such("lock", wanted, names));
            }
        }
        let threads = style.thread.as_deref().map(|wanted| {
            let number = wanted.parse::<u32>().ok();
            let is_it = |thread: &&crate::lives::ThreadReport| {
                let name = thread.name.as_deref();
                number == Some(thread.thread) || name.is_some_and(|name| name.contains(wanted))
            };
            let found: Vec<u32> = report
                .thread_times
                .iter()
                .filter(is_it)
                .map(|thread| thread.thread)
                .collect();
            let names = report
                .thread_times
                .iter()
                .filter_map(|thread| thread.name.as_deref());
            if found.is_empty() {
                Err(no_such("thread", wanted, names))
            } else {
                Ok(found)
            }
        });
        Ok(Self {
            lock,
            threads: threads.transpose()?,
        })
    }

    pub(crate) fn is_all(&self) -> bool {
        self.lock.is_none() && self.threads.is_none()
    }

    pub(crate) fn has_thread(&self, thread: u32) -> bool {
        let threads = self.threads.as_ref();
        threads.is_none_or(|threads| threads.binary_search(&thread).is_ok())
    }

    pub(crate) fn has_origin(&self, origin: &LockOrigin) -> bool {
        self.lock.is_none_or(|wanted| is_called(origin, wanted))
    }

    pub(crate) fn has_lock(&self, lock: &LockReport) -> bool {
        let met = || {
            let ends = lock.held_at_end.as_deref().into_iter();
            let mut ends = ends.chain(&lock.read_at_end).chain(&lock.waiting_at_end);
            ends.any(|end| self.has_thread(end.thread))
                || lock.contention.as_ref().is_some_and(|contention| {
                    contention
                        .waiters
                        .iter()
                        .any(|waiter| self.has_thread(waiter.thread))
                        || contention.blame.iter().any(|blame| self.has_thread(blame.thread))
                })
        };
        self.has_origin(&lock.origin) && (self.threads.is_none() || met())
    }

    pub(crate) fn has_finding(&self, finding: &Finding) -> bool {
        let deadlock = &finding.deadlock;
        (self.lock.is_none() || deadlock.locks.iter().any(|origin| self.has_origin(origin)))
            && deadlock.edges.iter().any(|edge| self.has_thread(edge.thread.id))
    }
}

fn is_called(origin: &LockOrigin, wanted: &str) -> bool {
    origin.name.as_deref().is_some_and(|name| name.contains(wanted))
        || format!("{:#x}", origin.address).contains(wanted)
        || origin
            .made
            .as_ref()
            .is_some_and(|made| made.to_string().contains(wanted))
}

fn no_such<'n>(kind: &'static str, wanted: &str, names: impl Iterator<Item = &'n str>) -> NoSuch {
    let mut names: Vec<&str> = names.take(LOOKED_AT).collect();
    names.sort_unstable();
    names.dedup();
    names.sort_by_cached_key(|name| distance(wanted, name));
    NoSuch {
        kind,
        wanted: wanted.to_owned(),
        near: names.into_iter().take(NEAR).map(str::to_owned).collect(),
    }
}

/// How many characters have to be changed, put in or left out to make a part of the name of what is wanted.
fn distance(wanted: &str, name: &str) -> usize {
    let lower = |text: &str| {
        text.chars()
            .take(LOOKED_INTO)
            .flat_map(char::to_lowercase)
            .collect::<Vec<_>>()
    };
    let (wanted, name) = (lower(wanted), lower(name));
    // It may begin anywhere.
    let mut row = vec![0; name.len() + 1];
    for (at, &letter) in wanted.iter().enumerate() {
        let mut before = row[0];
        row[0] = at + 1;
        for (column, &other) in name.iter().enumerate() {
            let changed = before + usize::from(letter != other);
            before = row[column + 1];
            row[column + 1] = changed.min(before + 1).min(row[column] + 1);
        }
    }
    // And end anywhere.
    row.into_iter().min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_like_it_come_first() {
        let names = [
            "Account.balance",
            "Bank.journal",
            "Bank.audit",
            "Bank.journal",
            "q",
        ];
        let missing = no_such("lock", "jornal", names.into_iter());
        assert_eq!(
            missing.near,
            ["Bank.journal", "Account.balance", "Bank.audit", "q"]
        );
        assert!(
            missing
                .to_string()
                .starts_with("no lock has \"jornal\" in its name; near that are: Bank.journal, ")
        );
        assert_eq!(distance("JOURNAL", "Bank.journal"), 0);
        let none = no_such("thread", "a\u{1b}", [].into_iter());
        assert_eq!(
            none.to_string(),
            "no thread has \"a\\u{1b}\" in its name; none has a name"
        );
    }
}
