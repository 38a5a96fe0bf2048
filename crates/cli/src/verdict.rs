//! Which findings of a report end a verb with an exit code of their own: `--fail-on`.

use clap::{Args, ValueEnum};
use threadlink_analysis::{FindingKind, Report};

/// What `--fail-on` accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A deadlock that happened: exit code 3
    Actual,
    /// One that another schedule of the same run meets: exit code 4
    Predicted,
    /// Locks taken in orders that make a circle, without such a proof: exit code 5
    Inversion,
}

impl Kind {
    fn finding(self) -> FindingKind {
        match self {
            Self::Actual => FindingKind::Actual,
            Self::Predicted => FindingKind::Predicted,
            Self::Inversion => FindingKind::Inversion,
        }
    }

    fn code(self) -> i32 {
        match self {
            Self::Actual => 3,
            Self::Predicted => 4,
            Self::Inversion => 5,
        }
    }
}

/// The findings for which a verb fails.
#[derive(Debug, Args)]
pub(crate) struct FailOn {
    /// Fail if there is a deadlock of one of these kinds, separated by commas: exit code 3 for one that happened, 4 for one that
    /// could have, 5 for an order inversion; the first of these that there is
    #[arg(long, value_name = "KINDS", value_enum, value_delimiter = ',')]
    fail_on: Vec<Kind>,
}

impl FailOn {
    /// Whether there is anything to fail for.
    pub(crate) fn is_given(&self) -> bool {
        !self.fail_on.is_empty()
    }

    /// The exit code that this report deserves; 0 if none.
    pub(crate) fn code(&self, report: &Report) -> i32 {
        let found = |kind: &&Kind| {
            report
                .deadlocks
                .findings
                .iter()
                .any(|finding| finding.kind == kind.finding())
        };
        let codes = self.fail_on.iter().filter(found).map(|kind| kind.code());
        codes.min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use threadlink_export::read_std;

    #[test]
    fn the_worst_that_is_asked_for_decides() {
        let text = "T0|fork(T1)|1\nT1|acq(A)|2\nT1|acq(B)|3\nT1|rel(B)|4\nT1|rel(A)|5\nT0|join(T1)|6\n\
                    T0|acq(B)|7\nT0|acq(A)|8\nT0|rel(A)|9\nT0|rel(B)|10\n\
                    T2|acq(C)|11\nT2|acq(D)|12\nT2|rel(D)|13\nT2|rel(C)|14\n\
                    T0|acq(D)|15\nT0|acq(C)|16\nT0|rel(C)|17\nT0|rel(D)|18\n";
        let report = Report::of(&read_std(text.as_bytes()).expect("STD"));
        for (kinds, code) in [
            (&[][..], 0),
            (&[Kind::Actual], 0),
            (&[Kind::Inversion], 5),
            (&[Kind::Inversion, Kind::Predicted, Kind::Actual], 4),
        ] {
            let fail_on = FailOn {
                fail_on: kinds.to_vec(),
            };
            assert_eq!(fail_on.code(&report), code, "{kinds:?}");
            assert_eq!(fail_on.is_given(), !kinds.is_empty());
        }
    }
}
