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
    sites: Vec<Site>,
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
        known.sites.push(Site::new(number, file, line, column));
        known.numbers.insert(key, number);
        Some(number)
    }

    /// The place that this site stands for, if it is one of these.
    #[must_use]
    pub fn get(&self, site: u32) -> Option<Site> {
        if site % 4 != 1 {
            return None;
        }
        let known = self.known.read();
        known.sites.get(usize::try_from(site / 4).ok()?).cloned()
    }
}
