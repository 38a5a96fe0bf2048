//! Has a test passed? How its program ended, held against what was expected of it.

use threadlink_host::{End, Outcome, RunError};

use super::records::{ShouldPanic, Test};

/// What came of a test that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    /// Why, for a person; ends with a newline.
    Failed(String),
}

/// Judges a run.
pub(super) fn judge(test: &Test, outcome: &Result<Outcome, RunError>) -> Verdict {
    match outcome {
        Ok(outcome) => of_end(test, &outcome.end),
        Err(error) => Verdict::Failed(format!("the test could not be started: {error}\n")),
    }
}

fn of_end(test: &Test, end: &End) -> Verdict {
    let report = end.to_string();
    match (end, &test.should_panic) {
        // `exit(0)` says success as a program does.
        (End::Returned | End::Exited(0), ShouldPanic::No) => Verdict::Passed,
        (End::Exited(code), ShouldPanic::No) => {
            Verdict::Failed(format!("the test ended with exit code {code}\n"))
        }
        (_, ShouldPanic::No) => Verdict::Failed(report),
        (End::Panicked(_), ShouldPanic::Yes) => Verdict::Passed,
        (End::Panicked(death), ShouldPanic::With(expected)) if death.message.contains(expected) => {
            Verdict::Passed
        }
        (End::Panicked(death), ShouldPanic::With(expected)) => Verdict::Failed(format!(
            "{report}note: panic did not contain expected string\n      panic message: {:?}\n expected substring: \
             {expected:?}\n",
            death.message
        )),
        (End::Returned | End::Exited(_), _) => Verdict::Failed(format!(
            "note: test did not panic as expected at {}\n",
            test.place
        )),
        _ => Verdict::Failed(format!(
            "{report}note: test did not panic as expected: it ended otherwise\n"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn judged(should_panic: ShouldPanic, end: &End) -> Verdict {
        let test = Test {
            name: "t".to_owned(),
            export: String::new(),
            place: "f.rs:3".to_owned(),
            ignored: None,
            should_panic,
        };
        of_end(&test, end)
    }

    #[test]
    fn a_test_passes_by_returning_success() {
        assert_eq!(judged(ShouldPanic::No, &End::Returned), Verdict::Passed);
        assert_eq!(judged(ShouldPanic::No, &End::Exited(0)), Verdict::Passed);
        let Verdict::Failed(why) = judged(ShouldPanic::No, &End::Exited(7)) else {
            panic!("7 is no success")
        };
        assert!(why.contains("exit code 7"), "{why}");
    }

    #[test]
    fn only_a_panic_is_a_panic() {
        let late = End::TimedOut {
            limit: Duration::from_secs(1),
            threads: Vec::new(),
        };
        for (end, clue) in [
            (End::Returned, "f.rs:3"),
            (End::Exited(1), "f.rs:3"),
            (late, "timeout:"),
        ] {
            let Verdict::Failed(why) = judged(ShouldPanic::Yes, &end) else {
                panic!("{end:?} is no panic")
            };
            assert!(why.contains("did not panic") && why.contains(clue), "{why}");
        }
    }
}
