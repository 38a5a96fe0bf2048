//! `cargo xtask parity`: writes `docs/std-parity.md`, and says what is wrong with it. `cargo xtask std-tests`: runs std's own
//! tests on a guest, and says which do not end as expected.

#![forbid(unsafe_code)]

use std::process::{Command, ExitCode};

use parity::source::{StdSource, workspace};
use parity::table;
use parity::unmodified::SUITES;
use parity::unmodified::run::{self, Wanted};
use threadlink_toolchain::Panic;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.split_first() {
        None => write(),
        Some((verb, rest)) if verb == "std-tests" => {
            wanted(rest).and_then(|(command, wanted)| std_tests(&command, &wanted))
        }
        Some((verb, _)) => Err(format!("no such verb: {verb}")),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the document; whether nothing is wrong with it.
fn write() -> Result<bool, String> {
    let (source, toolchain) = StdSource::find()?;
    let table = table::build(&source, &toolchain)?;
    let path = workspace().join(table::DOCUMENT);
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some(made) = table::made_with(&old) {
        for row in table.rows.iter().filter(|row| row.since > made) {
            eprintln!(
                "new since {made}: std::{}::{} ({})",
                row.module, row.item, row.since
            );
        }
    }
    std::fs::write(&path, table::render(&table))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    eprintln!("wrote {} ({} rows)", table::DOCUMENT, table.rows.len());
    for (_, problem) in &table.problems {
        eprintln!("problem: {problem}");
    }
    for item in &table.idle_notes {
        eprintln!("problem: a note is about {item}, which std doesn't have");
    }
    Ok(table.problems.is_empty() && table.idle_notes.is_empty())
}

/// The command `threadlink`, and which tests are meant: `COMMAND [--traced] [--panic abort] [FILTER]`. A filter is a suite, the
/// beginning of a test in one (`sync::mutex`), or a part of any test's name.
fn wanted(words: &[String]) -> Result<(String, Wanted), String> {
    let mut words = words.iter();
    let command = words.next().ok_or("the command to test is not named")?;
    let mut wanted = Wanted {
        suites: SUITES.to_vec(),
        panic: Panic::Unwind,
        traced: false,
        filter: None,
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--traced" => wanted.traced = true,
            "--panic" => {
                wanted.panic = match words.next().map(String::as_str) {
                    Some("abort") => Panic::Abort,
                    Some("unwind") => Panic::Unwind,
                    _ => return Err("--panic is abort or unwind".to_owned()),
                }
            }
            filter if filter.starts_with('-') || wanted.filter.is_some() || wanted.suites.len() == 1 => {
                return Err(format!("'{filter}' is one word too many"));
            }
            filter => {
                let (first, rest) = match filter.split_once("::") {
                    Some((first, rest)) => (first, Some(rest)),
                    None => (filter, None),
                };
                if SUITES.iter().any(|suite| suite.name == first) {
                    wanted.suites.retain(|suite| suite.name == first);
                    wanted.filter = rest.map(str::to_owned);
                } else {
                    wanted.filter = Some(filter.to_owned());
                }
            }
        }
    }
    Ok((command.clone(), wanted))
}

/// Runs them; whether all ended as they should.
fn std_tests(command: &str, wanted: &Wanted) -> Result<bool, String> {
    let threadlink = || {
        let mut threadlink = Command::new(command);
        // The folder that the tests of the workspace use, where each std is made once.
        threadlink.env("THREADLINK_CACHE", workspace().join("target/std"));
        threadlink
    };
    let mut well = true;
    run::run(wanted, threadlink, |report| {
        well &= report.problems.is_empty();
        println!("{report}");
    })?;
    Ok(well)
}
