//! Fewer switches that still fail: parts of a list are left out, by halves, then quarters, and so on (Zeller and Hildebrandt's
//! delta debugging, the half of it that takes complements).

use crate::Switch;

/// What is left of `switches` if everything is left out without which the execution still fails. `attempt` executes with a list,
/// and returns the switches that were then really made if it fails in the same way. It is asked as long as there is `more` to be done
/// about it: at each time, that is asked first.
///
/// ```
/// use threadlink_schedule::{Switch, shrink};
///
/// let all: Vec<Switch> = (0..100).map(|at| Switch { from: 0, at, to: 1 }).collect();
/// let fails = |some: &[Switch]| some.iter().any(|switch| switch.at == 42).then(|| some.to_vec());
/// assert_eq!(shrink(all, || true, fails).len(), 1);
/// ```
pub fn shrink(
    switches: Vec<Switch>,
    mut more: impl FnMut() -> bool,
    mut attempt: impl FnMut(&[Switch]) -> Option<Vec<Switch>>,
) -> Vec<Switch> {
    let mut best = switches;
    let mut size = best.len();
    while size > 0 {
        let mut from = 0;
        let mut smaller = false;
        while from < best.len() {
            if !more() {
                return best;
            }
            let to = (from + size).min(best.len());
            let without = [&best[..from], &best[to..]].concat();
            match attempt(&without) {
                // What was made can be more than what was asked for, where a thread spins without the rest.
                Some(made) => {
                    best = if made.len() < without.len() { made } else { without };
                    smaller = true;
                }
                None => from = to,
            }
        }
        size = match size {
            // Once more, as what was needed before may not be so now.
            1 if smaller => 1,
            1 => 0,
            _ => size.div_ceil(2),
        };
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_left_fails_and_nothing_of_it_can_go(
            len in 0_u64..60,
            needed in proptest::collection::btree_set(0_u64..60, 0..5),
        ) {
            let all: Vec<Switch> = (0..len).map(|at| Switch { from: 0, at, to: 1 }).collect();
            let has = |some: &[Switch], wanted: u64| some.iter().any(|switch| switch.at == wanted);
            let needed: Vec<u64> = needed.into_iter().filter(|at| *at < len).collect();
            let fails = |some: &[Switch]| needed.iter().all(|at| has(some, *at)).then(|| some.to_vec());
            let left = shrink(all, || true, fails);
            let left: Vec<u64> = left.iter().map(|switch| switch.at).collect();
            prop_assert_eq!(left, needed);
        }

        #[test]
        fn it_ends_when_there_is_no_more(most in 0_usize..50) {
            let all: Vec<Switch> = (0..1000).map(|at| Switch { from: 0, at, to: 1 }).collect();
            let (mut left, mut asked) = (most, 0);
            let more = || {
                let more = left > 0;
                left = left.saturating_sub(1);
                more
            };
            let shrunk = shrink(all, more, |_| { asked += 1; None });
            prop_assert_eq!(shrunk.len(), 1000);
            prop_assert_eq!(asked, most);
        }
    }
}
