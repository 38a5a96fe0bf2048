//! The report as a text for a terminal: the verdict, then what is wrong, then tables of what costs most.

use std::cmp::Reverse;
use std::fmt::{self, Write};

use threadlink_trace::{LockOrigin, Printable};

use crate::contention::LockContention;
use crate::findings::FindingKind;
use crate::report::{EndReport, LockReport, Report};
use crate::rows::{self, Entry, purpose};
use crate::style::{NoSuch, Selection, Style};
use crate::units::{ThreadName, count, cut, share, things, time, wrapped};
use crate::verdict::Topic;

/// A report has less lines, unless more is asked for.
const MOST_LINES: usize = 100;

/// How many there may be of each thing, from what is best to what always fits.
const TOPS: [usize; 6] = [10, 7, 5, 3, 2, 1];

/// Lines of a finding.
const FINDING_LINES: usize = 14;

/// Lines that say who had a lock while others waited.
const SHOWN_BLAME: usize = 2;

/// Characters of a name in a line that is no table's.
const LONGEST: usize = 60;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = Style::default();
        let selection = Selection::of(self, &style).map_err(|_| fmt::Error)?;
        f.write_str(&text(self, &style, &selection))
    }
}

impl Report {
    /// The report as a text, in another style than its `Display`.
    ///
    /// # Errors
    /// The style selects a lock or a thread that is not there.
    ///
    /// # Examples
    /// ```
    /// use threadlink_analysis::{NoSuch, Report, Style};
    ///
    /// # fn show(report: &Report) -> Result<(), NoSuch> {
    /// assert_eq!(report.text(&Style::default())?, report.to_string());
    /// # Ok(())
    /// # }
    /// ```
    pub fn text(&self, style: &Style) -> Result<String, NoSuch> {
        Ok(text(self, style, &Selection::of(self, style)?))
    }
}

fn text(report: &Report, style: &Style, selection: &Selection<'_>) -> String {
    let entries = rows::entries(report, selection);
    let with = |top, whole| {
        let mut text = Text {
            report,
            style,
            selection,
            entries: &entries,
            top,
            whole,
            out: String::new(),
        };
        text.write();
        text.out
    };
    if let Some(top) = style.top {
        return with(top, true);
    }
    let mut texts = TOPS.iter().map(|&top| with(top, false));
    let fits = |text: &String| text.lines().count() < MOST_LINES;
    let mut last = String::new();
    texts
        .find(|text| {
            last.clone_from(text);
            fits(text)
        })
        .unwrap_or(last)
}

/// The text as far as it is written.
struct Text<'a> {
    report: &'a Report,
    style: &'a Style,
    selection: &'a Selection<'a>,
    entries: &'a [Entry<'a>],
    top: usize,
    /// What is shown is shown as a whole.
    whole: bool,
    out: String,
}

/// How something is painted.
#[derive(Clone, Copy)]
enum Paint {
    Title,
    Bad,
    Warning,
}

impl Text<'_> {
    fn write(&mut self) {
        if self.selection.is_all() {
            self.verdict();
            self.summary();
        }
        self.findings();
        self.locks();
        self.contention();
        self.threads();
        self.condvars();
        self.ends();
    }

    fn line(&mut self, text: impl fmt::Display) {
        writeln!(self.out, "{text}").expect("a String takes everything");
    }

    fn painted(&mut self, paint: Paint, text: &str) {
        let code = match paint {
            Paint::Title => "1",
            Paint::Bad => "1;31",
            Paint::Warning => "33",
        };
        if self.style.colors {
            self.line(format_args!("\x1b[{code}m{text}\x1b[0m"));
        } else {
            self.line(text);
        }
    }

    fn title(&mut self, text: &str) {
        self.line("");
        self.painted(Paint::Title, text);
    }

    /// Says how many of all are not shown.
    fn more(&mut self, hidden: usize) {
        if hidden > 0 {
            let hint = if self.selection.is_all() {
                "--top, --lock, --thread, or --json for all"
            } else {
                "--top"
            };
            self.line(format_args!("  (and {} more: {hint})", count(hidden as u64)));
        }
    }

    fn verdict(&mut self) {
        for sentence in self.report.verdict() {
            let text = wrapped(&sentence.text, self.style.width, "  ");
            let paint = match sentence.topic {
                Topic::Deadlock | Topic::Died => Some(Paint::Bad),
                Topic::Trace | Topic::Predicted | Topic::Inversion => Some(Paint::Warning),
                _ => None,
            };
            match paint {
                Some(paint) => text.lines().for_each(|line| self.painted(paint, line)),
                None => self.line(text),
            }
        }
        self.line("");
    }

    fn summary(&mut self) {
        let report = self.report;
        let died = match report.died {
            0 => String::new(),
            died => format!(" ({} died)", count(died)),
        };
        let idle = match report.never_contended() {
            0 => String::new(),
            idle => format!(" ({} never contended)", count(idle)),
        };
        self.line(format_args!(
            "{}{died}, {}{idle}, {} over {}",
            things(report.threads, "thread"),
            things(report.locks.len() as u64, "lock"),
            things(report.events, "event"),
            time(report.duration_ns)
        ));
        let shown = if self.whole { usize::MAX } else { self.top.min(5) };
        for warning in report.warnings.iter().take(shown) {
            let text = format!("warning: {}", Printable(warning));
            self.painted(Paint::Warning, &text);
        }
        self.more(report.warnings.len().saturating_sub(shown));
    }

    fn findings(&mut self) {
        let report = self.report;
        let selected = report.deadlocks.findings.iter();
        let selected: Vec<_> = selected
            .filter(|finding| self.selection.has_finding(finding))
            .collect();
        let shown = if self.whole {
            self.top
        } else {
            self.top.div_ceil(4)
        };
        for finding in selected.iter().take(shown) {
            self.line("");
            let text = finding.to_string();
            let most = if self.whole { usize::MAX } else { FINDING_LINES };
            for (at, line) in text.lines().take(most).enumerate() {
                match (at, finding.kind) {
                    (0, FindingKind::Actual) => self.painted(Paint::Bad, line),
                    (0, _) => self.painted(Paint::Warning, line),
                    _ if self.whole => self.line(line),
                    _ => self.line(wrapped(line, self.style.width, "    ")),
                }
            }
            match text.lines().count().saturating_sub(most) {
                0 => {}
                hidden => self.line(format_args!("  ({}: --top)", things(hidden as u64, "more line"))),
            }
        }
        if selected.len() > shown {
            self.line("");
        }
        self.more(selected.len().saturating_sub(shown));
        for bound in &report.deadlocks.bounds {
            self.line(format_args!("\nbound: {bound}"));
        }
    }

    /// How many of the first ones are told in full.
    fn detailed(&self) -> usize {
        if self.whole {
            usize::MAX
        } else {
            self.top.div_ceil(3)
        }
    }

    fn locks(&mut self) {
        if self.entries.is_empty() {
            return;
        }
        self.title("Locks, most waited for first");
        let entries = self.entries;
        let shown = &entries[..self.top.min(entries.len())];
        let table = rows::locks(shown, self.report.duration_ns, self.detailed());
        self.table(&table);
        self.more(entries.len().saturating_sub(self.top));
        if self.report.has_coarse_holds() {
            self.line("  (holds of 2 ns are shorter than the millisecond in which the recorder's clock is set: their sums are right,");
            self.line("  their percentiles say no more than that)");
        }
    }

    fn table(&mut self, table: &crate::columns::Columns) {
        for line in table.lines(self.style.width) {
            self.line(line);
        }
    }

    /// The locks for which somebody waited, or with which held somebody waited for something else.
    fn contention(&mut self) {
        let locks = self
            .report
            .locks
            .iter()
            .filter(|lock| self.selection.has_lock(lock));
        let long = self.report.duration_ns / 100;
        let held = |contention: &LockContention| {
            contention
                .held_while_waiting
                .first()
                .map_or(0, |held| held.wait_ns)
        };
        let mut waited: Vec<(&LockReport, &LockContention)> = locks
            .filter_map(|lock| Some((lock, lock.contention.as_deref()?)))
            .filter(|(_, contention)| self.whole || !contention.waiters.is_empty() || held(contention) > long)
            .collect();
        waited.sort_by_cached_key(|(lock, contention)| {
            (Reverse((lock.waited_ns(), held(contention))), lock.origin.address)
        });
        if waited.is_empty() {
            return;
        }
        self.title("Who held what others waited for, and what holders waited for");
        let shown = if self.whole {
            self.top
        } else {
            self.top.div_ceil(2)
        };
        for (lock, contention) in waited.iter().take(shown) {
            self.lock_contention(lock, contention);
        }
        self.more(waited.len().saturating_sub(shown));
    }

    fn lock_contention(&mut self, lock: &LockReport, contention: &LockContention) {
        let mut parts = Vec::new();
        let threads = contention.waiters.len() as u64;
        if threads > 0 {
            parts.push(format!(
                "{} waited {}",
                things(threads, "thread"),
                time(contention.wait_ns())
            ));
            parts.push(format!(
                "{} of all waiting for locks",
                share(contention.wait_ns(), self.report.lock_waits_ns())
            ));
        }
        if contention.longest_queue > 1 {
            parts.push(format!("up to {} at once", count(contention.longest_queue)));
        }
        let convoys = contention.convoys;
        if convoys.count > 0 {
            parts.push(format!(
                "{} of up to {}",
                things(convoys.count, "convoy"),
                things(convoys.longest, "acquisition")
            ));
        }
        if parts.is_empty() {
            parts.push("nobody waited for it".to_owned());
        }
        let label = cut(&lock.origin.to_string(), LONGEST);
        let text = format!("  {label}: {}", parts.join(", "));
        self.line(wrapped(&text, self.style.width, "    "));
        let shown = if self.whole {
            self.top.max(SHOWN_BLAME)
        } else {
            SHOWN_BLAME
        };
        for blame in contention
            .blame
            .iter()
            .filter(|blame| self.selection.has_thread(blame.thread))
            .take(shown)
        {
            let what_for = if lock.reads.is_some() {
                purpose(blame.mode)
            } else {
                ""
            };
            let text = format!(
                "    {} had it{what_for}, from {} on: others waited {}",
                self.thread(blame.thread),
                blame.place,
                time(blame.blocked_ns)
            );
            self.line(wrapped(&text, self.style.width, "      "));
        }
        for held in contention.held_while_waiting.iter().take(shown) {
            let place = match held.waited_at.site {
                0 => String::new(),
                _ => format!(" at {}", held.waited_at),
            };
            let text = format!(
                "    held from {} on in {} of {} for {}{place}",
                held.place,
                things(held.waits, "wait"),
                time(held.wait_ns),
                held.kind
            );
            self.line(wrapped(&text, self.style.width, "      "));
        }
    }

    /// A thread as lines name it.
    fn thread(&self, id: u32) -> String {
        let threads = &self.report.thread_times;
        let at = threads.binary_search_by_key(&id, |thread| thread.thread);
        let name = at.ok().and_then(|at| threads[at].name.as_deref());
        cut(&ThreadName(id, name).to_string(), LONGEST)
    }

    fn threads(&mut self) {
        let threads = self.report.thread_times.iter();
        let mut threads: Vec<_> = threads
            .filter(|thread| self.selection.has_thread(thread.thread))
            .collect();
        if threads.is_empty() || self.style.lock.is_some() {
            return;
        }
        threads.sort_by_key(|thread| (Reverse(thread.waiting_ns()), thread.thread));
        self.title("Threads, those that waited longest first");
        let shown = &threads[..self.top.min(threads.len())];
        self.table(&rows::threads(shown));
        self.more(threads.len().saturating_sub(self.top));
    }

    fn condvars(&mut self) {
        let condvars = self.report.condvars.iter();
        let condvars: Vec<_> = condvars
            .filter(|condvar| self.selection.has_origin(&condvar.origin))
            .collect();
        if condvars.is_empty() || self.style.thread.is_some() {
            return;
        }
        self.title("Condition variables, most waited for first");
        let top = if self.whole {
            self.top
        } else {
            self.top.div_ceil(2)
        };
        let shown = &condvars[..top.min(condvars.len())];
        self.table(&rows::condvars(shown, self.detailed()));
        self.more(condvars.len().saturating_sub(top));
    }

    fn ends(&mut self) {
        let (report, selection) = (self.report, self.selection);
        let locks = || {
            report
                .locks
                .iter()
                .filter(|lock| selection.has_origin(&lock.origin))
        };
        let held = locks().flat_map(|lock| {
            let holders = lock.held_at_end.as_deref().into_iter().chain(&lock.read_at_end);
            holders.map(move |holder| (Waited::of(lock), holder))
        });
        self.at_end("Still held when the trace ends", "held", "taken", held);
        let waiting = locks().flat_map(|lock| {
            lock.waiting_at_end
                .iter()
                .map(move |waiter| (Waited::of(lock), waiter))
        });
        let condvars = report
            .condvars
            .iter()
            .filter(|condvar| selection.has_origin(&condvar.origin));
        let asleep = condvars.flat_map(|condvar| {
            let waited = Waited {
                kind: "condition variable",
                origin: &condvar.origin,
                read: false,
            };
            condvar.waiting_at_end.iter().map(move |waiter| (waited, waiter))
        });
        let waiting = waiting.chain(asleep);
        self.at_end(
            "Still waited for when the trace ends",
            "waited for",
            "asked for",
            waiting,
        );
    }

    fn at_end<'e>(
        &mut self,
        title: &str,
        by: &str,
        done: &str,
        list: impl Iterator<Item = (Waited<'e>, &'e EndReport)>,
    ) {
        let shown = if self.whole {
            self.top
        } else {
            self.top.div_ceil(2)
        };
        let selection = self.selection;
        let mut list = list.filter(|(_, end)| selection.has_thread(end.thread));
        for (at, (Waited { kind, origin, read }, end)) in list.by_ref().take(shown).enumerate() {
            if at == 0 {
                self.title(title);
            }
            let thread = ThreadName(end.thread, end.thread_name.as_deref());
            let ended = if end.thread_ended { ", which has ended" } else { "" };
            let purpose = end.mode.filter(|_| read).map_or("", purpose);
            let since = self.report.duration_ns.saturating_sub(end.since_ns);
            self.line(format_args!(
                "  {kind} {origin} {by}{purpose} by {thread}{ended} ({done} at {}, {} before the end)",
                end.place,
                time(since)
            ));
        }
        self.more(list.count());
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
