//! Locks made at one place, as one: [`GroupReport`].

use std::collections::HashMap;
use std::sync::Arc;

use threadlink_trace::Site;

use crate::histogram::Histogram;
use crate::lock::Lock;
use crate::report::{LockReport, Percentiles};
use crate::sites::Figures;

/// Several locks that were made at one place: the elements of a vector, or the field of many values.
///
/// # Examples
/// ```
/// # fn show(report: &threadlink_analysis::Report) {
/// for group in &report.groups {
///     let worst = &report.locks[group.worst];
///     println!("{} locks made at {}, the worst is {}", group.locks, group.made, worst.origin);
/// }
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct GroupReport {
    /// Where they were made.
    pub made: Site,
    /// What they are called, if all are called that.
    pub name: Option<Arc<str>>,
    /// How many there are, two at least.
    pub locks: u64,
    /// How many of them nobody waited for.
    pub never_contended: u64,
    /// All that was done with them.
    pub total: crate::report::LockFigures,
    /// The sizes of all their waits and holds.
    pub percentiles: Percentiles,
    /// The place in [`Report::locks`](crate::Report::locks) of the one that was waited for most.
    pub worst: usize,
}

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
            percentiles: Percentiles::of(&group.waits, &group.holds, &group.total),
            total: group.total.report(),
            worst: group.worst,
        };
        groups.into_iter().map(report).collect()
    }
}
