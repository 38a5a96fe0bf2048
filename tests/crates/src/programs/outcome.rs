//! What became of a program.

use std::fmt;
use std::time::Duration;

use crate::limited::Ended;

use super::list::{Program, State};

/// How much of what was said is kept: the end of it.
const KEPT: usize = 6000;

/// It.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It got to its end.
    Works { built: Duration, ran: Duration },
    /// It did not, and this is what was said.
    Fails(String),
    /// It took too long, to build or to run.
    TooLong(&'static str),
}

impl Outcome {
    pub(crate) fn failed(ended: &Ended, what: &'static str) -> Outcome {
        if ended.status.is_none() {
            return Outcome::TooLong(what);
        }
        let said = &ended.said;
        let mut start = said.len().saturating_sub(KEPT);
        while !said.is_char_boundary(start) {
            start += 1;
        }
        Outcome::Fails(said[start..].to_owned())
    }

    /// Whether that is what is expected of it. One that takes too long is never expected.
    pub(crate) fn is(&self, program: &Program) -> bool {
        match (self, program.state) {
            (Outcome::Works { .. }, State::Works | State::With) => true,
            (Outcome::Fails(said), State::Fails) => program
                .says
                .as_ref()
                .is_some_and(|expected| said.contains(expected)),
            _ => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Works { built, ran } => {
                write!(
                    f,
                    "works ({:.1} s to build, {:.1} s to run)",
                    built.as_secs_f64(),
                    ran.as_secs_f64()
                )
            }
            Outcome::Fails(_) => f.write_str("fails"),
            Outcome::TooLong(what) => write!(f, "takes too long {what}"),
        }
    }
}
