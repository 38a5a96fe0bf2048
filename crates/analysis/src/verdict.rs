//! What a report comes to, in at most ten sentences: [`Report::verdict`].

use std::fmt;

use threadlink_trace::{LockOrigin, Printable, ReportEdge, Site, Waiting};

use crate::contention::{HeldWhileWaiting, LockContention, WaitKind};
use crate::findings::{Finding, FindingKind};
use crate::place::Place;
use crate::report::{LockReport, Report};
use crate::units::{cut, share, things, time};

/// The longest name or file in a sentence, in characters.
const LONGEST: usize = 60;

/// Waits for locks below this part of the waiters' time, as one in so many, are not worth a second look.
const LITTLE: u64 = 100;

/// One sentence of a verdict. Its `Display` is the text, as a terminal may see it, however it comes from the program.
///
/// # Examples
/// ```
/// # fn show(report: &threadlink_analysis::Report) {
/// for sentence in report.verdict() {
///     println!("{sentence}");
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Sentence {
    /// What it is about.
    pub topic: Topic,
    /// What it says.
    pub text: String,
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a sentence of a verdict is about. They come in this order, each at most once.
///
/// # Examples
/// ```
/// use threadlink_analysis::Topic;
///
/// assert!(Topic::Deadlock.is_wrong() && !Topic::Cost.is_wrong());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Topic {
    /// A deadlock that happened.
    Deadlock,
    /// Threads that died.
    Died,
    /// The trace is not whole, or not true.
    Trace,
    /// A deadlock that could have happened.
    Predicted,
    /// Locks taken in orders that make a circle, without proof that it could.
    Inversion,
    /// Nothing of the above.
    Sound,
    /// The lock that costs most.
    Cost,
    /// What its holder waits for meanwhile.
    HeldWhileWaiting,
    /// What all threads' time went for.
    Time,
    /// What to look at next.
    Next,
}

impl Topic {
    /// Whether such a sentence tells of something that is wrong with the program, or the trace.
    ///
    /// # Examples
    /// ```
    /// assert!(!threadlink_analysis::Topic::Sound.is_wrong());
    /// ```
    #[must_use]
    pub fn is_wrong(self) -> bool {
        self < Self::Sound
    }
}

impl Report {
    /// What the report comes to, in at most ten sentences: what happened, what could have happened, what costs most, and what to
    /// look at next.
    ///
    /// # Examples
    /// ```
    /// use threadlink_analysis::{Report, Topic};
    /// use threadlink_trace::{EventKind, Trace, TraceWriter};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("run.trace");
    /// let writer = TraceWriter::create(&path)?;
    /// writer.recorder(0).record(7, EventKind::Start);
    /// writer.finish()?;
    ///
    /// let verdict = Report::of(&Trace::open(&path)?).verdict();
    /// assert!(verdict.len() <= 10 && verdict.iter().all(|sentence| !sentence.topic.is_wrong()));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn verdict(&self) -> Vec<Sentence> {
        let costs = self.costliest();
        let dear = costs.filter(Cost::is_much);
        let found = [
            (Topic::Deadlock, self.happened()),
            (Topic::Died, self.deaths()),
            (Topic::Trace, self.doubts()),
            (Topic::Predicted, self.could_happen(FindingKind::Predicted)),
            (Topic::Inversion, self.could_happen(FindingKind::Inversion)),
        ];
        let mut sentences: Vec<Sentence> = found.into_iter().filter_map(sentence).collect();
        let wrong = sentences.first().map(|first| first.topic);
        let sound = wrong.is_none().then(|| {
            "Nothing is wrong: no thread died, no deadlock happened, and none was found that could have."
                .to_owned()
        });
        let others = [
            (Topic::Sound, sound),
            (Topic::Cost, self.cost(costs.as_ref())),
            (
                Topic::HeldWhileWaiting,
                dear.as_ref().and_then(Cost::held_while_waiting),
            ),
            (Topic::Time, dear.is_some().then(|| self.time_spent()).flatten()),
            (Topic::Next, self.next(wrong, dear.as_ref())),
        ];
        sentences.extend(others.into_iter().filter_map(sentence));
        sentences
    }

    fn of_kind(&self, kind: FindingKind) -> impl Iterator<Item = &Finding> {
        let findings = self.deadlocks.findings.iter();
        findings.filter(move |finding| finding.kind == kind)
    }

    fn happened(&self) -> Option<String> {
        let mut actual = self.of_kind(FindingKind::Actual);
        let first = &actual.next()?.deadlock;
        let who: Vec<String> = first.edges.iter().map(edge).collect();
        let begin = match actual.count() {
            0 => "A deadlock happened: ".to_owned(),
            more => format!(
                "{} happened; in the first one ",
                things(more as u64 + 1, "deadlock")
            ),
        };
        let rest = (who.len() as u64)
            .saturating_add(first.more)
            .saturating_sub(SHOWN_EDGES as u64);
        Some(format!("{begin}{}.", list(&who, SHOWN_EDGES, rest)))
    }

    fn deaths(&self) -> Option<String> {
        let dead = self.thread_times.iter().filter(|thread| thread.died);
        let names: Vec<String> = dead
            .take(3)
            .map(|thread| thread_name(thread.thread, thread.name.as_deref()))
            .collect();
        let rest = self.died.saturating_sub(names.len() as u64);
        let left = self.locks.iter().filter_map(|lock| lock.held_at_end.as_deref());
        let left = left.filter(|end| end.thread_ended).count() as u64;
        let left = match left {
            0 => String::new(),
            1 => "; one lock stays held for ever".to_owned(),
            left => format!("; {} stay held for ever", things(left, "lock")),
        };
        (self.died > 0).then(|| {
            format!(
                "{} of {} died: {}{left}.",
                self.died,
                things(self.threads, "thread"),
                list(&names, names.len(), rest)
            )
        })
    }

    fn doubts(&self) -> Option<String> {
        let cut = "The trace was cut off: what came later, nobody knows";
        let wrong = "the trace tells what cannot have happened, so what follows may be wrong";
        match (self.truncated, self.violations.is_empty()) {
            (false, true) => None,
            (true, true) => Some(format!("{cut}.")),
            (true, false) => Some(format!("{cut}; and {wrong}.")),
            (false, false) => Some(format!("T{}.", &wrong[1..])),
        }
    }

    fn could_happen(&self, kind: FindingKind) -> Option<String> {
        let mut findings = self.of_kind(kind);
        let first = &findings.next()?.deadlock;
        let who: Vec<String> = first.edges.iter().map(|edge| order(edge, &first.locks)).collect();
        let all = findings.count() as u64 + 1;
        let begin = match (kind, all) {
            (FindingKind::Predicted, 1) => "On another schedule the same run deadlocks".to_owned(),
            (FindingKind::Predicted, _) => {
                format!(
                    "{} are predicted: on another schedule the same run deadlocks, first",
                    things(all, "deadlock")
                )
            }
            (_, 1) => "Locks are taken in orders that make a circle, though no deadlock is proven".to_owned(),
            _ => format!(
                "In {} places locks are taken in orders that make a circle, though no deadlock is proven; first",
                crate::units::count(all)
            ),
        };
        let rest = (who.len() as u64)
            .saturating_add(first.more)
            .saturating_sub(SHOWN_EDGES as u64);
        Some(format!("{begin}: {}.", list(&who, SHOWN_EDGES, rest)))
    }

    /// The lock for which threads waited longest, all together.
    fn costliest(&self) -> Option<Cost<'_>> {
        let locks = self.locks.iter().filter(|lock| lock.waited_ns() > 0);
        let lock = locks.max_by_key(|lock| (lock.waited_ns(), std::cmp::Reverse(lock.origin.address)))?;
        let contention = lock.contention.as_deref()?;
        let life = |id| {
            let at = self
                .thread_times
                .binary_search_by_key(&id, |thread| thread.thread);
            at.map_or(0, |at| self.thread_times[at].life_ns)
        };
        let lives = contention.waiters.iter().map(|waiter| life(waiter.thread));
        Some(Cost {
            lock,
            contention,
            life: lives.fold(0, u64::saturating_add),
        })
    }

    fn cost(&self, cost: Option<&Cost<'_>>) -> Option<String> {
        if self.locks.is_empty() {
            return None;
        }
        let Some(cost) = cost else {
            return Some(match self.locks.len() as u64 {
                1 => "No thread waited for the only lock.".to_owned(),
                locks => format!("No thread waited for any of the {}.", things(locks, "lock")),
            });
        };
        let Cost {
            lock,
            contention,
            life,
        } = *cost;
        let threads = match contention.waiters.len() as u64 {
            1 => "one thread waited".to_owned(),
            threads => format!("{} together waited", things(threads, "thread")),
        };
        let their = if contention.waiters.len() == 1 {
            "its"
        } else {
            "their"
        };
        let longest = lock.sites.iter().max_by_key(|site| site.figures.max_hold_ns);
        let longest = longest.filter(|site| site.figures.max_hold_ns > 0).map(|site| {
            format!(
                "; the longest hold, {}, began at {}",
                time(site.figures.max_hold_ns),
                short(&site.place)
            )
        });
        Some(format!(
            "{} was held {} of {}; {threads} {} of {their} time for it{}.",
            self.named(lock),
            time(lock.held_ns),
            time(self.duration_ns),
            share(lock.waited_ns(), life),
            longest.unwrap_or_default()
        ))
    }

    /// A lock as a sentence begins with it.
    fn named(&self, lock: &LockReport) -> String {
        let origin = &lock.origin;
        let group = origin.made.as_ref().and_then(|made| {
            let is_it =
                |site: &Site| (&site.file, site.line, site.column) == (&made.file, made.line, made.column);
            self.groups.iter().find(|group| is_it(&group.made))
        });
        let made = match (&origin.made, group) {
            (_, Some(group)) => format!(
                ", one of {} made at {},",
                things(group.locks, "lock"),
                short_site(&group.made)
            ),
            (Some(made), None) if origin.name.is_none() => format!(", made at {},", short_site(made)),
            _ => String::new(),
        };
        match &origin.name {
            Some(name) if group.is_none() => cut(&Printable(name).to_string(), LONGEST),
            Some(name) => format!(
                "{} {:#x}{made}",
                cut(&Printable(name).to_string(), LONGEST),
                origin.address
            ),
            None => format!("The lock {:#x}{made}", origin.address),
        }
    }

    fn time_spent(&self) -> Option<String> {
        let threads = &self.thread_times;
        let sum = |part: &dyn Fn(usize) -> u64| (0..threads.len()).map(part).fold(0, u64::saturating_add);
        let life = sum(&|at| threads[at].life_ns);
        let waits = WaitKind::ALL.map(|kind| (kind, sum(&|at| threads[at].wait_ns(kind))));
        let mut waits: Vec<_> = waits.into_iter().filter(|(_, wait)| *wait > 0).collect();
        waits.sort_by_key(|(kind, wait)| (std::cmp::Reverse(*wait), *kind));
        let parts: Vec<String> = waits
            .iter()
            .map(|(kind, wait)| format!("{} for {}", share(*wait, life), waited_for(*kind)))
            .collect();
        let running = sum(&|at| threads[at].running_ns);
        (life > 0 && !parts.is_empty()).then(|| {
            format!(
                "Of their time, all {} ran {} and waited {}.",
                things(threads.len() as u64, "thread"),
                share(running, life),
                list(&parts, parts.len(), 0)
            )
        })
    }

    fn next(&self, wrong: Option<Topic>, dear: Option<&Cost<'_>>) -> Option<String> {
        if self.locks.is_empty() && self.condvars.is_empty() {
            return Some(
                "No traced lock was used: build the program with the feature `tracing`, and use traced locks.".to_owned(),
            );
        }
        Some(match wrong {
            Some(Topic::Deadlock) => {
                "Next: the deadlock below, with where each thread took what it holds and where it waits.".to_owned()
            }
            Some(Topic::Predicted | Topic::Inversion) => {
                "Next: take these locks in one order everywhere, or one of them at a time; both places of each are below.".to_owned()
            }
            Some(Topic::Died) => "Next: why they died, which the program's own messages tell.".to_owned(),
            _ => dear?.advice(),
        })
    }
}

/// What waiting for one lock costs.
#[derive(Clone, Copy)]
struct Cost<'a> {
    lock: &'a LockReport,
    contention: &'a LockContention,
    /// The lives of those that waited for it.
    life: u64,
}

impl Cost<'_> {
    fn is_much(&self) -> bool {
        self.lock.waited_ns() >= self.life / LITTLE
    }

    /// The wait with the lock held that takes the largest part of the time in which others wait for it.
    fn worst_held(&self) -> Option<&HeldWhileWaiting> {
        let held = self.contention.held_while_waiting.first()?;
        (self.blocked() > 0 && held.wait_ns >= self.lock.held_ns / 10).then_some(held)
    }

    fn blocked(&self) -> u64 {
        let blame = self.contention.blame.iter();
        blame.map(|blame| blame.blocked_ns).fold(0, u64::saturating_add)
    }

    fn held_while_waiting(&self) -> Option<String> {
        let held = self.worst_held()?;
        let place = match held.waited_at.site {
            0 => String::new(),
            _ => format!(" at {}", short(&held.waited_at)),
        };
        let times = match held.waits {
            1 => String::new(),
            waits => format!(" in {}", things(waits, "wait")),
        };
        Some(format!(
            "While it was held from {} on, its holder waited {}{times} for {}{place}, and nobody could have it.",
            short(&held.place),
            time(held.wait_ns),
            held.kind
        ))
    }

    fn advice(&self) -> String {
        let convoys = self.contention.convoys;
        if let Some(held) = self.worst_held() {
            return format!("Next: let go of it before the wait for {}.", held.kind);
        }
        let waited = self.lock.waited_ns();
        let idle = waited.saturating_sub(self.blocked());
        let Some(worst) = self.contention.blame.first().filter(|_| idle <= waited / 2) else {
            return format!(
                "Next: in {} of these waits nobody had it any more, so they are the time until who waits goes on: take it less often, \
                 or run fewer threads at once.",
                share(idle, waited)
            );
        };
        let part = share(worst.blocked_ns, self.blocked());
        let place = short(&worst.place);
        if convoys.count > 0 && convoys.acquisitions.saturating_mul(2) > self.lock.total.acquisitions {
            return format!(
                "Next: {place}, the holder's place in {part} of these waits; the lock goes from hand to hand in a convoy, up to {} \
                 in a row, so fewer acquisitions, or a lock for each part of the data, help most.",
                things(convoys.longest, "acquisition")
            );
        }
        format!(
            "Next: do less with it held from {place} on, where its holder was in {part} of these waits, or split it."
        )
    }
}

/// Edges of a circle that a sentence names.
const SHOWN_EDGES: usize = 3;

fn sentence((topic, text): (Topic, Option<String>)) -> Option<Sentence> {
    Some(Sentence { topic, text: text? })
}

/// These, up to so many of them, and how many more there are.
fn list(parts: &[String], shown: usize, more: u64) -> String {
    let mut parts: Vec<String> = parts.iter().take(shown).cloned().collect();
    if more > 0 {
        parts.push(format!("{} more", crate::units::count(more)));
    }
    match parts.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

fn thread_name(id: u32, name: Option<&str>) -> String {
    name.map_or_else(
        || format!("thread {id}"),
        |name| format!("'{}'", cut(&Printable(name).to_string(), LONGEST)),
    )
}

fn lock_label(address: u32, locks: &[LockOrigin]) -> String {
    let known = locks.iter().find(|lock| lock.address == address);
    let name = known.and_then(|lock| lock.name.as_deref());
    name.map_or_else(
        || format!("{address:#x}"),
        |name| cut(&Printable(name).to_string(), LONGEST),
    )
}

fn short(place: &Place) -> String {
    cut(&place.to_string(), LONGEST)
}

fn short_site(site: &Site) -> String {
    cut(&site.to_string(), LONGEST)
}

fn at(site: Option<&Site>) -> String {
    site.map_or_else(|| "an unknown place".to_owned(), short_site)
}

/// What a thread of a deadlock does.
fn edge(edge: &ReportEdge) -> String {
    let who = thread_name(edge.thread.id, edge.thread.name.as_deref());
    match &edge.waits {
        Waiting::Lock(_, site) | Waiting::Read(_, site) | Waiting::Write(_, site) => {
            format!("{who} waits for a lock at {}", at(site.as_ref()))
        }
        Waiting::Condvar(_, site) => format!("{who} waits for a condition variable at {}", at(site.as_ref())),
        Waiting::Thread(thread, site) => format!(
            "{who} waits at {} for the end of {}",
            at(site.as_ref()),
            thread_name(thread.id, thread.name.as_deref())
        ),
        Waiting::Address(_, site) => format!("{who} waits to be woken at {}", at(site.as_ref())),
        Waiting::Died => format!("{who} has died with a lock held"),
        Waiting::Never => format!("{who} has returned with a lock held"),
        _ => format!("{who} waits"),
    }
}

/// In which order a thread of a circle takes two locks.
fn order(edge: &ReportEdge, locks: &[LockOrigin]) -> String {
    let who = thread_name(edge.thread.id, edge.thread.name.as_deref());
    let wanted = match &edge.waits {
        Waiting::Lock(lock, site) | Waiting::Read(lock, site) | Waiting::Write(lock, site) => {
            format!("{} at {}", lock_label(*lock, locks), at(site.as_ref()))
        }
        _ => "another lock".to_owned(),
    };
    match &edge.holds {
        Some(hold) => format!(
            "{who} takes {wanted} while it holds {}",
            lock_label(hold.lock, locks)
        ),
        None => format!("{who} takes {wanted}"),
    }
}

fn waited_for(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::Lock => "locks",
        WaitKind::Condvar => "condition variables",
        WaitKind::Address => "a wake at an address",
        WaitKind::Join => "other threads to end",
        WaitKind::Park => "their tokens, parked",
    }
}
