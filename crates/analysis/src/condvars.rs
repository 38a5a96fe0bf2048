//! The counting for condition variables: waits from a `Wait` to its `Wake`, and notifications.

use std::cmp::Reverse;
use std::collections::HashMap;

use threadlink_trace::{Event, EventKind, Trace};

use crate::identity::{Key, Table, origin};
use crate::parts::{end_report, mean};
use crate::place::Place;
use crate::report::{CondvarFigures, CondvarReport, CondvarSiteReport, EndReport};

#[derive(Clone, Copy, Default)]
struct Figures {
    waits: u64,
    timeouts: u64,
    notify_one: u64,
    notify_all: u64,
    wait: u64,
    max_wait: u64,
}

impl Figures {
    /// What comes first in a report is what was waited for most.
    fn rank(self) -> impl Ord {
        (self.wait, self.waits)
    }

    fn report(self) -> CondvarFigures {
        CondvarFigures {
            waits: self.waits,
            timeouts: self.timeouts,
            notify_one: self.notify_one,
            notify_all: self.notify_all,
            wait_ns: self.wait,
            max_wait_ns: self.max_wait,
            mean_wait_ns: mean(self.wait, self.waits),
        }
    }
}

/// What a thread waits for, where, and since when.
struct Waiter {
    /// Its number in the table.
    condvar: u32,
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
    condvars: Table<Condvar>,
    waiters: HashMap<u32, Waiter>,
}

impl Condvars {
    pub(super) fn event(&mut self, trace: &Trace, event: Event) {
        let condvars = &mut self.condvars;
        let thread = event.thread;
        match event.kind {
            EventKind::Wait { condvar, site, .. } => {
                let condvar = condvars.number(trace, condvar, event.time);
                let waiter = Waiter {
                    condvar,
                    site,
                    since: event.time,
                    asleep: false,
                };
                self.waiters.insert(thread, waiter);
            }
            EventKind::Wake { condvar, timed_out } => {
                let condvar = condvars.number(trace, condvar, event.time);
                let waiter = self.waiters.remove(&thread);
                if let Some(waiter) = waiter.filter(|waiter| waiter.condvar == condvar) {
                    let wait = event.time.saturating_sub(waiter.since);
                    condvars.get(condvar).count(waiter.site, |figures| {
                        figures.waits += 1;
                        figures.timeouts += u64::from(timed_out);
                        figures.wait = figures.wait.saturating_add(wait);
                        figures.max_wait = figures.max_wait.max(wait);
                    });
                }
            }
            EventKind::Notify { condvar, site, all } => {
                self.waiters.remove(&thread);
                let condvar = condvars.number(trace, condvar, event.time);
                condvars.get(condvar).count(site, |figures| {
                    figures.notify_one += u64::from(!all);
                    figures.notify_all += u64::from(all);
                });
            }
            EventKind::Release { .. } if self.waiters.get(&thread).is_some_and(|waiter| !waiter.asleep) => {
                if let Some(waiter) = self.waiters.get_mut(&thread) {
                    waiter.asleep = true;
                }
            }
            aside if aside.is_aside() => {}
            // Whoever does something else waits no more, or is dead.
            _ => drop(self.waiters.remove(&thread)),
        }
    }

    pub(super) fn reports(self, trace: &Trace) -> Vec<CondvarReport> {
        let mut waiting: HashMap<Key, Vec<EndReport>> = HashMap::new();
        for (&thread, waiter) in &self.waiters {
            let report = end_report(trace, thread, waiter.site, waiter.since, None);
            waiting
                .entry(self.condvars.key(waiter.condvar))
                .or_default()
                .push(report);
        }
        let condvars = self.condvars.into_ranked(|condvar| condvar.total.rank());
        condvars
            .map(|(id, condvar)| {
                let mut waiting_at_end = waiting.remove(&id).unwrap_or_default();
                waiting_at_end.sort_by_key(|report| (report.since_ns, report.thread));
                CondvarReport {
                    origin: origin(trace, id),
                    total: condvar.total.report(),
                    sites: site_reports(trace, condvar.sites),
                    waiting_at_end,
                }
            })
            .collect()
    }
}

fn site_reports(trace: &Trace, sites: HashMap<u32, Figures>) -> Vec<CondvarSiteReport> {
    let mut reports: Vec<CondvarSiteReport> = sites
        .into_iter()
        .map(|(site, figures)| CondvarSiteReport {
            place: Place::of(trace, site),
            figures: figures.report(),
        })
        .collect();
    reports.sort_by_key(|site| {
        (
            Reverse((site.figures.wait_ns, site.figures.waits)),
            site.place.site,
        )
    });
    reports
}
