//! Places in the program that a host has found out itself: where std was called when it made a lock.

use std::collections::HashMap;

use parking_lot::RwLock;
use threadlink_trace::Site;

use crate::budget::Budget;

/// What a place costs, its file aside.
const COST: usize = 128;

/// Places that no `Location` in the guest's memory stands for. Their numbers are no addresses of such: those are divisible by 4.
///
/// ```
/// use threadlink_watch::{Budget, Places};
///
/// let (places, budget) = (Places::default(), Budget::new(1 << 20));
/// let site = places.add("src/main.rs", 7, 5, &budget).unwrap();
/// assert_ne!(site % 4, 0);
/// assert_eq!(places.add("src/main.rs", 7, 5, &budget), Some(site));
/// assert_eq!(places.get(site).unwrap().line, 7);
/// ```
#[derive(Debug, Default)]
pub struct Places {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    numbers: HashMap<(String, u32, u32), u32>,
    sites: HashMap<u32, Site>,
}

impl Places {
    /// The site of this place; `None` if there is no room for more.
    pub fn add(&self, file: &str, line: u32, column: u32, budget: &Budget) -> Option<u32> {
        let key = (file.to_owned(), line, column);
        let mut known = self.known.write();
        if let Some(&number) = known.numbers.get(&key) {
            return Some(number);
        }
        let number = u32::try_from(known.sites.len())
            .ok()?
            .checked_mul(4)?
            .checked_add(1)?;
        if !budget.take(COST + 2 * file.len()) {
            return None;
        }
        known.sites.insert(number, Site::new(number, file, line, column));
        known.numbers.insert(key, number);
        Some(number)
    }

    /// Whether a site can be one of these, and is no address.
    #[must_use]
    pub fn may_have(site: u32) -> bool {
        site % 4 == 1
    }

    /// Adds a place whose site was given to it elsewhere; no others are added then by [`add`](Self::add). It is left out if there
    /// is no room for it.
    ///
    /// ```
    /// use threadlink_trace::Site;
    /// use threadlink_watch::{Budget, Places};
    ///
    /// let places = Places::default();
    /// places.insert(Site::new(5, "src/main.rs", 7, 5), &Budget::new(1 << 20));
    /// assert_eq!(places.get(5).unwrap().line, 7);
    /// ```
    pub fn insert(&self, site: Site, budget: &Budget) {
        if Self::may_have(site.address) && budget.take(COST + site.file.len()) {
            self.known.write().sites.insert(site.address, site);
        }
    }

    /// The place that this site stands for, if it is one of these.
    #[must_use]
    pub fn get(&self, site: u32) -> Option<Site> {
        if !Self::may_have(site) {
            return None;
        }
        self.known.read().sites.get(&site).cloned()
    }
}
