//! Something for each of a few keys: [`Tally`]. Of most things that locks have one for, there are one or two; of hostile traces' ones
//! any number.

use std::collections::HashMap;
use std::hash::Hash;

/// Up to so many are looked for one by one.
const FEW: usize = 8;

pub(crate) enum Tally<K, V> {
    Few(Vec<(K, V)>),
    Many(HashMap<K, V>),
}

impl<K, V> Default for Tally<K, V> {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl<K: Copy + Eq + Hash, V: Default> Tally<K, V> {
    pub(crate) fn at(&mut self, key: K) -> &mut V {
        if let Self::Few(few) = self
            && few.len() == FEW
            && few.iter().all(|(known, _)| *known != key)
        {
            *self = Self::Many(std::mem::take(few).into_iter().collect());
        }
        match self {
            Self::Few(few) => {
                let known = few.iter().position(|(known, _)| *known == key);
                let at = known.unwrap_or_else(|| {
                    // One of most: no room for others before there are any.
                    few.reserve_exact(if few.is_empty() { 1 } else { few.len() });
                    few.push((key, V::default()));
                    few.len() - 1
                });
                &mut few[at].1
            }
            Self::Many(many) => many.entry(key).or_default(),
        }
    }

    /// All of them, in no order.
    pub(crate) fn into_all(self) -> Vec<(K, V)> {
        match self {
            Self::Few(few) => few,
            Self::Many(many) => many.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_however_many_there_are() {
        for keys in [0, 1, 8, 9, 100] {
            let mut tally: Tally<u32, u32> = Tally::default();
            for _ in 0..3 {
                (0..keys).for_each(|key| *tally.at(key) += key);
            }
            let mut all = tally.into_all();
            all.sort_unstable();
            let expected: Vec<(u32, u32)> = (0..keys).map(|key| (key, 3 * key)).collect();
            assert_eq!(all, expected);
        }
    }
}
