//! What the command told of an exploration.

use serde::Deserialize;

/// It, in numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Tests that were explored.
    pub(crate) tests: usize,
    pub(crate) schedules: u64,
    /// Those that failed, each after the name of its file, and the kind of failure.
    pub(crate) failed: Vec<(String, String)>,
}

/// Reads what `threadlink test --explore` told.
pub(crate) fn told(said: &str) -> Told {
    let mut told = Told::default();
    let (mut file, mut failed) = (String::new(), String::new());
    for line in said.lines() {
        if let Some(running) = line.trim_start().strip_prefix("Running ") {
            let path = running.strip_prefix("unittests ").unwrap_or(running);
            path.split(" (").next().unwrap_or(path).clone_into(&mut file);
        } else if line.starts_with("test ") && line.contains(" ... ") {
            told.tests += 1;
        } else if let Some(name) = line
            .strip_prefix("---- ")
            .and_then(|line| line.strip_suffix(" ----"))
        {
            failed = format!("{file} {name}");
        } else if let Some(kind) = line.strip_prefix("schedule ").and_then(fails) {
            told.failed.push((std::mem::take(&mut failed), kind.to_owned()));
        } else if let Some(result) = line.strip_prefix("test result: ") {
            told.schedules += schedules(result).unwrap_or_default();
        }
    }
    told
}

/// The kind in `NUMBER fails: KIND`.
fn fails(rest: &str) -> Option<&str> {
    let (number, kind) = rest.split_once(" fails: ")?;
    number.parse::<u64>().ok().map(|_| kind)
}

/// The number in `... under NUMBER schedules; ...`.
fn schedules(result: &str) -> Option<u64> {
    let (_, rest) = result.split_once("; under ")?;
    let (number, _) = rest.split_once(" schedules")?;
    number.parse().ok()
}

/// What a document has of `threadlink explore --json`.
#[derive(Deserialize)]
struct Document {
    schedules: u64,
    failures: Vec<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    kind: String,
}

/// Reads a document, of an exploration of a program that is called so.
pub(crate) fn document(id: &str, bytes: &[u8]) -> Option<Told> {
    let document: Document = serde_json::from_slice(bytes).ok()?;
    let failures = document.failures.into_iter();
    Some(Told {
        tests: 1,
        schedules: document.schedules,
        failed: failures.map(|failure| (id.to_owned(), failure.kind)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "   Compiling a v0.1.0
     Running unittests src/lib.rs (target/a.wasm)

running 2 tests under schedules
test one::two ... ok
test three ... FAILED

failures:

---- three ----
schedule 7 fails: livelock
  livelock: after 1000000 steps the program has not come to its end
  again: threadlink explore a.wasm --replay tlx2


test result: FAILED. 1 passed; 1 failed; under 1007 schedules; finished in 0.10s

     Running tests/x.rs (target/x.wasm)

running 1 test under schedules
test three ... ok, after 3 schedules time was up

test result: ok. 1 passed; 0 failed; under 3 schedules; finished in 0.10s
";

    #[test]
    fn tests_schedules_and_failures_are_counted() {
        let expected = Told {
            tests: 3,
            schedules: 1010,
            failed: vec![("src/lib.rs three".to_owned(), "livelock".to_owned())],
        };
        assert_eq!(told(SAID), expected);
    }

    #[test]
    fn a_document_says_how_it_failed() {
        let text = br#"{"schedules": 3, "steps": 9, "seconds": 0.1, "failures": [{"schedule": 3, "kind": "deadlock"}]}"#;
        let told = document("philosophers hasty", text).expect("it is one");
        assert_eq!((told.tests, told.schedules), (1, 3));
        assert_eq!(
            told.failed,
            [("philosophers hasty".to_owned(), "deadlock".to_owned())]
        );
        assert_eq!(document("x", b"error"), None);
    }
}
