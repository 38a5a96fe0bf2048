//! What a run of tests said of each.

use std::collections::BTreeMap;

/// What became of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed,
    Ignored,
}

/// The verdict of each test, by the file that it stands in and its name.
pub(crate) type Verdicts = BTreeMap<String, Verdict>;

/// Reads what `cargo test` said.
pub(crate) fn verdicts(said: &str) -> Verdicts {
    let mut verdicts = Verdicts::new();
    let mut file = String::new();
    for line in said.lines() {
        if let Some(running) = line.trim_start().strip_prefix("Running ") {
            let path = running.strip_prefix("unittests ").unwrap_or(running);
            file = path.split(" (").next().unwrap_or(path).to_owned();
        } else if let Some((name, verdict)) = verdict(line) {
            verdicts.insert(format!("{file} {name}"), verdict);
        }
    }
    verdicts
}

/// The name of a test and what became of it, if a line says that.
fn verdict(line: &str) -> Option<(&str, Verdict)> {
    // Threads of tests write past libtest, so that its line need not be alone.
    let start = line.find("test ")?;
    let (name, said) = line[start + "test ".len()..].split_once(" ... ")?;
    let name = name.strip_suffix(" - should panic").unwrap_or(name);
    let verdict = if said.ends_with("ok") {
        Verdict::Passed
    } else if said.starts_with("FAILED") {
        Verdict::Failed
    } else if said.starts_with("ignored") {
        Verdict::Ignored
    } else {
        return None;
    };
    Some((name, verdict))
}

/// How many passed.
pub(crate) fn passed(verdicts: &Verdicts) -> usize {
    verdicts
        .values()
        .filter(|verdict| **verdict == Verdict::Passed)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "   Compiling a v0.1.0
     Running unittests src/lib.rs (target/debug/deps/a-0123)

running 2 tests
test one::two ... ok
test three - should panic ... ok
     Running tests/x.rs (target/debug/deps/x-0123)
test three ... FAILED
something by a thread test four ... ignored, too slow
test result: FAILED. 0 passed
";

    #[test]
    fn each_test_is_known_by_its_file() {
        let verdicts = verdicts(SAID);
        let expected = [
            ("src/lib.rs one::two", Verdict::Passed),
            ("src/lib.rs three", Verdict::Passed),
            ("tests/x.rs four", Verdict::Ignored),
            ("tests/x.rs three", Verdict::Failed),
        ];
        assert!(
            verdicts
                .iter()
                .map(|(name, verdict)| (name.as_str(), *verdict))
                .eq(expected)
        );
        assert_eq!(passed(&verdicts), 2);
    }
}
