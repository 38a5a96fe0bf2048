//! [`Patience`]: how long a spawn waits for threads that are about to end.
//!
//! Those that are quick are worth waiting for, as their memory serves the next thread. But their last steps include the
//! destructors of thread-locals, which are the program's and may be slow every time: so each wait in vain leaves a quarter
//! for the next, and it takes many that were worth it to make up for one that was not.

use core::sync::atomic::{AtomicU32, Ordering};

/// Pauses that a wait has at most, and at first.
const MOST: u32 = 1_000;
/// What a wait that was worth it adds.
const REWARD: u32 = 8;

/// How many pauses the next wait has.
pub(crate) struct Patience(AtomicU32);

impl Patience {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(MOST))
    }

    /// Pauses that a wait has now.
    pub(crate) fn pauses(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// A wait was worth it. Of two at the same time, one may go uncounted.
    pub(crate) fn rewarded(&self) {
        let pauses = self.pauses();
        if pauses < MOST {
            self.0.store((pauses + REWARD).min(MOST), Ordering::Relaxed);
        }
    }

    /// A wait has used all its pauses, and those that it waited for had not ended.
    pub(crate) fn disappointed(&self) {
        self.0.store(self.pauses() / 4, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn waits_in_vain_cost_less_than_two_altogether() {
        let patience = Patience::new();
        let mut pauses = 0;
        for _ in 0..1_000_000 {
            pauses += patience.pauses();
            patience.disappointed();
        }
        assert!((MOST..=2 * MOST).contains(&pauses), "{pauses}");
    }

    #[test]
    fn a_wait_in_vain_now_and_again_costs_little_each_time() {
        let patience = Patience::new();
        for _ in 0..100 {
            patience.disappointed();
            patience.rewarded();
        }
        assert!(patience.pauses() <= 2 * REWARD, "{}", patience.pauses());
    }

    #[test]
    fn patience_comes_back_and_has_an_end() {
        let patience = Patience::new();
        for _ in 0..20 {
            patience.disappointed();
        }
        assert_eq!(patience.pauses(), 0);
        for _ in 0..1_000 {
            patience.rewarded();
        }
        assert_eq!(patience.pauses(), MOST);
    }
}
