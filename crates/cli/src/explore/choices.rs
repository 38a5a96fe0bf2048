//! [`Choices`]: what somebody chooses of schedules, besides how many. `threadlink test` hands it on to its runners in a variable,
//! with the number: an [`Order`].

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use threadlink_host::Points;
use threadlink_schedule::Mix;

use crate::run::seconds;

/// Steps after which an execution does not come to an end, if nobody says.
const MAX_STEPS: NonZeroU64 = NonZeroU64::new(1_000_000).expect("it is not 0");

/// How schedules are chosen.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(crate) struct Choices {
    /// Execute no more schedules after this many seconds; may be a fraction
    #[arg(long, value_name = "SECS", value_parser = seconds)]
    pub(super) seconds: Option<Duration>,

    /// What schedules follow from, besides their numbers
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(super) seed: u64,

    /// How threads are chosen: random, pct:D (D from 1 to 100), walk, several of these with commas between, which take turns, or
    /// mix, which is random,pct:3,walk,pct:5
    #[arg(long, value_name = "STRATEGY", default_value = "mix")]
    pub(super) strategy: Mix,

    /// Where a thread can be stopped, besides where it waits, wakes, starts or joins: at atomic accesses that the program's own
    /// code does or calls a library for (user), at all of them (all), at the own code's plain accesses of memory too (plain), or
    /// at its loops too (loops)
    #[arg(long, value_name = "POINTS", default_value_t)]
    pub(super) points: Points,

    /// Let waits with a time limit end by that though others could still go on, now and then
    #[arg(long)]
    pub(super) early_timeouts: bool,

    /// Steps after which an execution counts as one that does not come to an end
    #[arg(long, value_name = "N", default_value_t = MAX_STEPS)]
    pub(super) max_steps: NonZeroU64,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            seconds: None,
            seed: 0,
            strategy: Mix::default(),
            points: Points::default(),
            early_timeouts: false,
            max_steps: MAX_STEPS,
        }
    }
}

/// What runners are to do with each test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// Schedules of each test.
    pub(crate) schedules: NonZeroU64,
    pub(crate) choices: Choices,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Choices {
            seconds,
            seed,
            strategy,
            points,
            early_timeouts,
            max_steps,
        } = &self.choices;
        let early = if *early_timeouts { "early" } else { "late" };
        let schedules = self.schedules;
        write!(f, "{schedules} {seed} {strategy} {points} {early} {max_steps}")?;
        match seconds {
            Some(seconds) => write!(f, " {}", seconds.as_secs_f64()),
            None => Ok(()),
        }
    }
}

impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split(' ').collect();
        let (words, limit) = match words.as_slice() {
            [words @ .., limit] if words.len() == 6 => (words, Some(*limit)),
            words => (words, None),
        };
        let [schedules, seed, strategy, points, early, max_steps] = words else {
            return Err("it does not have six words".to_owned());
        };
        let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no number"));
        let count = |text: &str| {
            let count = text.parse::<NonZeroU64>();
            count.map_err(|_| format!("{text:?} is no number above 0"))
        };
        Ok(Self {
            schedules: count(schedules)?,
            choices: Choices {
                seconds: limit.map(seconds).transpose()?,
                seed: number(seed)?,
                strategy: strategy.parse::<Mix>().map_err(|error| error.to_string())?,
                points: points.parse()?,
                early_timeouts: *early == "early",
                max_steps: count(max_steps)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_reads_what_it_writes() {
        let choices = Choices {
            seconds: Some(Duration::from_millis(1500)),
            seed: u64::MAX,
            strategy: "random,pct:3".parse().expect("strategies"),
            points: Points::Loops,
            early_timeouts: true,
            max_steps: MAX_STEPS,
        };
        for choices in [choices, Choices::default()] {
            let schedules = NonZeroU64::MIN;
            let order = Order { schedules, choices };
            assert_eq!(order.to_string().parse(), Ok(order));
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "0 0 mix user late 1",
            "1 0 mix user late 0",
            "1 x mix user late 1",
            "1 0 mi user late 1",
            "1 0 mix nobody late 1",
            "1 0 mix user late 1 -1",
            "1 0 mix user late 1 1 1",
        ] {
            assert!(text.parse::<Order>().is_err(), "{text:?}");
        }
    }
}
