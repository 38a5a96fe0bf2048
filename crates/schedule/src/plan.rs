//! What a schedule follows from: a strategy with all its parameters, and a seed.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::random::Random;
use crate::{Switch, ThreadId};

/// How threads are chosen, with all that this depends on besides a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// At each point any of the threads that can go on, each as likely as the others.
    Random,
    /// Probabilistic concurrency testing (Burckhardt et al., 2010): the thread of the highest priority runs, and at
    /// `depth - 1` of `steps` steps the one that runs gets the lowest. Where nobody else could run that would change nothing, so
    /// only the others count.
    Pct {
        /// How many constraints on the order of points a bug may have: at least 1.
        depth: u32,
        /// Steps that an execution is thought to have at which more than one thread can go on.
        steps: u64,
    },
    /// A uniform random walk (Zhao et al., 2025): a thread is as likely to go on as it has steps left, compared to the others.
    /// Without blocking, every interleaving of these steps is equally likely.
    Walk {
        /// Steps that each thread is thought to take, and who starts it, by the threads' numbers.
        threads: Vec<(u64, Option<ThreadId>)>,
    },
    /// These switches and no others: what is left of an execution that was shrunk.
    Listed {
        /// In the order in which they came.
        switches: Vec<Switch>,
    },
}

/// How many steps each thread took in an execution, and who had started it, by the threads' numbers.
///
/// ```
/// use threadlink_schedule::Profile;
///
/// let profile = Profile { threads: vec![(40, None), (17, Some(0))], contended: 30 };
/// assert!(profile.contended <= profile.steps());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// Steps, and who started the thread.
    pub threads: Vec<(u64, Option<ThreadId>)>,
    /// Of all these steps, those at which more than one thread could go on.
    pub contended: u64,
}

impl Profile {
    /// The steps of all.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.threads.iter().map(|(steps, _)| *steps).sum()
    }
}

/// All that the choices of one execution follow from.
///
/// ```
/// use threadlink_schedule::{Plan, Scheduler, Strategy};
///
/// let plan = Plan { strategy: Strategy::Random, seed: 1, early_timeouts: false, max_steps: 1000 };
/// let scheduler = Scheduler::new(&plan);
/// assert_eq!(scheduler.steps(), 0);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How threads are chosen.
    pub strategy: Strategy,
    /// Where the numbers come from that are drawn on the way.
    pub seed: u64,
    /// Whether a wait with a time limit may end by that, though others can still go on: in one of 32 choices.
    pub early_timeouts: bool,
    /// Steps after which an execution counts as one that does not come to an end.
    pub max_steps: u64,
}

/// A strategy as somebody asks for it: those with parameters that only executions tell lack these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Random,
    Pct(u32),
    Walk,
}

/// Strategies that take turns.
///
/// ```
/// use threadlink_schedule::{Mix, Profile, Strategy};
///
/// let mix: Mix = "random,pct:3".parse()?;
/// let profile = Profile { threads: vec![(12, None), (5, Some(0))], contended: 9 };
/// assert_eq!(mix.nth(1, &profile), Strategy::Random);
/// assert_eq!(mix.nth(2, &profile), Strategy::Pct { depth: 3, steps: 9 });
/// assert_eq!(mix.nth(3, &profile), Strategy::Random);
/// # Ok::<(), threadlink_schedule::StrategyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix(Vec<Named>);

/// No strategy is called so.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "there is no strategy {0:?}: there are random, pct:D (D from 1 to 100), walk, several of them with commas between, and mix"
)]
pub struct StrategyError(String);

/// The largest depth of PCT that can be asked for.
pub(crate) const DEEPEST: u32 = 100;

impl Default for Mix {
    fn default() -> Self {
        Self(vec![Named::Random, Named::Pct(3), Named::Walk, Named::Pct(5)])
    }
}

impl FromStr for Mix {
    type Err = StrategyError;

    fn from_str(text: &str) -> Result<Self, StrategyError> {
        if text == "mix" {
            return Ok(Self::default());
        }
        let one = |name: &str| match name {
            "random" => Some(Named::Random),
            "walk" => Some(Named::Walk),
            _ => {
                let depth = name.strip_prefix("pct:")?.parse().ok()?;
                (1..=DEEPEST).contains(&depth).then_some(Named::Pct(depth))
            }
        };
        let known = |name: &str| one(name).ok_or_else(|| StrategyError(name.to_owned()));
        Ok(Self(text.split(',').map(known).collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, named) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(",")?;
            }
            match named {
                Named::Random => f.write_str("random")?,
                Named::Pct(depth) => write!(f, "pct:{depth}")?,
                Named::Walk => f.write_str("walk")?,
            }
        }
        Ok(())
    }
}

impl Mix {
    /// That of the schedule of this number, counted from 1, of a program whose first execution had this profile.
    #[must_use]
    pub fn nth(&self, number: u64, profile: &Profile) -> Strategy {
        let place = number.saturating_sub(1) % (self.0.len().max(1) as u64);
        let named = usize::try_from(place).ok().and_then(|place| self.0.get(place));
        match named {
            None | Some(Named::Random) => Strategy::Random,
            Some(Named::Pct(depth)) => Strategy::Pct {
                depth: *depth,
                steps: profile.contended,
            },
            Some(Named::Walk) => Strategy::Walk {
                threads: profile.threads.clone(),
            },
        }
    }
}

impl Plan {
    /// What the numbers of this plan are drawn from.
    pub(crate) fn random(&self) -> Random {
        Random::of(self.seed)
    }

    /// The seed of the schedule of this number.
    #[must_use]
    pub fn nth_seed(seed: u64, number: u64) -> u64 {
        Random::of_nth(seed, number).bits()
    }
}
