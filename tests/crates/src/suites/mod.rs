//! Crates' own tests, as they were published, natively and as guests.

mod list;
mod said;
mod sources;

use std::time::Duration;

use crate::document::{self, Document};
use crate::guest::{Guest, TARGET};
use crate::limited;
use crate::options::Options;
use crate::place;
use crate::seen::{self, Seen};

pub(crate) use list::{List, Suite, matches};
use said::{Verdict, Verdicts, passed, verdicts};
pub(crate) use sources::{LOCK, Sources};

/// The longest that all tests of a crate may take, built and run.
const LIMIT: Duration = Duration::from_secs(1800);

/// How many problems of a crate are shown: where nothing is built, every test is one.
const SHOWN: usize = 20;

/// Tests those that are meant and were not yet seen to be as expected, and writes the document once all are.
pub(crate) fn run(guest: &Guest, options: &Options) -> Result<(), String> {
    let list = List::read()?;
    let sources = Sources::get(guest, &list)?;
    let versions = place::read(&place::own().join(LOCK)).unwrap_or_default();
    let instead = format!("{:?}", list.instead);
    let of = |suite: &Suite| seen::of(&[&guest.which(), &versions, &instead, &format!("{suite:?}")]);
    let mut seen = Seen::read("suites", options.again);
    let mut wrong = Vec::new();
    for suite in list.suites.iter().filter(|suite| options.means(&suite.name)) {
        let (id, of) = (suite.folder(), of(suite));
        if seen.found(&id, of).is_some() {
            println!("{id}: as was seen before");
            continue;
        }
        let native = test(guest, &sources, suite, None, &[])?;
        let mut on_guest = test(guest, &sources, suite, Some(TARGET), &[])?;
        again(guest, &sources, suite, &native, &mut on_guest)?;
        println!(
            "{id}: {} natively, {} on a guest",
            passed(&native),
            passed(&on_guest)
        );
        let problems = problems(suite, &native, &on_guest);
        for problem in problems.iter().take(SHOWN) {
            println!("    {problem}");
        }
        if problems.len() > SHOWN {
            println!("    and {} more", problems.len() - SHOWN);
        }
        if problems.is_empty() {
            seen.keep(&id, of, &row(suite, &native, &on_guest))?;
        } else {
            wrong.push(id);
        }
    }
    sources.lock.keep()?;
    if !wrong.is_empty() {
        return Err(format!("not as expected: {}", wrong.join(", ")));
    }
    let mut text = "| crate | version | natively | on a guest | |\n|---|---|---|---|---|\n".to_owned();
    let mut unseen = 0;
    for suite in &list.suites {
        match seen.found(&suite.folder(), of(suite)) {
            Some(row) => text.push_str(row),
            None => unseen += 1,
        }
    }
    if unseen > 0 {
        println!("{unseen} others are still to be tested before the document is written");
        return Ok(());
    }
    text.push_str("\nCrates that these tests need are replaced by others, for guests and natively:\n\n");
    for instead in &list.instead {
        text.push_str(&format!("- {}: {}\n", instead.name, instead.why));
    }
    document::put(Document::Crates, "tests", &text, options.check)
}

/// Tries once more those that failed for no reason known: some measure times, which a busy machine makes too long.
fn again(
    guest: &Guest,
    sources: &Sources,
    suite: &Suite,
    native: &Verdicts,
    on_guest: &mut Verdicts,
) -> Result<(), String> {
    let failed: Vec<String> = on_guest
        .iter()
        .filter(|(name, verdict)| **verdict == Verdict::Failed && suite.excuse(name).is_none())
        .filter(|(name, _)| native.get(*name) == Some(&Verdict::Passed))
        .map(|(name, _)| name.clone())
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    println!("    tried again: {}", failed.join(", "));
    let names: Vec<&str> = failed
        .iter()
        .filter_map(|test| test.split_once(' '))
        .map(|(_, name)| name)
        .collect();
    let verdicts = test(guest, sources, suite, Some(TARGET), &names)?;
    on_guest.extend(verdicts.into_iter().filter(|(test, _)| failed.contains(test)));
    Ok(())
}

/// What became of each test of a crate, natively or for a target; only of these, if there are any.
fn test(
    guest: &Guest,
    sources: &Sources,
    suite: &Suite,
    target: Option<&str>,
    only: &[&str],
) -> Result<Verdicts, String> {
    let folder = sources.folder.join(suite.folder());
    let mut cargo = guest.cargo(&folder);
    cargo.args(["test", "--no-fail-fast"]);
    // As for what cargo gets from a registry: the compiler may be newer than the crate.
    cargo.env("RUSTFLAGS", "--cap-lints=warn");
    if suite.targets.is_empty() {
        cargo.arg("--tests");
    }
    cargo.args(suite.targets.iter().flat_map(|target| target.split(' ')));
    let of_guest = suite.guest_features.as_ref().filter(|_| target.is_some());
    let features = of_guest.unwrap_or(&suite.features);
    if !features.is_empty() {
        cargo.args(["--features", &features.join(",")]);
    }
    cargo.args(target.map(|target| ["--target", target]).into_iter().flatten());
    cargo.arg("--");
    if suite.include_ignored {
        cargo.arg("--include-ignored");
    }
    cargo.args(suite.untried.iter().flat_map(|name| ["--skip", name]));
    if !only.is_empty() {
        cargo.arg("--exact").args(only);
    } else if target.is_some() {
        cargo.args(suite.skipped().flat_map(|name| ["--skip", name]));
    }
    let turn = if only.is_empty() { "log" } else { "again" };
    let log = folder.join(format!("{turn}-{}", target.unwrap_or("native")));
    let ended = limited::run(&mut cargo, LIMIT, &log)?;
    if ended.status.is_none() {
        println!("    stopped after {} s: {}", LIMIT.as_secs(), log.display());
    }
    let verdicts = verdicts(&ended.said);
    if verdicts.is_empty() {
        println!("    no test was run: {}", log.display());
    }
    Ok(verdicts)
}

/// What is not as the list says.
fn problems(suite: &Suite, native: &Verdicts, on_guest: &Verdicts) -> Vec<String> {
    let mut problems = Vec::new();
    if passed(native) == 0 {
        problems.push("nothing passes natively".to_owned());
    }
    let missing = |name: &str| on_guest.get(name) != Some(&Verdict::Passed);
    let not_passed: Vec<&str> = native
        .iter()
        .filter(|(name, verdict)| **verdict == Verdict::Passed && missing(name))
        .map(|(name, _)| name.as_str())
        .collect();
    for name in &not_passed {
        if suite.excuse(name).is_none() {
            let became = match on_guest.get(*name) {
                Some(Verdict::Failed) => "fails",
                Some(Verdict::Ignored) => "is ignored",
                _ => "is not run",
            };
            problems.push(format!("{name} {became} on a guest"));
        }
    }
    for entry in suite.excuses() {
        if !not_passed.iter().any(|name| matches(entry, name)) {
            problems.push(format!("the list has {entry}, but all of that passes"));
        }
    }
    problems
}

/// Its row in the document.
fn row(suite: &Suite, native: &Verdicts, on_guest: &Verdicts) -> String {
    let mut remarks: Vec<String> = Vec::new();
    if !suite.remark.is_empty() {
        remarks.push(suite.remark.clone());
    }
    for except in &suite.except {
        let about = |name: &str| except.tests.iter().any(|entry| matches(entry, name));
        let count = native
            .iter()
            .filter(|(name, verdict)| **verdict == Verdict::Passed && about(name))
            .count();
        remarks.push(format!("{count}: {}", except.why));
    }
    format!(
        "| {} | {} | {} | {} | {} |\n",
        suite.name,
        suite.version,
        passed(native),
        passed(on_guest),
        remarks.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite() -> Suite {
        toml::from_str(
            "crate = 'a'\nversion = '1.0.0'\n[[except]]\ntests = ['x.rs b', 'y.rs *']\nwhy = 'it has no files'",
        )
        .expect("an entry")
    }

    fn verdicts(pairs: &[(&str, Verdict)]) -> Verdicts {
        pairs
            .iter()
            .map(|(name, verdict)| ((*name).to_owned(), *verdict))
            .collect()
    }

    #[test]
    fn what_passes_natively_passes_or_is_excused() {
        use Verdict::{Failed, Ignored, Passed};
        let native = verdicts(&[
            ("x.rs a", Passed),
            ("x.rs b", Passed),
            ("x.rs c", Failed),
            ("y.rs d", Passed),
        ]);
        let good = verdicts(&[("x.rs a", Passed), ("x.rs b", Failed)]);
        assert_eq!(problems(&suite(), &native, &good), Vec::<String>::new());
        let bad = verdicts(&[("x.rs a", Ignored), ("x.rs b", Passed)]);
        let problems = problems(&suite(), &native, &bad);
        assert_eq!(
            problems,
            [
                "x.rs a is ignored on a guest",
                "the list has x.rs b, but all of that passes"
            ]
        );
        assert_eq!(
            row(&suite(), &native, &good),
            "| a | 1.0.0 | 3 | 1 | 2: it has no files |\n"
        );
    }

    #[test]
    fn a_suite_without_tests_is_a_mistake() {
        let nothing = Verdicts::new();
        assert!(problems(&suite(), &nothing, &nothing).contains(&"nothing passes natively".to_owned()));
    }
}
