//! How long a thread looks whether its wait is over before it sleeps.
//!
//! To sleep and be woken costs from a few microseconds up to fifty, on virtual machines above all, and so does whoever does
//! the waking. A wait that is shorter is better spent looking: to look for as long as that costs at most twice what the better
//! of both would have cost (Karlin and others, *Empirical studies of competitive spinning*, 1991). But who looks takes a
//! processor, maybe from the thread that it waits for. So a thread looks only while the threads of the run that are awake have a
//! processor each; and whenever it has looked in vain, it sleeps at once for the next few waits, each time twice as many. What
//! other programs do on the machine, the run does not know, but that shows in the same way: then nobody comes while one looks.
//!
//! Whether a wait was short is no measure: that of a thread that sleeps, and leaves the processor to the other, may well be.

use std::time::Instant;

/// How often a thread looks before it asks for the time: about a fifth of a microsecond.
const GLANCES: u32 = 4;

/// The most waits without a look between two looks.
const LEAST_OFTEN: u32 = 256;

/// Whether it has been worth it for one thread to look.
#[derive(Default)]
pub(crate) struct Eagerness {
    /// Waits that are to come without a look.
    without: u32,
    /// How many there were after the last look in vain; less with each look that was not.
    last: u32,
}

impl Eagerness {
    /// A wait begins: whether to look.
    pub(crate) fn looks(&mut self) -> bool {
        if self.without == 0 {
            return true;
        }
        self.without -= 1;
        false
    }

    /// The wait was over while the thread looked.
    pub(crate) fn rewarded(&mut self) {
        self.last /= 2;
    }

    /// The thread has looked for as long as it may, and the wait goes on.
    pub(crate) fn disappointed(&mut self) {
        self.last = (2 * self.last).clamp(1, LEAST_OFTEN);
        self.without = self.last;
    }
}

/// Looks until `ended` says so, or the time is over; whether it says so.
pub(crate) fn look(until: Instant, ended: impl Fn() -> bool) -> bool {
    loop {
        for _ in 0..GLANCES {
            if ended() {
                return true;
            }
            std::hint::spin_loop();
        }
        if Instant::now() >= until {
            return ended();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In how many of these waits it looks; a wait is `true` if a look is rewarded.
    fn looks(eagerness: &mut Eagerness, waits: impl IntoIterator<Item = bool>) -> u32 {
        let mut looks = 0;
        for short in waits {
            if eagerness.looks() {
                looks += 1;
                if short {
                    eagerness.rewarded();
                } else {
                    eagerness.disappointed();
                }
            }
        }
        looks
    }

    #[test]
    fn who_looks_in_vain_every_time_soon_sleeps_at_once() {
        let mut eagerness = Eagerness::default();
        assert_eq!(looks(&mut eagerness, [true; 1_000]), 1_000);
        assert!(looks(&mut eagerness, [false; 1_000]) <= 12);
        assert!(looks(&mut eagerness, [false; 100_000]) <= 400);
    }

    #[test]
    fn rewards_bring_it_back() {
        let mut eagerness = Eagerness::default();
        looks(&mut eagerness, [false; 100_000]);
        looks(&mut eagerness, [true; 2_000]);
        assert_eq!(looks(&mut eagerness, [true; 1_000]), 1_000);
        assert!(looks(&mut eagerness, [false; 100]) <= 7);
    }

    #[test]
    fn a_look_in_vain_now_and_again_changes_little() {
        let mut eagerness = Eagerness::default();
        let mixed = (0..1_000).map(|wait| wait % 10 != 0);
        assert!(looks(&mut eagerness, mixed) >= 800);
    }
}
