//! How many values of which size there were: [`Histogram`], for quantiles in little memory.
//!
//! Values up to 63 are kept as they are, larger ones by their highest six bits: a quantile is at most one part in 32 (3.2 %) above
//! the value that was seen, never below it. However many values there are, there are 1,920 sizes at most.

/// Bits of a value that are kept below its highest one.
const BITS: u32 = 5;
/// Bits of a packed bucket that count; the others say which size.
const COUNT_BITS: u32 = 48;
const COUNT: u64 = (1 << COUNT_BITS) - 1;

/// Counts by size, each packed into one word, ascending.
#[derive(Clone, Default)]
pub(crate) enum Histogram {
    #[default]
    None,
    /// Most locks have been held once, or a few times alike: these cost no memory of their own.
    One(u64),
    Many(Vec<u64>),
}

impl Histogram {
    pub(crate) fn add(&mut self, value: u64) {
        self.add_packed(pack(size(value), 1));
    }

    /// Adds all that another one counted.
    pub(crate) fn merge(&mut self, other: &Histogram) {
        other.buckets().iter().for_each(|&bucket| self.add_packed(bucket));
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> u64 {
        self.buckets().iter().map(|bucket| bucket & COUNT).sum()
    }

    /// The value that so many of a hundred are not above, and `zeros` values that are 0 besides those that were added. No more
    /// than `max`, the largest of them.
    pub(crate) fn percentile(&self, percent: u32, zeros: u64, max: u64) -> u64 {
        let all = u128::from(self.len() + zeros);
        let rank = (all * u128::from(percent)).div_ceil(100);
        let mut seen = u128::from(zeros);
        if rank <= seen {
            return 0;
        }
        for bucket in self.buckets() {
            seen += u128::from(bucket & COUNT);
            if seen >= rank {
                return largest(bucket >> COUNT_BITS).min(max);
            }
        }
        max
    }

    fn buckets(&self) -> &[u64] {
        match self {
            Self::None => &[],
            Self::One(bucket) => std::slice::from_ref(bucket),
            Self::Many(buckets) => buckets,
        }
    }

    fn add_packed(&mut self, added: u64) {
        let size = added >> COUNT_BITS;
        match self {
            Self::None => *self = Self::One(added),
            Self::One(bucket) if *bucket >> COUNT_BITS == size => more(bucket, added),
            Self::One(bucket) => {
                let mut buckets = vec![*bucket, added];
                buckets.sort_unstable();
                *self = Self::Many(buckets);
            }
            Self::Many(buckets) => {
                let at = buckets.partition_point(|bucket| bucket >> COUNT_BITS < size);
                match buckets.get_mut(at) {
                    Some(bucket) if *bucket >> COUNT_BITS == size => more(bucket, added),
                    // Each size comes once, so all that is moved is bounded.
                    _ => buckets.insert(at, added),
                }
            }
        }
    }
}

fn pack(size: u64, count: u64) -> u64 {
    size << COUNT_BITS | count.min(COUNT)
}

fn more(bucket: &mut u64, added: u64) {
    *bucket = pack(*bucket >> COUNT_BITS, (*bucket & COUNT) + (added & COUNT));
}

/// The number of a value's size.
fn size(value: u64) -> u64 {
    let high = value.checked_ilog2().unwrap_or(0);
    match high.checked_sub(BITS) {
        None | Some(0) => value,
        Some(shift) => (u64::from(shift) << BITS) + (value >> shift),
    }
}

/// The largest value of a size.
fn largest(size: u64) -> u64 {
    let Some(shift) = (size >> BITS).checked_sub(1) else {
        return size;
    };
    let first = (size - (shift << BITS)) << shift;
    first + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_in_order_and_as_wide_as_they_say() {
        let mut before = None;
        for number in 0..1_920 {
            let last = largest(number);
            let first = before.map_or(0, |before: u64| before + 1);
            assert_eq!((size(first), size(last)), (number, number));
            assert!(last - first <= first / 32, "{first} to {last}");
            before = Some(last);
        }
        assert_eq!(before, Some(u64::MAX));
    }

    #[test]
    fn many_alike_take_no_memory() {
        let mut histogram = Histogram::default();
        (0..1_000).for_each(|_| histogram.add(700));
        assert!(matches!(histogram, Histogram::One(_)));
        assert_eq!((histogram.len(), histogram.percentile(50, 0, 700)), (1_000, 700));
        assert_eq!(histogram.percentile(50, 1_000, 700), 0);
        assert_eq!(histogram.percentile(51, 1_000, 700), 700);
        assert_eq!(Histogram::default().percentile(99, 0, 0), 0);
    }

    proptest! {
        /// Against the sorted values themselves.
        #[test]
        fn a_percentile_is_little_above_the_true_one(
            values in prop::collection::vec(prop_oneof![0u64..200, any::<u64>(), (0u32..64).prop_map(|bit| 1 << bit)], 1..200),
            zeros in 0usize..50,
            percent in 1u32..=100,
            cut in any::<prop::sample::Index>(),
        ) {
            let (left, right) = values.split_at(cut.index(values.len()));
            let (mut histogram, mut other) = (Histogram::default(), Histogram::default());
            left.iter().for_each(|&value| histogram.add(value));
            right.iter().for_each(|&value| other.add(value));
            histogram.merge(&other);
            let mut sorted = values.clone();
            sorted.extend(vec![0; zeros]);
            sorted.sort_unstable();
            let rank = (sorted.len() * percent as usize).div_ceil(100);
            let (truth, max) = (sorted[rank - 1], sorted[sorted.len() - 1]);
            let found = histogram.percentile(percent, zeros as u64, max);
            prop_assert!(found >= truth && found - truth <= truth / 32, "{found} for {truth}");
            prop_assert_eq!(histogram.len(), values.len() as u64);
        }
    }
}
