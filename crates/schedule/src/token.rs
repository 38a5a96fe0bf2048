//! [`Token`]: a plan, and what it is a plan for, as a text that can be copied from a terminal.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::plan::{DEEPEST, Plan, Strategy};
use crate::switch::Switch;

/// What a token begins with, whatever its version.
const NAME: &str = "tlx";
/// The same with the version of all that an execution follows from.
const VERSION: &str = "tlx2";

/// All that it takes to repeat an execution, but for the program itself.
///
/// ```
/// use threadlink_schedule::{Plan, Strategy, Token};
///
/// let plan = Plan { strategy: Strategy::Random, seed: 7, early_timeouts: false, max_steps: 1000 };
/// let token = Token { program: 0xabcd, arguments: 1, settings: "user".to_owned(), number: 3, plan };
/// let text = token.to_string();
/// assert_eq!(text.parse(), Ok(token));
/// assert!(text[1..].parse::<Token>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// A hash of the program.
    pub program: u64,
    /// A hash of its arguments.
    pub arguments: u64,
    /// How the program was prepared, in letters, digits and dashes: whoever runs it knows what that means.
    pub settings: String,
    /// Which schedule of an exploration it was.
    pub number: u64,
    /// What its choices follow from.
    pub plan: Plan,
}

/// A text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It does not look like one.
    #[error("this is no replay token: one begins with `{VERSION}.`")]
    NoToken,
    /// It begins as those of another version of threadlink do, by which it would make another execution.
    #[error(
        "the replay token is of another version of threadlink, whose schedules are others: these begin with `{VERSION}.`; \
         explore the module again"
    )]
    OtherVersion,
    /// Its last part does not fit the rest.
    #[error("the replay token is not whole: a part of it is missing, or a letter was changed")]
    Damaged,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text();
        write!(f, "{text}.{:08x}", check(&text))
    }
}

impl Token {
    fn text(&self) -> String {
        let Self {
            program,
            arguments,
            settings,
            number,
            plan,
        } = self;
        let early = if plan.early_timeouts { "early" } else { "late" };
        let (seed, steps) = (plan.seed, plan.max_steps);
        let strategy = strategy_text(&plan.strategy);
        format!("{VERSION}.{program:x}.{arguments:x}.{settings}.{early}.{steps}.{number}.{seed:x}.{strategy}")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = || parts.next();
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        if next()? != VERSION {
            return None;
        }
        let token = Self {
            program: next().and_then(hex)?,
            arguments: next().and_then(hex)?,
            settings: next()?.to_owned(),
            plan: Plan {
                early_timeouts: match next()? {
                    "early" => true,
                    "late" => false,
                    _ => return None,
                },
                max_steps: next()?.parse().ok()?,
                strategy: Strategy::Random,
                seed: 0,
            },
            number: next()?.parse().ok()?,
        };
        let plan = Plan {
            seed: next().and_then(hex)?,
            strategy: strategy(next()?)?,
            ..token.plan
        };
        next().is_none().then_some(Self { plan, ..token })
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let begins = text.split('.').next().unwrap_or_default();
        if begins != VERSION {
            let version = begins.strip_prefix(NAME).map(str::parse::<u32>);
            return Err(match version {
                Some(Ok(_)) => TokenError::OtherVersion,
                _ => TokenError::NoToken,
            });
        }
        let whole = text
            .rsplit_once('.')
            .filter(|(text, sum)| *sum == format!("{:08x}", check(text)));
        let (text, _) = whole.ok_or(TokenError::Damaged)?;
        Self::parse(text).ok_or(TokenError::Damaged)
    }
}

/// A hash of some texts, which tokens have of what they do not hold themselves.
///
/// ```
/// use threadlink_schedule::hash;
///
/// assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
/// ```
pub fn hash<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    // FNV-1a, of 64 bits. No text has this byte.
    let step = |sum: u64, byte: u8| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let bytes = texts.into_iter().flat_map(|text| text.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, step)
}

fn strategy_text(strategy: &Strategy) -> String {
    let joined = |parts: Vec<String>| parts.join("_");
    match strategy {
        Strategy::Random => "random".to_owned(),
        Strategy::Pct { depth, steps } => format!("pct:{depth}:{steps}"),
        Strategy::Walk { threads } => {
            let one = |(steps, parent): &(u64, Option<u32>)| match parent {
                Some(parent) => format!("{steps}-{parent}"),
                None => steps.to_string(),
            };
            format!("walk:{}", joined(threads.iter().map(one).collect()))
        }
        Strategy::Listed { switches } => {
            format!(
                "listed:{}",
                joined(switches.iter().map(Switch::to_string).collect())
            )
        }
    }
}

fn strategy(text: &str) -> Option<Strategy> {
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    let parts = || rest.split('_').filter(|part| !part.is_empty());
    Some(match name {
        "random" if rest.is_empty() => Strategy::Random,
        "pct" => {
            let (depth, steps) = rest.split_once(':')?;
            let depth = depth.parse().ok().filter(|depth| (1..=DEEPEST).contains(depth))?;
            Strategy::Pct {
                depth,
                steps: steps.parse().ok()?,
            }
        }
        "walk" => {
            let one = |part: &str| match part.split_once('-') {
                Some((steps, parent)) => Some((steps.parse().ok()?, Some(parent.parse().ok()?))),
                None => Some((part.parse().ok()?, None)),
            };
            Strategy::Walk {
                threads: parts().map(one).collect::<Option<_>>()?,
            }
        }
        "listed" => Strategy::Listed {
            switches: parts().map(|part| part.parse().ok()).collect::<Option<_>>()?,
        },
        _ => return None,
    })
}

/// FNV-1a, of 32 bits.
fn check(text: &str) -> u32 {
    let step = |sum: u32, byte: u8| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, step)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Just, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
    use proptest::strategy::Strategy as _;

    use super::*;

    fn strategies() -> impl proptest::strategy::Strategy<Value = Strategy> {
        let switch =
            (any::<u32>(), any::<u64>(), any::<u32>()).prop_map(|(from, at, to)| Switch { from, at, to });
        let thread = (any::<u64>(), any::<Option<u32>>());
        prop_oneof![
            Just(Strategy::Random),
            (1..=DEEPEST, any::<u64>()).prop_map(|(depth, steps)| Strategy::Pct { depth, steps }),
            proptest::collection::vec(thread, 0..9).prop_map(|threads| Strategy::Walk { threads }),
            proptest::collection::vec(switch, 0..9).prop_map(|switches| Strategy::Listed { switches }),
        ]
    }

    fn tokens() -> impl proptest::strategy::Strategy<Value = Token> {
        let numbers = (
            any::<u64>(),
            any::<u64>(),
            any::<u64>(),
            any::<u64>(),
            any::<u64>(),
        );
        (numbers, "[a-z0-9-]{0,12}", any::<bool>(), strategies()).prop_map(
            |((program, arguments, number, seed, max_steps), settings, early_timeouts, strategy)| Token {
                program,
                arguments,
                settings,
                number,
                plan: Plan {
                    strategy,
                    seed,
                    early_timeouts,
                    max_steps,
                },
            },
        )
    }

    proptest! {
        #[test]
        fn a_token_is_read_as_it_was_written(token in tokens()) {
            prop_assert_eq!(token.to_string().parse(), Ok(token));
        }

        #[test]
        fn one_that_is_cut_or_changed_is_none(token in tokens(), at in any::<prop::sample::Index>(), bits in 1_u8..32) {
            let text = token.to_string();
            let at = at.index(text.len());
            prop_assert!(text[..at].parse::<Token>().is_err());
            let mut changed = text.into_bytes();
            changed[at] ^= bits;
            if let Ok(changed) = String::from_utf8(changed) {
                prop_assert!(changed.trim().parse::<Token>().is_err());
            }
        }

        #[test]
        fn one_of_another_version_is_said_to_be_one(token in tokens(), version in any::<u32>()) {
            let begins = format!("{NAME}{version}");
            let text = token.to_string().replacen(VERSION, &begins, 1);
            let expected = if begins == VERSION { Ok(token) } else { Err(TokenError::OtherVersion) };
            prop_assert_eq!(text.parse::<Token>(), expected);
        }

        #[test]
        fn nothing_that_somebody_writes_makes_it_panic(text in "(tlx2)?[.a-z0-9:_-]{0,60}") {
            let _ = text.parse::<Token>();
            let summed = format!("{text}.{:08x}", check(&text));
            let _ = summed.parse::<Token>();
        }
    }
}
