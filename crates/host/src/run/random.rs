//! Random bytes for guests: the system's, or streams that follow from a seed.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// What is drawn from for a thread's own bytes. Those from 1 on have the keys of its children, one each.
const OWN: u64 = 0;
/// What start functions draw from. No thread has so many children.
const OF_START: u64 = u64::MAX;

/// What the guest's random bytes are in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Random {
    /// The operating system's.
    System,
    /// What follows from this number.
    Seeded(u64),
    /// There are none.
    None,
}

/// Where one thread's random bytes come from.
#[derive(Debug)]
pub(crate) enum Source {
    System,
    Seeded(Box<Streams>),
    None,
}

/// What follows from the key of a thread: its own bytes, and the keys of its children. So a thread's bytes depend on what its
/// forebears did, and not on how fast anybody was.
#[derive(Debug)]
pub(crate) struct Streams {
    key: [u8; 32],
    children: u64,
    own: ChaCha20Rng,
}

impl Streams {
    fn new(key: [u8; 32], own: u64) -> Self {
        Self {
            key,
            children: 0,
            own: stream(key, own),
        }
    }
}

/// One of the streams of a key.
fn stream(key: [u8; 32], number: u64) -> ChaCha20Rng {
    let mut stream = ChaCha20Rng::from_seed(key);
    stream.set_stream(number);
    stream
}

impl Source {
    /// The main thread's.
    pub(super) fn of_main(random: Random) -> Self {
        Self::first(random, OWN)
    }

    /// A start function's, each time that it runs: nobody knows yet for which thread that is.
    pub(super) fn of_start(random: Random) -> Self {
        Self::first(random, OF_START)
    }

    fn first(random: Random, own: u64) -> Self {
        match random {
            Random::System => Self::System,
            Random::None => Self::None,
            Random::Seeded(seed) => {
                let mut key = [0; 32];
                key[..8].copy_from_slice(&seed.to_le_bytes());
                Self::Seeded(Box::new(Streams::new(key, own)))
            }
        }
    }

    /// That of the next thread that this one has started.
    pub(crate) fn of_child(&mut self) -> Self {
        match self {
            Self::System => Self::System,
            Self::None => Self::None,
            Self::Seeded(streams) => {
                streams.children += 1;
                let mut key = [0; 32];
                stream(streams.key, streams.children).fill_bytes(&mut key);
                Self::Seeded(Box::new(Streams::new(key, OWN)))
            }
        }
    }

    /// Fills `bytes`; `false` if there are none to be had.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> bool {
        match self {
            Self::System => getrandom::fill(bytes).is_ok(),
            Self::None => false,
            Self::Seeded(streams) => {
                streams.own.fill_bytes(bytes);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(source: &mut Source) -> [u8; 16] {
        let mut bytes = [0; 16];
        assert!(source.fill(&mut bytes));
        bytes
    }

    #[test]
    fn a_thread_draws_what_follows_from_the_seed_and_its_place_in_the_family() {
        let family = |seed: u64, late: bool| {
            let mut main = Source::of_main(Random::Seeded(seed));
            let mut all = Vec::new();
            let mut first = main.of_child();
            let early = (!late).then(|| drawn(&mut main));
            let mut second = main.of_child();
            let mut grandchild = first.of_child();
            all.extend(early);
            for source in [&mut second, &mut grandchild, &mut first] {
                all.push(drawn(source));
            }
            if late {
                all.insert(0, drawn(&mut main));
            }
            all.push(drawn(&mut main));
            all
        };
        let mut all = family(7, false);
        assert_eq!(family(7, true), all);
        all.extend(family(8, false));
        all.push(drawn(&mut Source::of_start(Random::Seeded(7))));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "two sources drew the same");
    }

    #[test]
    fn the_systems_bytes_differ_and_none_are_none() {
        let mut main = Source::of_main(Random::System);
        assert_ne!(drawn(&mut main), drawn(&mut main.of_child()));
        let mut none = Source::of_main(Random::None);
        assert!(!none.of_child().fill(&mut []) && !none.fill(&mut [0; 4]));
    }
}
