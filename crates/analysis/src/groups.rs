//! The counting for locks made at one place, as one: [`Groups`].

use std::collections::HashMap;
use std::sync::Arc;

use threadlink_trace::Site;

use crate::histogram::Histogram;
use crate::lock::Lock;
use crate::parts::percentiles;
use crate::report::{GroupReport, LockReport};
use crate::sites::Figures;

struct Group {
    made: Site,
    name: Option<Arc<str>>,
    locks: u64,
    never_contended: u64,
    total: Figures,
    waits: Histogram,
    holds: Histogram,
    worst: usize,
}

/// The groups of a trace's locks, as far as these were told of.
#[derive(Default)]
pub(crate) struct Groups {
    groups: Vec<Group>,
    /// By what the trace calls the place, which may have several such names.
    sites: HashMap<u32, usize>,
    places: HashMap<(Arc<str>, u32, u32), usize>,
}

impl Groups {
    /// The next of the locks, from the one that was waited for most.
    pub(crate) fn add(&mut self, index: usize, lock: &Lock, report: &LockReport) {
        let Some(made) = &report.origin.made else { return };
        let place = || (Arc::clone(&made.file), made.line, made.column);
        let next = self.groups.len();
        let places = &mut self.places;
        let known = self.sites.entry(made.address);
        let at = *known.or_insert_with(|| *places.entry(place()).or_insert(next));
        if at == next {
            self.groups.push(Group {
                made: made.clone(),
                name: report.origin.name.clone(),
                locks: 0,
                never_contended: 0,
                total: Figures::default(),
                waits: Histogram::default(),
                holds: Histogram::default(),
                worst: index,
            });
        }
        let group = &mut self.groups[at];
        group.locks += 1;
        group.never_contended += u64::from(report.is_never_contended());
        group.total = group.total.plus(lock.total());
        if let Some(past) = lock.over() {
            group.waits.merge(&past.waits);
            group.holds.merge(&past.holds);
        }
        if group.name != report.origin.name {
            group.name = None;
        }
    }

    /// Those of more than one, most waited for first.
    pub(crate) fn reports(self) -> Vec<GroupReport> {
        let mut groups = self.groups;
        groups.retain(|group| group.locks > 1);
        groups.sort_by_key(|group| (std::cmp::Reverse(group.total.rank()), group.worst));
        let report = |group: Group| GroupReport {
            made: group.made,
            name: group.name,
            locks: group.locks,
            never_contended: group.never_contended,
            percentiles: percentiles(&group.waits, &group.holds, &group.total.report()),
            total: group.total.report(),
            worst: group.worst,
        };
        groups.into_iter().map(report).collect()
    }
}
