//! Crates' own tests under schedules, as they were published, and the examples of this clone.

mod list;
mod told;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::document::{self, Document};
use crate::guest::Guest;
use crate::limited;
use crate::options::Options;
use crate::place;
use crate::seen::{self, Seen};
use crate::suites::{self, LOCK, Sources, Suite};

use list::{Bounds, Example, Explored, Found, List};
use told::{Told, document as of_document, told};

/// The longest that all tests of a crate may take, built and explored.
const LIMIT: Duration = Duration::from_secs(2 * 3600);

/// How they are built, besides what makes them guests: optimised, or most of the time goes by between two points; with assertions,
/// and with what says whose code is whose.
const PROFILE: [(&str, &str); 4] = [
    ("CARGO_PROFILE_DEV_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_DEV_DEBUG", "true"),
    ("CARGO_PROFILE_TEST_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_TEST_DEBUG", "true"),
];

/// What was seen of one, kept.
#[derive(Debug, Deserialize, Serialize)]
struct Row {
    tests: usize,
    schedules: u64,
    /// What failed, and how.
    failed: Vec<(String, String)>,
}

/// Explores those that are meant and were not yet seen to be as expected, and writes the document once all are.
pub(crate) fn run(guest: &Guest, options: &Options) -> Result<(), String> {
    let list = List::read()?;
    let suites = suites::List::read()?;
    let versions = place::read(&place::own().join(LOCK)).unwrap_or_default();
    let mut seen = Seen::read("explored", options.again);
    let mut wrong = Vec::new();
    let mut sources = None;
    for explored in list
        .crates
        .iter()
        .filter(|explored| options.means(&explored.name))
    {
        let suite = explored.suite(&suites)?;
        let of = of_crate(guest, &versions, &list.bounds, explored, suite);
        if seen.found(&suite.folder(), of).is_some() {
            println!("{}: as was seen before", suite.folder());
            continue;
        }
        let sources = match &sources {
            Some(sources) => sources,
            None => sources.insert(Sources::get(guest, &suites)?),
        };
        let told = explore(guest, sources, &list.bounds, explored, suite)?;
        keep(&mut seen, &mut wrong, &suite.folder(), of, told, &explored.found)?;
    }
    for example in list
        .examples
        .iter()
        .filter(|example| options.means(&example.id()))
    {
        let id = example.id();
        let of = of_example(guest, &list.bounds, example)?;
        if seen.found(&id, of).is_some() {
            println!("{id}: as was seen before");
            continue;
        }
        let module = build(guest, example)?;
        let told = explore_example(guest, &list.bounds, example, &module)?;
        keep(&mut seen, &mut wrong, &id, of, told, &example.found)?;
    }
    if !wrong.is_empty() {
        return Err(format!("not as expected: {}", wrong.join(", ")));
    }
    let mut text = "| crate | version | tests | schedules | found |\n|---|---|---|---|---|\n".to_owned();
    let mut unseen = 0;
    let read = |found: Option<&str>| found.and_then(|text| serde_json::from_str::<Row>(text).ok());
    for explored in &list.crates {
        let suite = explored.suite(&suites)?;
        let of = of_crate(guest, &versions, &list.bounds, explored, suite);
        match read(seen.found(&suite.folder(), of)) {
            Some(row) => {
                text.push_str(&format!("| {} | {} | {} |", suite.name, suite.version, row.tests));
                text.push_str(&row.cells(&explored.found, &explored.remarks()));
            }
            None => unseen += 1,
        }
    }
    text.push_str("\n| example | schedules | found |\n|---|---|---|\n");
    for example in &list.examples {
        let of = of_example(guest, &list.bounds, example)?;
        match read(seen.found(&example.id(), of)) {
            Some(row) => {
                text.push_str(&format!("| {} |", example.id()));
                text.push_str(&row.cells(&example.found, &[]));
            }
            None => unseen += 1,
        }
    }
    if unseen > 0 {
        println!("{unseen} others are still to be explored before the document is written");
        return Ok(());
    }
    document::put(Document::Explore, "crates", &text, options.check)
}

/// All that what is found of a crate depends on.
fn of_crate(guest: &Guest, versions: &str, bounds: &Bounds, explored: &Explored, suite: &Suite) -> u64 {
    let meant = explored.meant();
    seen::of(&[
        &guest.which(),
        versions,
        &format!("{bounds:?} {meant:?} {suite:?}"),
    ])
}

fn of_example(guest: &Guest, bounds: &Bounds, example: &Example) -> Result<u64, String> {
    let folder = place::root().join("examples").join(&example.package).join("src");
    let cannot = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    let mut files = Vec::new();
    for file in fs::read_dir(&folder).map_err(cannot)? {
        files.push(file.map_err(cannot)?.path());
    }
    files.sort();
    let sources: Vec<String> = files
        .iter()
        .map(|file| place::read(file))
        .collect::<Result<_, _>>()?;
    let meant = format!(
        "{:?} {:?} {sources:?}",
        example.bounds.within(bounds),
        example.id()
    );
    Ok(seen::of(&[&guest.which(), &meant]))
}

/// Says what was found, and keeps it if the list has it.
fn keep(
    seen: &mut Seen,
    wrong: &mut Vec<String>,
    id: &str,
    of: u64,
    told: Told,
    expected: &[Found],
) -> Result<(), String> {
    println!("{id}: {} tests, {} schedules", told.tests, told.schedules);
    let mut is_wrong = told.tests == 0;
    if is_wrong {
        println!("    nothing was explored");
    }
    for (test, kind) in &told.failed {
        let known = expected.iter().find(|found| found.is(test, kind));
        is_wrong |= known.is_none();
        let mark = if known.is_none() {
            "  <- not as expected"
        } else {
            ""
        };
        println!("    {kind}: {test}{mark}");
    }
    for found in expected {
        if !told.failed.iter().any(|(test, kind)| found.is(test, kind)) {
            println!(
                "    not found this time: {} by {}",
                found.tests.join(", "),
                found.kind
            );
        }
    }
    if is_wrong {
        wrong.push(id.to_owned());
        return Ok(());
    }
    let row = Row {
        tests: told.tests,
        schedules: told.schedules,
        failed: told.failed,
    };
    let row =
        serde_json::to_string(&row).map_err(|error| format!("what was seen cannot be written: {error}"))?;
    seen.keep(id, of, &row)
}

impl Row {
    /// The last cells of its row: schedules, what was found, and what is to be said besides.
    fn cells(&self, expected: &[Found], remarks: &[String]) -> String {
        let mut words = Vec::new();
        for found in expected {
            let count = self
                .failed
                .iter()
                .filter(|(test, kind)| found.is(test, kind))
                .count();
            if count > 0 {
                words.push(format!("{count} by {}: {}", found.kind, found.why));
            }
        }
        if words.is_empty() {
            words.push("nothing".to_owned());
        }
        words.extend_from_slice(remarks);
        format!(" {} | {} |\n", self.schedules, words.join("; "))
    }
}

/// Explores the tests of a crate.
fn explore(
    guest: &Guest,
    sources: &Sources,
    bounds: &Bounds,
    explored: &Explored,
    suite: &Suite,
) -> Result<Told, String> {
    let folder = sources.folder.join(suite.folder());
    let mut command = guest.threadlink(&folder)?;
    command.envs(PROFILE).args(["test", "--no-fail-fast"]);
    command.args(explored.bounds.within(bounds).options("--explore"));
    let targets = explored.targets.as_ref().unwrap_or(&suite.targets);
    command.args(targets.iter().flat_map(|target| target.split(' ')));
    let features = suite.guest_features.as_ref().unwrap_or(&suite.features);
    if !features.is_empty() {
        command.args(["--features", &features.join(",")]);
    }
    command.arg("--");
    if suite.include_ignored {
        command.arg("--include-ignored");
    }
    let skipped = explored.skipped().chain(suite.untried.iter().map(String::as_str));
    let skipped = skipped.chain(suite.skipped());
    command.args(skipped.flat_map(|name| ["--skip", name]));
    let log = folder.join("log-explored");
    let ended = limited::run(&mut command, LIMIT, &log)?;
    if ended.status.is_none() {
        return Err(format!("stopped after {} s: {}", LIMIT.as_secs(), log.display()));
    }
    println!("    {:.0} s: {}", ended.took.as_secs_f64(), log.display());
    Ok(told(&ended.said))
}

/// Builds an example; where its module is.
fn build(guest: &Guest, example: &Example) -> Result<PathBuf, String> {
    let mut command = guest.threadlink(&place::root())?;
    command.env_remove("THREADLINK_STD").envs(PROFILE);
    command.args(["build", "-p", &example.package, "--bin", example.binary()]);
    let output = command
        .output()
        .map_err(|error| format!("cannot run threadlink: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    match printed.lines().last() {
        Some(module) if output.status.success() => Ok(module.into()),
        _ => Err(format!(
            "{} is not built: {}",
            example.id(),
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// Explores an example.
fn explore_example(guest: &Guest, bounds: &Bounds, example: &Example, module: &Path) -> Result<Told, String> {
    let mut command = guest.threadlink(&place::root())?;
    command.args(["explore", "--json"]);
    command.args(example.bounds.within(bounds).options("--schedules"));
    command.arg(module).arg("--").args(&example.args);
    let output = command
        .output()
        .map_err(|error| format!("cannot run threadlink: {error}"))?;
    of_document(&example.id(), &output.stdout)
        .ok_or_else(|| format!("{}: {}", example.id(), String::from_utf8_lossy(&output.stderr)))
}
