//! How much memory a guest may make its host spend on remembering: one number of bytes for all of a run.
//!
//! What is counted is counted where it is made, as what it costs with its place in a table, and given back where it is
//! dropped ([`Charge`]). Whoever is refused does without: a thread is not started, a lock not watched.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a budget unless somebody says otherwise.
const BYTES: u64 = 256 << 20;

/// What one entry costs a table at worst, besides what it leads to: tables are at least half empty after they have grown,
/// and have both sizes while they grow.
pub(crate) const PLACE: usize = 64;

/// Bytes that are left for what a host remembers of one run.
///
/// ```
/// use std::sync::Arc;
/// use threadlink_watch::Budget;
///
/// let budget = Arc::new(Budget::new(100));
/// let charge = budget.charge(60).expect("there is enough");
/// assert!(budget.charge(60).is_none());
/// drop(charge);
/// assert_eq!(budget.left(), 100);
/// ```
#[derive(Debug)]
pub struct Budget {
    left: AtomicU64,
}

impl Default for Budget {
    /// 256 MiB.
    fn default() -> Self {
        Self::new(BYTES)
    }
}

impl Budget {
    /// A budget of this many bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self {
            left: AtomicU64::new(bytes),
        }
    }

    /// Bytes that are left now.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// Takes bytes for good; `false` (and nothing taken) if there are not so many left.
    #[must_use]
    pub fn take(&self, bytes: usize) -> bool {
        let less = |left: u64| left.checked_sub(bytes as u64);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    /// Takes bytes for as long as the charge lives.
    #[must_use]
    pub fn charge(self: &Arc<Self>, bytes: usize) -> Option<Charge> {
        let mut charge = Charge {
            budget: self.clone(),
            bytes: 0,
        };
        charge.add(bytes).then_some(charge)
    }
}

/// A part of a [`Budget`] that is in use; given back when this is dropped.
///
/// ```
/// use std::sync::Arc;
/// use threadlink_watch::Budget;
///
/// let budget = Arc::new(Budget::new(100));
/// let mut charge = budget.charge(10).expect("there is enough");
/// assert!(charge.add(90) && !charge.add(1));
/// charge.reduce(50);
/// assert_eq!(budget.left(), 50);
/// ```
#[derive(Debug)]
pub struct Charge {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Charge {
    /// Takes more; `false` (and nothing taken) if there is not so much left.
    #[must_use]
    pub fn add(&mut self, bytes: usize) -> bool {
        let Some(all) = self.bytes.checked_add(bytes) else {
            return false;
        };
        let fits = self.budget.take(bytes);
        if fits {
            self.bytes = all;
        }
        fits
    }

    /// Gives some of it back: at most all that this charge has.
    pub fn reduce(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.left.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.reduce(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_comes_back_and_no_more_than_that() {
        let budget = Arc::new(Budget::new(1000));
        let mut one = budget.charge(400).unwrap();
        let two = budget.charge(600).unwrap();
        assert!(budget.charge(1).is_none() && budget.charge(0).is_some());
        one.reduce(500);
        assert_eq!(budget.left(), 400);
        assert!(!one.add(usize::MAX) && one.add(usize::MAX / usize::MAX));
        drop(two);
        drop(one);
        assert_eq!(budget.left(), 1000);
    }

    #[test]
    fn what_is_taken_for_good_stays_away() {
        let budget = Arc::new(Budget::new(10));
        assert!(budget.take(4) && !budget.take(7) && budget.take(6));
        assert_eq!(budget.left(), 0);
    }
}
