//! Which sites the trace was told of.

use std::collections::HashSet;

use parking_lot::Mutex;

/// Sites that the trace is told of, so that a guest cannot eat the host's memory with made-up ones. Events name the
/// rest by their numbers only.
const MOST_SITES: usize = 1 << 20;

/// The sites of a run, each told once.
#[derive(Default)]
pub(super) struct Sites {
    told: Mutex<HashSet<u32>>,
}

impl Sites {
    /// Whether the site at this address is to be told now: the first time that it is asked for, as long as there is room.
    pub(super) fn is_new(&self, address: u32) -> bool {
        let mut told = self.told.lock();
        told.len() < MOST_SITES && told.insert(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_told_once_and_there_is_an_end() {
        let sites = Sites::default();
        assert!(sites.is_new(4) && !sites.is_new(4));
        let told = (8..).take_while(|&address| sites.is_new(address)).count();
        assert_eq!(told, MOST_SITES - 1);
        assert!(!sites.is_new(u32::MAX) && !sites.is_new(4));
        assert_eq!(sites.told.lock().len(), MOST_SITES);
    }
}
