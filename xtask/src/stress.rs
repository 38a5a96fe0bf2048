//! `cargo xtask stress`: what the tests do once or a hundred times, as often as is asked for, in every kind of build, recorded and
//! not, and on busy processors; each trace has to pass the validator.

mod busy;
mod marks;
mod modules;
mod options;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use self::busy::Busy;
use self::marks::{Case, Kind, cases};
use self::modules::{BUILDS, Build, build};
use self::options::Options;
use crate::project::{Threadlink, root};
use crate::shell::{self, Done, step};

/// Seconds after which a run is given up.
const LIMIT: &str = "600";

/// How a run went wrong.
struct Failure {
    line: String,
    why: String,
}

/// What came of a case in one build.
#[derive(Default)]
struct Tally {
    runs: u32,
    traces: u32,
    failures: Vec<Failure>,
}

pub(crate) fn stress(words: &[&str]) -> Done {
    let options = Options::read(words)?;
    let cases = cases()?;
    let threadlink = match &options.threadlink {
        Some(path) => path.clone(),
        None => Threadlink::build()?.path().to_owned(),
    };
    let folder = root().join("target/stress");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut all = Tally::default();
    for kind in BUILDS {
        let is_meant = |case: &&Case| kind.has(case) && options.means(&title(case, kind));
        let chosen: Vec<&Case> = cases.iter().filter(is_meant).collect();
        if chosen.is_empty() {
            continue;
        }
        step(&format!(
            "build the programs of {} cases: {}",
            chosen.len(),
            kind.name
        ));
        let mut modules = BTreeMap::new();
        for case in &chosen {
            if !modules.contains_key(case.program()) {
                modules.insert(case.program(), build(&threadlink, &folder, kind, case)?);
            }
        }
        let _busy = Busy::new(options.busy);
        for case in &chosen {
            let tally = run(
                &threadlink,
                &folder,
                &options,
                kind,
                case,
                &modules[case.program()],
            );
            all.runs += tally.runs;
            all.traces += tally.traces;
            all.failures.extend(tally.failures);
        }
    }
    if all.runs == 0 {
        return Err("no case has all of these words in its title".to_owned());
    }
    println!(
        "{} runs, {} traces that passed the validator, {} failures",
        all.runs,
        all.traces,
        all.failures.len()
    );
    if all.failures.is_empty() {
        return Ok(());
    }
    for Failure { line, why } in &all.failures {
        println!("\n$ {line}\n{}", why.trim_end());
    }
    Err(format!("{} of {} runs failed", all.failures.len(), all.runs))
}

/// A case in one build, as it is shown and chosen.
fn title(case: &Case, build: &Build) -> String {
    format!("{}, {}", case.title(), build.name)
}

/// Runs one case in one build as often as is wanted, and says how that went in a line for each way.
fn run(
    threadlink: &Path,
    folder: &Path,
    options: &Options,
    build: &Build,
    case: &Case,
    module: &Path,
) -> Tally {
    let times = match case.kind {
        Kind::Stress => options.times,
        Kind::Standstill | Kind::NoStandstill => options.detection,
    };
    let mut tally = Tally::default();
    for recorded in [false, true] {
        if recorded && !build.traced {
            continue;
        }
        let started = Instant::now();
        let before = tally.failures.len();
        for seed in 1..=times {
            // The next one takes its place, unless something was wrong with it.
            let failures = tally.failures.len();
            let trace = recorded.then(|| folder.join(format!("{failures}.trace")));
            tally.runs += 1;
            let mut command = Command::new(threadlink);
            command.args(["run", "--timeout", LIMIT, "--seed", &seed.to_string()]);
            if let Some(trace) = &trace {
                command.arg("--trace").arg(trace);
            }
            command.arg(module).arg("--").args(&case.arguments);
            let failed = check(&mut command, case.kind.code()).or_else(|| {
                let trace = trace?;
                tally.traces += 1;
                let failed = check(Command::new(threadlink).arg("analyze").arg(&trace), 0);
                if failed.is_none() {
                    // It takes room, and what is left would be written over anyway.
                    let _ = std::fs::remove_file(trace);
                } else {
                    tally.traces -= 1;
                }
                failed
            });
            tally.failures.extend(failed);
        }
        println!(
            "{}{}: seeds 1..={times}, {} failures, {:.1} s",
            title(case, build),
            if recorded { ", recorded" } else { "" },
            tally.failures.len() - before,
            started.elapsed().as_secs_f64(),
        );
    }
    tally
}

/// Runs a command, and says what was wrong if it ended otherwise or warned of something.
fn check(command: &mut Command, code: i32) -> Option<Failure> {
    let why = match command.stdin(std::process::Stdio::null()).output() {
        Err(error) => format!("cannot be run: {error}"),
        Ok(done) => {
            let said = String::from_utf8_lossy(&done.stderr);
            let mut lines = said.lines();
            // Some programs have no locks that could tell of themselves.
            let warned =
                lines.any(|line| line.contains("warning:") && !line.contains("its trace has threads only"));
            if done.status.code() == Some(code) && !warned {
                return None;
            }
            format!("{} instead of {code}:\n{said}", done.status)
        }
    };
    let line = shell::line(command);
    Some(Failure { line, why })
}
