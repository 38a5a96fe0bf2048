//! How much of each of many equal parts of the run something took: what a timeline shows of more intervals than a page holds.

/// One line of parts.
#[derive(Clone, Debug, Default)]
struct Plane {
    /// Nanoseconds in parts that are not covered whole.
    part: Vec<u64>,
    /// By how many more intervals a part is covered whole than the one before.
    whole: Vec<i32>,
}

/// The lines of parts of a timeline.
#[derive(Debug)]
pub(super) struct Levels {
    width: u64,
    parts: usize,
    planes: Vec<Plane>,
}

impl Levels {
    /// `planes` lines of at most `parts` parts, over so many nanoseconds.
    pub(super) fn new(planes: usize, parts: usize, duration: u64) -> Self {
        Self {
            width: duration.div_ceil(parts as u64).max(1),
            parts,
            planes: vec![Plane::default(); planes],
        }
    }

    /// Nanoseconds of a part.
    pub(super) fn width(&self) -> u64 {
        self.width
    }

    /// Counts an interval, in a time that does not depend on its length.
    pub(super) fn add(&mut self, plane: usize, start: u64, end: u64) {
        let (width, parts) = (self.width, self.parts);
        let plane = &mut self.planes[plane];
        if plane.part.is_empty() {
            plane.part = vec![0; parts];
            plane.whole = vec![0; parts];
        }
        let at = |time: u64| ((time / width) as usize).min(parts - 1);
        let (first, last) = (at(start), at(end));
        let mut add = |part: usize, time: u64| plane.part[part] = plane.part[part].saturating_add(time);
        if first == last {
            add(first, end - start);
            return;
        }
        add(first, (first as u64 + 1) * width - start);
        add(last, end - last as u64 * width);
        if first + 1 < last {
            plane.whole[first + 1] = plane.whole[first + 1].saturating_add(1);
            plane.whole[last] = plane.whole[last].saturating_sub(1);
        }
    }

    /// The share of each part that was covered, in parts of `one`; where several intervals cover it, it may be more than
    /// `one`, up to 255. What is not nothing is at least 1. Empty for a line without intervals.
    pub(super) fn shares(&self, plane: usize, one: u64) -> Vec<u8> {
        let plane = &self.planes[plane];
        let mut depth = 0i64;
        let parts = plane.part.iter().zip(&plane.whole);
        parts
            .map(|(&part, &whole)| {
                depth += i64::from(whole);
                let covered = u128::from(part) + u128::from(self.width) * depth.max(0) as u128;
                let share = (covered * u128::from(one)).div_ceil(u128::from(self.width));
                share.min(255) as u8
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_of_parts_and_whole_ones() {
        let mut levels = Levels::new(2, 10, 1000);
        assert_eq!(levels.width(), 100);
        levels.add(0, 150, 420);
        assert_eq!(levels.shares(0, 100), [0, 50, 100, 100, 20, 0, 0, 0, 0, 0]);
        levels.add(0, 200, 300);
        assert_eq!(levels.shares(0, 100)[2], 200);
        levels.add(0, 999, 1000);
        assert_eq!(levels.shares(0, 100)[9], 1);
        assert!(levels.shares(1, 100).is_empty());
    }

    proptest! {
        /// Beside one that looks at each nanosecond.
        #[test]
        fn shares_are_what_a_slow_count_finds(
            spans in proptest::collection::vec((0u64..300, 0u64..300), 0..20),
            parts in 1usize..40,
        ) {
            let mut levels = Levels::new(1, parts, 300);
            let mut covered = vec![0u64; parts];
            for (one, other) in spans {
                let (start, end) = (one.min(other), one.max(other));
                levels.add(0, start, end);
                for time in start..end {
                    covered[(time / levels.width()) as usize] += 1;
                }
            }
            let shares = levels.shares(0, 10);
            let slow: Vec<u8> = covered
                .iter()
                .map(|&time| (time * 10).div_ceil(levels.width()).min(255) as u8)
                .collect();
            prop_assert!(shares.is_empty() && covered.iter().all(|&time| time == 0) || shares == slow);
        }
    }
}
