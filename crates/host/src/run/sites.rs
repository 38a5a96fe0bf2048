//! Which sites the trace was told of.

use std::collections::HashSet;

use parking_lot::Mutex;
use threadlink_watch::Budget;

/// What a site costs: its place in the table. It comes out of the run's budget, so that a guest cannot eat the host's memory
/// with made-up ones; events name the rest by their numbers only.
const COST: usize = 16;

/// The sites of a run, each told once.
#[derive(Default)]
pub(super) struct Sites {
    told: Mutex<HashSet<u32>>,
}

impl Sites {
    /// Whether the site at this address is to be told now: the first time that it is asked for, as long as there is room.
    pub(super) fn is_new(&self, address: u32, budget: &Budget) -> bool {
        let mut told = self.told.lock();
        !told.contains(&address) && budget.take(COST) && told.insert(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_told_once_and_there_is_an_end() {
        let (sites, budget) = (Sites::default(), Budget::new(10 * COST as u64));
        assert!(sites.is_new(4, &budget) && !sites.is_new(4, &budget));
        let told = (8..)
            .take_while(|&address| sites.is_new(address, &budget))
            .count();
        assert_eq!(told, 9);
        assert!(!sites.is_new(u32::MAX, &budget) && !sites.is_new(4, &budget));
        assert_eq!(sites.told.lock().len(), 10);
    }
}
