//! The counting for condition variables: waits from a `Wait` to its `Wake`, and notifications.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::Serialize;

use super::collect::{end_report, mean, sorted};
use super::identity::{Identity, Key, key};
use super::{EndReport, Place};
use threadlink_trace::Trace;
use threadlink_trace::{Event, EventKind, Mode};

/// One condition variable. Times are nanoseconds from the beginning of a wait to its end; the time to get the mutex
/// again is not in them but in the mutex's.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct CondvarReport {
    /// Which one.
    #[serde(flatten)]
    pub identity: Identity,
    /// How many waits for it are over.
    pub waits: u64,
    /// How many of these ended because the time was over.
    pub timeouts: u64,
    /// How often one waiting thread was notified.
    pub notify_one: u64,
    /// How often all waiting threads were notified.
    pub notify_all: u64,
    /// Sum of the waits that are over.
    pub wait_ns: u64,
    /// The longest of them.
    pub max_wait_ns: u64,
    /// `wait_ns` per wait, rounded down.
    pub mean_wait_ns: u64,
    /// Where threads waited and notified, most waited at first.
    pub sites: Vec<CondvarSiteReport>,
    /// Who waits when the trace ends, in the order in which they began to. `mode` means nothing here.
    pub waiting_at_end: Vec<EndReport>,
}

/// What was done with one condition variable at one place in the source; see [`CondvarReport`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct CondvarSiteReport {
    /// The place.
    #[serde(flatten)]
    pub place: Place,
    /// How many waits that began here are over.
    pub waits: u64,
    /// How many of these ended because the time was over.
    pub timeouts: u64,
    /// How often one waiting thread was notified here.
    pub notify_one: u64,
    /// How often all waiting threads were notified here.
    pub notify_all: u64,
    /// Sum of the waits here.
    pub wait_ns: u64,
    /// The longest of them.
    pub max_wait_ns: u64,
    /// `wait_ns` per wait, rounded down.
    pub mean_wait_ns: u64,
}

#[derive(Clone, Copy, Default)]
struct Figures {
    waits: u64,
    timeouts: u64,
    notify_one: u64,
    notify_all: u64,
    wait: u64,
    max_wait: u64,
}

/// What a thread waits for, where, and since when.
struct Waiter {
    condvar: Key,
    site: u32,
    since: u64,
    /// The mutex is released, as it has to be before the wake.
    asleep: bool,
}

#[derive(Default)]
struct Condvar {
    total: Figures,
    sites: HashMap<u32, Figures>,
}

impl Condvar {
    fn count(&mut self, site: u32, add: impl Fn(&mut Figures)) {
        add(&mut self.total);
        add(self.sites.entry(site).or_default());
    }
}

/// The condition variables of a trace, as far as its events have been counted.
#[derive(Default)]
pub(super) struct Condvars {
    condvars: HashMap<Key, Condvar>,
    waiters: HashMap<u32, Waiter>,
}

impl Condvars {
    pub(super) fn event(&mut self, trace: &Trace, event: Event) {
        let meant = |condvar| key(trace, condvar, event.time);
        let thread = event.thread;
        match event.kind {
            EventKind::Wait { condvar, site, .. } => {
                let condvar = meant(condvar);
                self.condvars.entry(condvar).or_default();
                let waiter = Waiter {
                    condvar,
                    site,
                    since: event.time,
                    asleep: false,
                };
                self.waiters.insert(thread, waiter);
            }
            EventKind::Wake { condvar, timed_out } => {
                let condvar = meant(condvar);
                let waiter = self.waiters.remove(&thread);
                if let Some(waiter) = waiter.filter(|waiter| waiter.condvar == condvar) {
                    let wait = event.time.saturating_sub(waiter.since);
                    self.condvars
                        .entry(condvar)
                        .or_default()
                        .count(waiter.site, |figures| {
                            figures.waits += 1;
                            figures.timeouts += u64::from(timed_out);
                            figures.wait = figures.wait.saturating_add(wait);
                            figures.max_wait = figures.max_wait.max(wait);
                        });
                }
            }
            EventKind::Notify { condvar, site, all } => {
                self.waiters.remove(&thread);
                self.condvars
                    .entry(meant(condvar))
                    .or_default()
                    .count(site, |figures| {
                        figures.notify_one += u64::from(!all);
                        figures.notify_all += u64::from(all);
                    });
            }
            EventKind::Release { .. } if self.waiters.get(&thread).is_some_and(|waiter| !waiter.asleep) => {
                if let Some(waiter) = self.waiters.get_mut(&thread) {
                    waiter.asleep = true;
                }
            }
            // Whoever does something else waits no more, or is dead.
            _ => drop(self.waiters.remove(&thread)),
        }
    }

    pub(super) fn reports(self, trace: &Trace) -> Vec<CondvarReport> {
        let mut waiting: HashMap<Key, Vec<EndReport>> = HashMap::new();
        for (&thread, waiter) in &self.waiters {
            let report = end_report(trace, thread, waiter.site, waiter.since, Mode::Exclusive);
            waiting.entry(waiter.condvar).or_default().push(report);
        }
        let mut reports: Vec<CondvarReport> = sorted(self.condvars)
            .map(|(id, condvar)| {
                let mut waiting_at_end = waiting.remove(&id).unwrap_or_default();
                waiting_at_end.sort_by_key(|report| (report.since_ns, report.thread));
                let total = condvar.total;
                CondvarReport {
                    identity: Identity::of(trace, id),
                    waits: total.waits,
                    timeouts: total.timeouts,
                    notify_one: total.notify_one,
                    notify_all: total.notify_all,
                    wait_ns: total.wait,
                    max_wait_ns: total.max_wait,
                    mean_wait_ns: mean(total.wait, total.waits),
                    sites: site_reports(trace, condvar.sites),
                    waiting_at_end,
                }
            })
            .collect();
        reports.sort_by_key(|condvar| Reverse((condvar.wait_ns, condvar.waits)));
        reports
    }
}

fn site_reports(trace: &Trace, sites: HashMap<u32, Figures>) -> Vec<CondvarSiteReport> {
    let mut reports: Vec<CondvarSiteReport> = sites
        .into_iter()
        .map(|(site, figures)| CondvarSiteReport {
            place: Place::of(trace, site),
            waits: figures.waits,
            timeouts: figures.timeouts,
            notify_one: figures.notify_one,
            notify_all: figures.notify_all,
            wait_ns: figures.wait,
            max_wait_ns: figures.max_wait,
            mean_wait_ns: mean(figures.wait, figures.waits),
        })
        .collect();
    reports.sort_by_key(|site| (Reverse((site.wait_ns, site.waits)), site.place.site));
    reports
}
