//! Numbers that follow from a seed, the same on every machine: xoshiro256**, seeded by splitmix64 (Blackman and Vigna, 2018).

/// A generator.
///
/// ```
/// use threadlink_schedule::Random;
///
/// let (mut one, mut other) = (Random::of(7), Random::of(7));
/// assert_eq!(one.below(100), other.below(100));
/// ```
#[derive(Debug, Clone)]
pub struct Random([u64; 4]);

impl Random {
    /// What follows from this seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut state = seed;
        Self(std::array::from_fn(|_| split_mix(&mut state)))
    }

    /// What follows from this seed for one of many uses of it, by its number.
    #[must_use]
    pub fn of_nth(seed: u64, number: u64) -> Self {
        let mut state = number;
        // Not the sum: neighbours of a seed would then share their numbers.
        Self::of(seed ^ split_mix(&mut state))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.0;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// One of the numbers below `end`, each as likely as any other to within 2^-64 times `end`; 0 if there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        let wide = u128::from(self.bits()) * u128::from(end);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// One of these, which are not none.
    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        let at = self.below(all.len() as u64);
        all.get(usize::try_from(at).ok()?).copied()
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_reference_programs() {
        // What splitmix64.c gives for the seed 1234567.
        let mut state = 1_234_567;
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(std::array::from_fn(|_| split_mix(&mut state)), expected);
        // What xoshiro256starstar.c gives for the state 1, 2, 3, 4.
        let mut random = Random([1, 2, 3, 4]);
        let expected = [
            11_520,
            0,
            1_509_978_240,
            1_215_971_899_390_074_240,
            1_216_172_134_540_287_360,
            607_988_272_756_665_600,
        ];
        assert_eq!(std::array::from_fn(|_| random.bits()), expected);
    }

    #[test]
    fn all_numbers_below_an_end_come_about_equally_often() {
        let mut random = Random::of(1);
        let mut counts = [0_u32; 10];
        for _ in 0..10_000 {
            counts[usize::try_from(random.below(10)).unwrap()] += 1;
        }
        assert!(
            counts.iter().all(|count| (850..1150).contains(count)),
            "{counts:?}"
        );
        assert_eq!(random.below(0), 0);
        assert_eq!(random.below(1), 0);
    }

    #[test]
    fn uses_of_one_seed_have_nothing_to_do_with_each_other() {
        let mut first: Vec<u64> = (0..1000).map(|number| Random::of_nth(5, number).bits()).collect();
        first.extend((0..1000).map(|number| Random::of_nth(6, number).bits()));
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 2000);
    }
}
