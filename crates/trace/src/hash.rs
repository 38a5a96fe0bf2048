//! Tables by small keys, such as threads and locks: a lookup is a part of what each event of a trace costs, and the hash of the
//! standard library would be the most of it.
//!
//! Keys come from files that anybody may have written. Where they land depends on random numbers that each table has for itself,
//! so that nobody can write a file whose keys all land at one place.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};

/// A map by small keys.
///
/// ```
/// let mut events = threadlink_trace::hash::Map::default();
/// events.insert(7_u32, "seven");
/// assert_eq!(events.get(&7), Some(&"seven"));
/// ```
pub type Map<K, V> = HashMap<K, V, Seed>;

/// A set of small keys.
///
/// ```
/// let threads: threadlink_trace::hash::Set<u32> = [1, 2, 1].into_iter().collect();
/// assert_eq!(threads.len(), 2);
/// ```
pub type Set<K> = HashSet<K, Seed>;

/// The random numbers of a table.
///
/// ```
/// use std::hash::BuildHasher;
/// use threadlink_trace::hash::Seed;
///
/// let seed = Seed::default();
/// assert_eq!(seed.hash_one(7_u32), seed.hash_one(7_u32));
/// assert_ne!(seed.hash_one(7_u32), Seed::default().hash_one(7_u32));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    start: u64,
    factor: u64,
}

impl Default for Seed {
    fn default() -> Self {
        let random = RandomState::new();
        Self {
            start: random.hash_one(0),
            // An even one would lose bits.
            factor: random.hash_one(1) | 1,
        }
    }
}

impl BuildHasher for Seed {
    type Hasher = Folding;

    #[inline]
    fn build_hasher(&self) -> Folding {
        Folding {
            state: self.start,
            factor: self.factor,
        }
    }
}

/// The hash of one key: products whose two halves are laid over each other.
///
/// ```
/// use std::hash::{BuildHasher, Hasher};
///
/// let mut hasher = threadlink_trace::hash::Seed::default().build_hasher();
/// hasher.write_u32(7);
/// let seven = hasher.finish();
/// hasher.write_u32(8);
/// assert_ne!(hasher.finish(), seven);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Folding {
    state: u64,
    factor: u64,
}

impl Folding {
    #[inline]
    fn mix(&mut self, value: u64) {
        let product = u128::from(self.state ^ value) * u128::from(self.factor);
        self.state = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for Folding {
    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
        self.mix(bytes.len() as u64);
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.mix(value.into());
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.mix(value.into());
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }

    #[inline]
    fn write_isize(&mut self, value: isize) {
        self.mix(value as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_stand_in_a_row_or_far_apart_are_spread() {
        for step in [1_u32, 4, 64, 4096, 1 << 20] {
            let seed = Seed::default();
            let mut low = [0_u32; 256];
            let mut high = [0_u32; 128];
            for key in 0..4096_u32 {
                let hash = seed.hash_one(key.wrapping_mul(step));
                low[(hash & 255) as usize] += 1;
                high[(hash >> 57) as usize] += 1;
            }
            // 16 and 32 would be even; a table looks at these bits.
            assert!(low.iter().all(|&count| count < 100), "{step}: {low:?}");
            assert!(high.iter().all(|&count| count < 160), "{step}: {high:?}");
        }
    }

    #[test]
    fn texts_of_other_lengths_have_other_hashes() {
        let seed = Seed::default();
        let hashes: Set<u64> = (0..20).map(|length| seed.hash_one("\0".repeat(length))).collect();
        assert_eq!(hashes.len(), 20);
    }
}
