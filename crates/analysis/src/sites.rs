//! What is counted of a lock, at each place where it was taken: [`Sites`]. A program may have millions of locks, and most
//! are taken at one place.

use std::collections::HashMap;

use threadlink_trace::Mode;

use crate::parts::mean;
use crate::report::LockFigures;

/// Counts and sums of one lock, or of one lock at one site.
#[derive(Clone, Copy, Default)]
pub(crate) struct Figures {
    acquisitions: u64,
    contended: u64,
    releases: u64,
    wait: u64,
    max_wait: u64,
    hold: u64,
    max_hold: u64,
    pub(crate) blocked_others: u64,
}

impl Figures {
    /// What comes first in a report is what was waited for most.
    pub(crate) fn rank(self) -> impl Ord {
        (self.wait, self.contended, self.acquisitions)
    }

    pub(crate) fn plus(self, other: Figures) -> Figures {
        Figures {
            acquisitions: self.acquisitions + other.acquisitions,
            contended: self.contended + other.contended,
            releases: self.releases + other.releases,
            wait: self.wait.saturating_add(other.wait),
            max_wait: self.max_wait.max(other.max_wait),
            hold: self.hold.saturating_add(other.hold),
            max_hold: self.max_hold.max(other.max_hold),
            blocked_others: self.blocked_others.saturating_add(other.blocked_others),
        }
    }

    pub(crate) fn report(self) -> LockFigures {
        LockFigures {
            acquisitions: self.acquisitions,
            contended: self.contended,
            wait_ns: self.wait,
            hold_ns: self.hold,
            max_wait_ns: self.max_wait,
            max_hold_ns: self.max_hold,
            mean_wait_ns: mean(self.wait, self.acquisitions),
            mean_hold_ns: mean(self.hold, self.releases),
        }
    }

    pub(crate) fn acquired(&mut self, wait: u64, contended: bool) {
        self.acquisitions += 1;
        self.contended += u64::from(contended);
        self.wait = self.wait.saturating_add(wait);
        self.max_wait = self.max_wait.max(wait);
    }

    pub(crate) fn released(&mut self, hold: u64) {
        self.releases += 1;
        self.hold = self.hold.saturating_add(hold);
        self.max_hold = self.max_hold.max(hold);
    }

    pub(crate) fn blocked(&mut self, wait: u64) {
        self.blocked_others = self.blocked_others.saturating_add(wait);
    }
}

/// The figures of one lock by place and mode. Its own are their sums.
#[derive(Default)]
pub(crate) enum Sites {
    #[default]
    None,
    One((u32, Mode), Figures),
    Many(HashMap<(u32, Mode), Figures>),
}

impl Sites {
    pub(crate) fn at(&mut self, site: u32, mode: Mode) -> &mut Figures {
        let key = (site, mode);
        match self {
            Self::None => *self = Self::One(key, Figures::default()),
            Self::One(known, figures) if *known != key => {
                *self = Self::Many(HashMap::from([(*known, *figures)]));
            }
            _ => {}
        }
        match self {
            Self::Many(all) => all.entry(key).or_default(),
            Self::One(_, figures) => figures,
            Self::None => unreachable!("it was filled above"),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = ((u32, Mode), Figures)> {
        let (one, many) = match self {
            Self::None => (None, None),
            Self::One(key, figures) => (Some((*key, *figures)), None),
            Self::Many(all) => (None, Some(all.iter().map(|(key, figures)| (*key, *figures)))),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(..) => 1,
            Self::Many(all) => all.len(),
        }
    }

    /// The sum of one mode.
    pub(crate) fn total(&self, mode: Mode) -> Figures {
        let of_mode = self.iter().filter(|((_, other), _)| *other == mode);
        of_mode.fold(Figures::default(), |sum, (_, figures)| sum.plus(figures))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_add_up_however_many_there_are() {
        let mut sites = Sites::default();
        assert_eq!(sites.iter().count(), 0);
        for round in 0..3 {
            for site in 0..4 {
                for _ in 0..=site {
                    sites
                        .at(site, Mode::Exclusive)
                        .acquired(u64::from(site), round == 0);
                }
            }
            sites.at(2, Mode::Shared).released(7);
        }
        assert_eq!((sites.iter().count(), sites.len()), (5, 5));
        let (writes, reads) = (
            sites.total(Mode::Exclusive).report(),
            sites.total(Mode::Shared).report(),
        );
        assert_eq!((writes.acquisitions, writes.contended), (30, 10));
        assert_eq!((writes.wait_ns, writes.max_wait_ns), (3 * (2 + 6 + 12), 3));
        assert_eq!((reads.hold_ns, reads.mean_hold_ns), (21, 7));
        let one = sites
            .iter()
            .find(|(key, _)| *key == (1, Mode::Exclusive))
            .unwrap();
        assert_eq!(one.1.report().acquisitions, 6);
    }
}
