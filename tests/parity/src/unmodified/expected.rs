//! Which of std's tests do not pass on a guest, and why: `exceptions.toml` beside the tool.

use std::collections::BTreeMap;

use serde::Deserialize;
use threadlink_toolchain::Panic;

use super::outcome::Outcome;
use crate::source::{read, workspace};

/// A test that does not pass.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The test, its suite first.
    pub test: String,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Why.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    exception: Vec<Exception>,
}

/// Reads the list.
///
/// # Errors
/// A sentence for people: it cannot be read, or gives no reason.
pub fn exceptions() -> Result<Vec<Exception>, String> {
    let path = workspace().join("tests/parity/exceptions.toml");
    parse(&read(&path)?).map_err(|error| format!("{}: {error}", path.display()))
}

fn parse(text: &str) -> Result<Vec<Exception>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    for exception in &file.exception {
        if exception.why.trim().is_empty() {
            return Err(format!("{} has no reason", exception.test));
        }
        if exception.outcome == Outcome::Passed {
            return Err(format!("{} is no exception", exception.test));
        }
    }
    Ok(file.exception)
}

/// What is wrong with the outcomes of a suite, a sentence each.
#[must_use]
pub fn problems(
    suite: &str,
    outcomes: &BTreeMap<String, (Outcome, String)>,
    panic: Panic,
    exceptions: &[Exception],
) -> Vec<String> {
    let mut problems = Vec::new();
    for (test, (outcome, said)) in outcomes {
        let full = format!("{suite}::{test}");
        let expected = exceptions
            .iter()
            .find(|exception| exception.test == full)
            .map_or(Outcome::Passed, |exception| exception.outcome);
        // libtest runs none that should panic, and std marks the others, where nothing unwinds.
        let cannot_unwind = panic == Panic::Abort
            && *outcome == Outcome::Ignored
            && (said == SHOULD_PANIC || said.contains("unwind"));
        if *outcome != expected && !cannot_unwind {
            problems.push(format!("{full} has {outcome}, but should have {expected}"));
        }
    }
    problems
}

/// What stands for the reason of an ignored test that should panic.
pub(super) const SHOULD_PANIC: &str = "should panic";

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "[[exception]]\ntest = \"env::exe\"\noutcome = \"failed\"\nwhy = \"no file\"\n";

    fn found(test: &str, outcome: Outcome, said: &str, panic: Panic) -> Vec<String> {
        let outcomes = BTreeMap::from([(test.to_owned(), (outcome, said.to_owned()))]);
        problems("env", &outcomes, panic, &parse(LIST).expect("a list"))
    }

    #[test]
    fn what_passes_against_the_list_is_as_wrong_as_what_fails_without_it() {
        assert!(found("exe", Outcome::Failed, "", Panic::Unwind).is_empty());
        assert!(found("other", Outcome::Passed, "", Panic::Unwind).is_empty());
        for (test, outcome) in [
            ("exe", Outcome::Passed),
            ("exe", Outcome::Ignored),
            ("other", Outcome::Failed),
            ("other", Outcome::Ignored),
        ] {
            let found = found(test, outcome, "", Panic::Unwind);
            assert!(found.len() == 1 && found[0].contains(test), "{found:?}");
        }
    }

    #[test]
    fn what_has_to_unwind_is_left_out_where_nothing_does() {
        for said in [SHOULD_PANIC, "test requires unwinding support"] {
            assert!(found("other", Outcome::Ignored, said, Panic::Abort).is_empty());
            assert_eq!(found("other", Outcome::Ignored, said, Panic::Unwind).len(), 1);
        }
        assert_eq!(found("other", Outcome::Ignored, "slow", Panic::Abort).len(), 1);
    }

    #[test]
    fn an_exception_has_a_reason() {
        assert!(parse(&LIST.replace("no file", " ")).is_err());
        assert!(parse(&LIST.replace("failed", "passed")).is_err());
        assert!(parse(&LIST.replace("why", "because")).is_err());
    }
}
